// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "admission/records.h"
#include "async/event.h"
#include "async/pool.h"
#include "async/task.h"
#include "base/clock.h"
#include "gateway/live.h"

namespace bw::gateway {

// What became of the contents of one class whose time is over.
struct Pruned {
  std::string name;
  std::int64_t ms = 0;                   // the period that they were recorded with
  std::size_t actions = 0, entries = 0;  // that lost contents, or would
  std::size_t kept = 0;                  // actions that keep theirs although their time is over
  std::string why_kept;                  // the first of them
  std::vector<std::uint64_t> by;         // the entries that say so
};

// Erases contents when their time is over: neither before the period that was recorded with them, nor before the one that their class
// has now. In commits of bounded size, oldest first, between which others are taken; what is under a legal hold, has no outcome or
// waits on a ticket is looked at again with each sweep.
//
// Lives on the agents' loop. What it is given outlives it.
class Pruning {
 public:
  struct Parts {
    async::Pool& pool;
    admission::Admission& admission;
    admission::Records& records;
    const Clock& clock;
    std::function<const Live&()> live;
  };
  explicit Pruning(Parts parts) : parts_(std::move(parts)) {}

  // Sweeps when something is due, and every minute (every ten where something due was kept), until `stop` is set.
  async::Task<void> run(async::Event& stop);

  // All that is due now, or what would be erased.
  async::Task<Result<std::vector<Pruned>>> sweep(bool only_look);

  struct Told {
    std::uint64_t expired = 0;    // entries that lost contents since the start
    std::int64_t next_at_ms = 0;  // when the next contents are due, as of the last sweep; 0: nothing is kept for a time
    bool failing = false;         // the last sweep did not end well
  };
  const Told& told() const { return told_; }

 private:
  async::Task<Result<Pruned>> prune(admission::RetainedGroup group, bool only_look);

  Parts parts_;
  Told told_;
};

}  // namespace bw::gateway
