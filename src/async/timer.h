// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

namespace bw::async {

class Loop;

// As a time to wait: without end. Times that have passed, negative ones too, are over at once.
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// A deadline that is moved often and reached seldom: one per connection, not one per operation. Moving it later, or
// disarming it, is a store; the loop looks again when the earlier deadline comes. Lives on its loop's thread.
class Timer {
 public:
  explicit Timer(Loop& loop) : loop_(loop) {}
  virtual ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void arm(std::int64_t ms_from_now);  // replaces the deadline; kNever disarms
  void disarm() { due_ms_ = kNever; }

 protected:
  virtual void expired() = 0;  // on the loop, once per arm; may destroy the timer
  Loop& loop() const { return loop_; }

 private:
  friend class TimerQueue;
  Loop& loop_;
  std::int64_t due_ms_ = kNever;     // when it should fire
  std::int64_t queued_ms_ = kNever;  // when the loop will look at it; not later than due_ms_
};

}  // namespace bw::async
