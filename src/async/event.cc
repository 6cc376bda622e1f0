// SPDX-License-Identifier: Apache-2.0
#include "async/event.h"

#include "async/loop.h"

namespace bw::async {

void Watcher::watch(Event& event) {
  unwatch();
  if (event.is_set()) return told();
  event_ = &event;
  next_ = event.watchers_;
  link_ = &event.watchers_;
  if (next_) next_->link_ = &next_;
  event.watchers_ = this;
}

void Watcher::unwatch() {
  if (!event_) return;
  *link_ = next_;
  if (next_) next_->link_ = link_;
  event_ = nullptr;
}

Event::~Event() {
  // Only while a loop is torn down does an event go before those who wait for it; they are never resumed.
  while (watchers_) watchers_->unwatch();
}

void Event::set() {
  set_ = true;
  while (set_ && watchers_) {
    Watcher* watcher = watchers_;
    watcher->unwatch();
    watcher->told();
  }
}

WaitAny::WaitAny(std::int64_t ms, Events events) : Timer(Loop::current()), ms_(ms), events_(events) {}

bool WaitAny::await_ready() {
  for (std::size_t i = 0; i < kEventsMax; ++i) {
    if (!events_[i] || !events_[i]->is_set()) continue;
    first_ = i;
    return true;
  }
  return ms_ <= 0 && events_[0] != nullptr;  // a look without a wait
}

void WaitAny::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  if (ms_ <= 0) return finish();  // sleep(0): others run first
  for (std::size_t i = 0; i < kEventsMax; ++i) {
    arms_[i].all = this;
    if (events_[i]) arms_[i].watch(*events_[i]);
  }
  arm(ms_);
}

void WaitAny::Arm::told() {
  all->first_ = static_cast<std::size_t>(this - all->arms_.data());
  all->finish();
}

void WaitAny::expired() { finish(); }

void WaitAny::finish() {
  for (auto& arm : arms_) arm.unwatch();
  disarm();
  loop().resume_soon(waiting_);
}

}  // namespace bw::async
