// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "admission/records.h"
#include "base/result.h"
#include "domain/words.h"
#include "gateway/live.h"
#include "store/scan.h"

namespace bw::replay {

// What a registry says now of an action that was decided before.
struct Again {
  std::optional<domain::Verdict> verdict;  // none: it cannot be decided again
  std::vector<std::string> rules;          // that determine it
  std::string reason;
  std::string why_not;  // when there is no verdict
  std::string doubt;    // what may make it another than it was, although the registry is the same; or empty
};

// One action of a run, as the ledger has it.
struct Step {
  admission::ActionRecord record;
  std::optional<Again> again;

  const ledger::Entry& first() const { return record.entries.front().entry; }
  // Whether it would be decided otherwise, or by other rules.
  bool differs() const;
};

// A run with its actions in the order in which they began. A value.
struct RecordedRun {
  admission::RunRow row;
  std::vector<Step> steps;
};

constexpr std::size_t steps_max = 10'000;

// Errors: not_found; failed_precondition for a run of more than steps_max actions.
Result<RecordedRun> read_run(admission::Records& records, const std::string& run);

// Tool definitions that were accepted, by "UPSTREAM/TOOL", and their digests.
struct KnownDefinitions {
  gateway::Definitions definitions;
  std::map<std::string, std::string> digests;
};
Result<KnownDefinitions> known_definitions(admission::Records& records);

// Decides each step again: by the registry that was live when it was decided first, or by `live`.
Status decide_by_then(RecordedRun& run, admission::Records& records, store::RunReader& reader);
Status decide_by(RecordedRun& run, gateway::Live live, store::RunReader& reader);

// The run, step by step, for people and as JSON. `by` says what the steps were decided by again, or is empty.
std::string to_text(const RecordedRun& run, const std::string& by);
std::string to_json(const RecordedRun& run, const std::string& by);

}  // namespace bw::replay
