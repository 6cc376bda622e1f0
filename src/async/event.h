// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "async/timer.h"

namespace bw::async {

class Event;

// Something to be told when an event is set. Unlinks itself when it is destroyed.
class Watcher {
 public:
  Watcher() = default;
  virtual ~Watcher() { unwatch(); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void watch(Event& event);  // tells at once when the event is set already
  void unwatch();

 protected:
  virtual void told() = 0;  // once, after it was unlinked; may not destroy the event

 private:
  friend class Event;
  Event* event_ = nullptr;
  Watcher* next_ = nullptr;
  Watcher** link_ = nullptr;
};

// A condition that tasks of one loop wait for. It stays set until reset(). Setting it resumes the waiters at the loop's next
// turn. From another thread: loop.post, or a OneShot.
class Event {
 public:
  Event() = default;
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void set();
  void reset() { set_ = false; }
  bool is_set() const { return set_; }

 private:
  friend class Watcher;
  bool set_ = false;
  Watcher* watchers_ = nullptr;
};

// Waits for the first of some events, or for time to pass; on the calling task's loop:
//
//   auto first = co_await async::wait_any(30'000, decided, writer.closed());
//   if (!first) …                    // the time passed
//   if (*first == 1) …               // the peer went away
//
// The events outlive the wait. Of several that are set already, the one named first is reported.
class WaitAny final : public Timer {
 public:
  static constexpr std::size_t kEventsMax = 4;
  using Events = std::array<Event*, kEventsMax>;

  WaitAny(std::int64_t ms, Events events);

  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiting);
  std::optional<std::size_t> await_resume() const { return first_; }

 private:
  struct Arm final : Watcher {
    void told() override;
    WaitAny* all = nullptr;
  };
  void expired() override;
  void finish();

  std::int64_t ms_;
  Events events_;
  std::array<Arm, kEventsMax> arms_;
  std::optional<std::size_t> first_;
  std::coroutine_handle<> waiting_;
};

template <class... More>
  requires(sizeof...(More) < WaitAny::kEventsMax)
WaitAny wait_any(std::int64_t ms, Event& event, More&... more) {
  return WaitAny(ms, WaitAny::Events{&event, &more...});
}
inline WaitAny wait(Event& event) { return WaitAny(kNever, WaitAny::Events{&event}); }

// On the loop's clock. sleep(0) lets others run and needs no clock.
inline WaitAny sleep(std::int64_t ms) { return WaitAny(ms, WaitAny::Events{}); }

}  // namespace bw::async
