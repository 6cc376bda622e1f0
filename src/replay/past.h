// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/decision.h"
#include "ledger/entry.h"
#include "replay/rejudge.h"
#include "store/scan.h"

namespace bw::replay {

// What one run did, rebuilt from its entries, and how much of it each of its actions was judged by. A value.
class Past {
 public:
  // Something of an action that rules which look back can tell.
  struct Event {
    std::uint64_t seq = 0;
    std::int64_t at_ms = 0;
    std::string action, upstream, name;
    bool succeeded = false;  // else it was sent
  };
  // How many of the events may have been known: from `low` to `high`, both included.
  struct Window {
    std::size_t low = 0, high = 0;
  };

  void add(const ledger::Entry& entry);  // all entries of the run, oldest first
  const std::vector<Event>& events() const { return events_; }

  // Of the action that begins with `first`. Exactly, where the record says so; else what was in the ledger when it arrived, and as
  // much more as came until it was decided. `checks` as recorded.
  Result<Window> window(const ledger::Entry& first, std::string_view checks) const;

 private:
  std::vector<Event> events_;
  std::vector<std::size_t> sent_{0};  // of the first n events: how many are of actions that were sent
  std::map<std::string, std::pair<std::string, std::string>> things_;  // by action: upstream and name
};

// Decides again those actions of a run that `wanted` picks by their first entry, each by what was known of the run then, and
// tells each with the decision or why there is none. Whoever needs many runs keeps the reader.
Status decide_run(store::RunReader& reader, const std::string& run, Rejudge& rejudge,
                  const std::function<bool(const ledger::Entry&)>& wanted,
                  const std::function<void(const store::FirstEntry&, Result<domain::Decision>)>& told);

}  // namespace bw::replay
