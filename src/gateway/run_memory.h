// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "admission/records.h"
#include "async/event.h"
#include "async/pool.h"
#include "async/task.h"
#include "domain/action.h"
#include "domain/history.h"
#include "gateway/run_log.h"
#include "registry/snapshot.h"

namespace bw::gateway {

// What runs have done so far, for policies that ask. The ledger is the truth: a run is read from it when policy first asks
// about it, and kept up to date from then on; what is dropped for room is read again. A run that is longer than what is read
// has no known history, which policy takes to the stricter side.
//
// What an external tool answered is never known: the ledger holds what its agent says of it.
//
// Lives on the agents' loop; the records and the pool outlive it.
class RunMemory {
 public:
  struct Limits {
    std::size_t actions_max = RunLog::actions_max_default;  // of a run that is read
    std::size_t results_max = 1'000;                        // of those whose results are looked into
    std::size_t runs_max = 10'000;
    std::size_t bytes_max = 64U << 20;
  };
  RunMemory(async::Pool& pool, admission::Records& records, Limits limits);
  RunMemory(async::Pool& pool, admission::Records& records) : RunMemory(pool, records, Limits()) {}

  // Makes the run known, with the results of actions that fit `patterns`. Afterwards look() has it.
  async::Task<void> recall(std::string run, std::vector<std::string> patterns);

  // The history with labels as `snapshot` declares them; good until the next call or wait. Null when it was not recalled.
  const domain::RunHistory* look(const std::string& run, const registry::Snapshot& snapshot);

  // The action was admitted: from now on it may have happened, and what it answers may reach the agent.
  void sent(const domain::Action& action);
  // Its outcome is in the ledger. `result` is JSON as the agent gets it.
  void ended(const domain::Action& action, domain::Outcome outcome, const std::string& result);

 private:
  struct Event {
    domain::Action action;
    std::optional<domain::Outcome> outcome;  // none: it was sent
    std::string result;
  };
  struct Entry {
    std::string run;
    RunLog log;
    std::shared_ptr<async::Event> loading;  // set when it is loaded; null afterwards
    std::vector<Event> meanwhile;           // while it is loading
    std::size_t bytes = 0;
  };
  using Entries = std::list<Entry>;

  static RunLog load(admission::Records& records, const std::string& run, RunLog log, const Limits& limits);
  static void apply(RunLog& log, const Event& event);
  void note(Event event);
  void weigh(Entry& entry);
  void make_room();
  Entry* find(const std::string& run);

  async::Pool& pool_;
  admission::Records& records_;
  Limits limits_;
  Entries used_;  // latest first
  std::unordered_map<std::string, Entries::iterator> by_run_;
  std::size_t bytes_ = 0;
};

}  // namespace bw::gateway
