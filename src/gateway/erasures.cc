// SPDX-License-Identifier: Apache-2.0
#include "gateway/erasures.h"

#include <fmt/format.h>

#include <optional>
#include <set>

#include "admission/subjects.h"
#include "base/text.h"
#include "gateway/committer.h"

namespace bw::gateway {
namespace {

using admission::Committed;
using admission::Erase;

Status check(const std::string& subject, const std::string& by, const std::string& reason) {
  BW_OK(admission::check_subject(subject));
  if (by.empty()) return fail(Code::invalid_argument, "`by` is missing: who erases");
  if (reason.empty()) return fail(Code::invalid_argument, "`reason` is missing: why, for the record");
  if (reason.find(subject) == std::string::npos) return {};
  return fail(
      Code::invalid_argument,
      "the reason names the subject, and stays in the ledger: say it without, for example by the number of the request");
}

void add(Forgotten& sum, Committed committed) {
  sum.actions += committed.erased_actions;
  sum.entries += committed.erased;
  for (auto& why : committed.kept) sum.kept.push_back(std::move(why));
  committed.kept.clear();
  if (!committed.leaf_hash.empty()) sum.by.push_back(std::move(committed));
}

}  // namespace

async::Task<Result<Forgotten>> Erasures::forget(std::string subject, std::string by, std::string reason,
                                                bool only_look) {
  if (auto good = check(subject, by, reason); !good) co_return fail(std::move(good).error());
  Forgotten sum;
  std::set<std::string> seen;  // an action may have several entries that speak of them
  std::optional<std::uint64_t> from = 0;
  while (from) {
    auto read = [this, subject, at = *from] { return records_.actions_of_subject(subject, at, Erase::targets_max); };
    Result<admission::SubjectPage> page = co_await async::offload(pool_, std::move(read));
    if (!page) co_return fail(std::move(page).error());
    from = page->next;
    Erase erase{.targets = {}, .cause = Erase::Cause::forgotten, .by = by, .reason = reason, .only_look = only_look};
    for (auto& action : page->actions) {
      if (seen.insert(action).second) erase.targets.push_back({std::move(action), ledger::Fields::by_default()});
    }
    if (erase.targets.empty()) continue;
    admission::Change change = std::move(erase);
    Result<Committed> committed = co_await commit(admission_, std::move(change));
    if (!committed) co_return fail(std::move(committed).error());
    add(sum, *std::move(committed));
  }
  co_return sum;
}

}  // namespace bw::gateway
