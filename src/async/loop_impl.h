// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "async/loop.h"
#include "async/timer_queue.h"

namespace bw::async {

// A spawned task's outermost frame, in the loop's list, so that a loop that ends can destroy what still waits.
struct Root {
  Root* next = nullptr;
  Root** link = nullptr;
  std::coroutine_handle<> frame;

  void enter(Root*& list);
  void leave();
};

// Destroyed before the rest of a loop: the handlers that still wait own things that look at the timers when they go.
struct Asio {
  boost::asio::io_context io{1};
  boost::asio::steady_timer alarm{io};
};

struct Loop::Impl {
  explicit Impl(const Clock& time) : clock(time), real_time(&time == &system_clock()) {}

  void run_ready();
  void turn();             // what is ready, then `turn_ended`, then a wait for more
  void wake_for_timers();  // sees to it that the loop wakes when the next timer is due

  const Clock& clock;
  const bool real_time;
  std::optional<Asio> asio{std::in_place};
  bool ending = false;             // from here on nobody is resumed
  std::int64_t alarm_ms = kNever;  // what the alarm is set to
  TimerQueue timers;
  std::function<void()> turn_ended;
  std::vector<std::coroutine_handle<>> ready;
  std::vector<std::coroutine_handle<>> running;  // swapped with `ready`; keeps its capacity
  std::shared_ptr<Mailbox> mailbox;
  Root* roots = nullptr;
};

}  // namespace bw::async
