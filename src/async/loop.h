// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "async/task.h"
#include "base/clock.h"

namespace bw::async {

class Mailbox;

// One thread's event loop. Tasks spawned on it, and everything they wait for, run on the thread that calls run(): within a
// loop there are no races and no locks. Only post(), stop(), spawn() and the Mailbox may be used from other threads.
//
//   async::Loop loop;
//   async::spawn(loop, serve(...));
//   loop.run();                        // until stop()
//
// With the machine's clock, timers fire by themselves. With another clock (tests, simulation) they fire when somebody has
// moved the clock and calls fire_timers(): nothing ever sleeps.
//
// Destroying a loop destroys the tasks that still wait on it: their locals are destructed, nothing of them runs again.
// Whatever a task refers to outlives the loop, or the loop was drained first.
class Loop {
 public:
  using Closure = std::move_only_function<void()>;

  explicit Loop(const Clock& clock = system_clock());
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();   // on one thread; returns after stop(), and may be called again
  void poll();  // runs what is ready, without waiting
  void stop();  // from any thread

  void post(Closure closure);  // from any thread: runs on the loop, in order

  // Calls `turn_ended` on the loop's thread whenever what was ready has run, before the loop waits; a loop that never rests
  // calls it after each few hundred handlers. For work that is cheaper done once for all that a turn brought. Set it before run().
  void at_turn_end(std::function<void()> turn_ended);
  void fire_timers();  // on the loop's thread: fires the timers that are due by the clock

  std::int64_t now_ms() const;  // monotonic
  const Clock& clock() const;
  const std::shared_ptr<Mailbox>& mailbox() const;

  // The loop that runs the calling code. It is a defect to ask outside run() or poll().
  static Loop& current();

  // Resumes `waiting` at the loop's next turn. On the loop's thread.
  void resume_soon(std::coroutine_handle<> waiting);

  struct Impl;  // asio.h and the other files of this room look inside
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Starts a task that nobody awaits; from any thread. An exception out of it is a defect and stops the process.
void spawn(Loop& loop, Task<void> task);

namespace detail {
template <class T>
Task<void> keep_result(Loop& loop, Task<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
  loop.stop();
}
inline Task<void> run_then_stop(Loop& loop, Task<void> task) {
  co_await std::move(task);
  loop.stop();
}
}  // namespace detail

// Runs the loop until `task` has ended and returns its value; for tests and for programs that do one thing.
template <class T>
T run(Loop& loop, Task<T> task) {
  std::optional<T> result;
  spawn(loop, detail::keep_result(loop, std::move(task), result));
  loop.run();
  return std::move(*result);
}
inline void run(Loop& loop, Task<void> task) {
  spawn(loop, detail::run_then_stop(loop, std::move(task)));
  loop.run();
}

}  // namespace bw::async
