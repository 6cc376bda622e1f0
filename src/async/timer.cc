// SPDX-License-Identifier: Apache-2.0
#include "async/timer.h"

#include "async/loop_impl.h"
#include "async/timer_queue.h"

namespace bw::async {

Timer::~Timer() {
  if (queued_ms_ != kNever) loop_.impl().timers.remove(*this);
}

void Timer::arm(std::int64_t ms_from_now) {
  if (ms_from_now >= kNever / 2) return disarm();  // no sum with the clock overflows
  due_ms_ = loop_.now_ms() + ms_from_now;
  auto& impl = loop_.impl();
  if (queued_ms_ != kNever) {
    if (queued_ms_ <= due_ms_) return;
    impl.timers.remove(*this);
  }
  impl.timers.add(*this);
  impl.wake_for_timers();
}

void TimerQueue::add(Timer& timer) {
  timer.queued_ms_ = timer.due_ms_;
  timers_.emplace(timer.queued_ms_, &timer);
}

void TimerQueue::remove(Timer& timer) {
  timers_.erase({timer.queued_ms_, &timer});
  timer.queued_ms_ = kNever;
}

void TimerQueue::fire(std::int64_t now_ms) {
  while (!timers_.empty() && timers_.begin()->first <= now_ms) {
    Timer& timer = *timers_.begin()->second;
    remove(timer);
    if (timer.due_ms_ == kNever) continue;
    if (timer.due_ms_ > now_ms) {
      add(timer);
      continue;
    }
    timer.disarm();
    timer.expired();  // may destroy it
  }
}

}  // namespace bw::async
