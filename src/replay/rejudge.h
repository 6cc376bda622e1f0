// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "domain/decision.h"
#include "domain/history.h"
#include "gateway/live.h"
#include "gateway/reconsider.h"
#include "ledger/entry.h"
#include "policy/judge.h"
#include "store/scan.h"

namespace bw::replay {

// Decides recorded actions again by one registry: grants, rules and built-ins are asked anew, with the arguments, the time and
// the facts of the record. What depends on the moment of admission is not: meters, switches, tickets. What the record lacks is
// said, never guessed. One thread at a time.
class Rejudge {
 public:
  explicit Rejudge(gateway::Live live) : live_(std::move(live)) {}

  const gateway::Live& live() const { return live_; }

  // Whether the rules about it ask what its run did before. `first` is an action's first entry, as in decide().
  bool reads_history(const ledger::Entry& first);

  // The decision, or why there is none: a reason that is the same for all actions that have it. `history` is what was known of
  // the action's run; it may be null for actions whose rules do not ask.
  Result<domain::Decision> decide(const store::FirstEntry& first, const domain::RunHistory* history);

  // What the registry says of the thing that was used; null when it may not be used at all.
  const domain::ToolProfile* profile(const ledger::Entry& first);

 private:
  const gateway::Standing& standing(const ledger::Entry& first);
  Result<policy::Facts> facts_of(const gateway::Standing& standing, const store::FirstEntry& first) const;

  gateway::Live live_;
  std::unordered_map<std::string, gateway::Standing> standings_;  // by agent, workflow and what is asked for
  policy::Judge judge_;
};

// The arguments as they were asked for: obligations changed some of them before they were recorded. Errors: data_loss.
Result<std::string> asked_arguments(std::string_view args, std::string_view checks);

// The verdict that policy gave, which is not always the one that became of it.
domain::Verdict verdict_then(const ledger::Entry& first);

// When it was judged, in Unix milliseconds: as it arrived, which its id says; the entry has the time of the commit.
std::int64_t arrived_ms(const ledger::Entry& first);

}  // namespace bw::replay
