// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <utility>

#include "async/timer.h"

namespace bw::async {

// The timers of one loop, by the time at which the loop will look at them.
class TimerQueue {
 public:
  void add(Timer& timer);
  void remove(Timer& timer);
  void fire(std::int64_t now_ms);  // expires what is due; a timer that was moved is queued again

  std::int64_t next_ms() const { return timers_.empty() ? kNever : timers_.begin()->first; }

 private:
  std::set<std::pair<std::int64_t, Timer*>> timers_;
};

}  // namespace bw::async
