// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/decision.h"
#include "domain/history.h"
#include "registry/snapshot.h"

namespace bw::gateway {

// What one run did, in the words of policy, told action by action: as it happens (gateway/run_memory.h), or from the ledger
// (replay/past.h). Telling the same twice changes nothing. A value.
class RunLog {
 public:
  static constexpr std::size_t actions_max_default = 10'000;

  // `patterns`, over names: of which actions' results what they held is remembered. A run of more than `actions_max` actions has
  // no known history.
  explicit RunLog(std::vector<std::string> patterns = {}, std::size_t actions_max = actions_max_default)
      : patterns_(std::move(patterns)), actions_max_(actions_max) {}

  const std::vector<std::string>& patterns() const { return patterns_; }
  bool remembers_results_of(std::string_view name) const;

  // `action` is its id, `name` as in domain::Action.
  void sent(const std::string& action, const std::string& upstream, const std::string& name);
  // It answered without an error. `result` is JSON as the agent got it; empty when nobody has it any more.
  void succeeded(const std::string& action, const std::string& upstream, const std::string& name,
                 const std::string& result);
  // Nothing is known of the run from now on, and why.
  void lose(std::string why);

  const domain::RunHistory& history() const { return history_; }
  // The history with labels as `snapshot` declares them; good until the log is told something.
  const domain::RunHistory& seen_by(const registry::Snapshot& snapshot);
  std::size_t bytes() const;  // about how much memory it takes

 private:
  std::vector<std::string> patterns_;
  std::size_t actions_max_;
  domain::RunHistory history_;
  std::set<std::string> sent_, succeeded_;  // ids of actions
};

// How much of the run `history` tells.
domain::RunSeen seen(const domain::RunHistory& history);

}  // namespace bw::gateway
