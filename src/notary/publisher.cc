// SPDX-License-Identifier: Apache-2.0
#include "notary/publisher.h"

#include "base/log.h"

namespace bw::notary {

async::Task<void> Publisher::run(async::Event& stop) {
  while (!stop.is_set()) {
    auto work = [this] { return checkpoints_.advance(); };
    Result<ledger::SignedCheckpoint> advanced = co_await async::offload(pool_, std::move(work));
    note(advanced);
    if (!advanced && advanced.error().code == Code::data_loss) {
      on_contradiction_(advanced.error());
      co_return;
    }
    [[maybe_unused]] auto first = co_await async::wait_any(publish_every_ms, stop);
  }
}

// Said once, not every second.
void Publisher::note(const Result<ledger::SignedCheckpoint>& advanced) {
  bool well = advanced || advanced.error().code == Code::not_found;
  std::string now = well ? std::string() : advanced.error().message;
  if (now != trouble_ && !now.empty()) log::error("no checkpoint of the newest entries: {}", now);
  if (now != trouble_ && now.empty()) log::info("checkpoints are made again");
  trouble_ = std::move(now);
}

}  // namespace bw::notary
