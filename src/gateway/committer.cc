// SPDX-License-Identifier: Apache-2.0
#include "gateway/committer.h"

namespace bw::gateway {

async::Task<Result<admission::Committed>> commit(admission::Admission& admission, admission::Change change) {
  auto shot = async::one_shot<admission::Committed>();
  auto done = [completer = std::move(shot.completer)](Result<admission::Committed> committed) mutable {
    completer.complete(std::move(committed));
  };
  Status submitted = admission.submit(std::move(change), std::move(done));
  if (!submitted) co_return fail(std::move(submitted).error());
  Result<admission::Committed> committed = co_await shot.pending.get();
  co_return committed;
}

}  // namespace bw::gateway
