// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "async/event.h"
#include "async/loop.h"
#include "async/one_shot.h"
#include "async/pool.h"
#include "async/signals.h"
#include "async/task.h"

namespace bw::async {
namespace {

Task<int> add(int a, int b) { co_return a + b; }

Task<std::string> sum_as_text(std::vector<int> numbers) {
  int sum = 0;
  for (int number : numbers) sum = co_await add(sum, number);
  co_return std::to_string(sum);
}

TEST(Task, CallsAreOwnedFramesAndValuesMoveOut) {
  Loop loop;
  EXPECT_EQ(run(loop, sum_as_text({1, 2, 3})), "6");
}

Task<long> count_to(long n) {
  long count = 0;
  while (count < n) count += co_await add(1, 0);
  co_return count;
}

TEST(Task, ALongLoopOfCallsThatNeverWaitNeedsNoStack) {
#if defined(__clang__)
  constexpr long n = 1'000'000;
#else
  constexpr long n = 1'000;  // g++ makes the tail calls only when it optimises
#endif
  Loop loop;
  EXPECT_EQ(run(loop, count_to(n)), n);
}

Task<int> throwing() {
  throw std::runtime_error("boom");
  co_return 1;
}

Task<std::string> catching() {
  try {
    co_await throwing();
  } catch (const std::exception& e) {
    co_return e.what();
  }
  co_return "nothing";
}

TEST(Task, AnExceptionReachesTheAwaitingTask) {
  Loop loop;
  EXPECT_EQ(run(loop, catching()), "boom");
}

TEST(TaskDeathTest, AnExceptionOutOfASpawnedTaskStopsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  auto let_it_out = [] {
    Loop loop;
    run(loop, throwing());
  };
  EXPECT_DEATH(let_it_out(), "boom");
}

Task<void> wait_then_note(Event& event, std::vector<int>& notes, int note) {
  co_await wait(event);
  notes.push_back(note);
}

TEST(Event, WakesEveryWaiterAndStaysSet) {
  Loop loop;
  Event event;
  std::vector<int> notes;
  spawn(loop, wait_then_note(event, notes, 1));
  spawn(loop, wait_then_note(event, notes, 2));
  loop.poll();
  EXPECT_TRUE(notes.empty());
  event.set();
  EXPECT_TRUE(notes.empty());  // at the next turn, not inside set()
  loop.poll();
  EXPECT_EQ(notes.size(), 2U);
  spawn(loop, wait_then_note(event, notes, 3));
  loop.poll();
  EXPECT_EQ(notes.size(), 3U);
}

Task<void> note_first(Event& a, Event& b, std::int64_t ms, std::vector<int>& notes) {
  auto first = co_await wait_any(ms, a, b);
  notes.push_back(first ? static_cast<int>(*first) : -1);
}

TEST(Event, WaitAnyTellsWhichCameFirstOrThatTimePassed) {
  FakeClock clock;
  Loop loop(clock);
  Event a, b;
  std::vector<int> notes;
  spawn(loop, note_first(a, b, 1000, notes));
  loop.poll();
  b.set();
  loop.poll();
  EXPECT_EQ(notes, (std::vector{1}));
  b.reset();
  spawn(loop, note_first(a, b, 1000, notes));
  loop.poll();
  clock.advance_ms(999);
  loop.fire_timers();
  loop.poll();
  EXPECT_EQ(notes.size(), 1U);
  clock.advance_ms(1);
  loop.fire_timers();
  loop.poll();
  EXPECT_EQ(notes, (std::vector{1, -1}));
  b.set();  // nobody waits any more
  loop.poll();
  EXPECT_EQ(notes.size(), 2U);
}

TEST(Event, ATimeThatHasPassedIsOverAtOnce) {
  FakeClock clock;
  Loop loop(clock);
  Event a, b;
  std::vector<int> notes;
  for (std::int64_t ms : {0, -1, -1'000}) spawn(loop, note_first(a, b, ms, notes));
  loop.poll();
  EXPECT_EQ(notes, (std::vector{-1, -1, -1}));
}

struct CountingTimer final : Timer {
  using Timer::Timer;
  void expired() override { ++times; }
  int times = 0;
};

TEST(Timer, IsMovedWithoutFiringEarly) {
  FakeClock clock;
  Loop loop(clock);
  CountingTimer timer(loop);
  timer.arm(100);
  clock.advance_ms(60);
  timer.arm(100);  // due at 160, still looked at at 100
  clock.advance_ms(60);
  loop.fire_timers();
  EXPECT_EQ(timer.times, 0);
  clock.advance_ms(40);
  loop.fire_timers();
  EXPECT_EQ(timer.times, 1);
  timer.arm(100);
  timer.arm(10);  // earlier
  clock.advance_ms(10);
  loop.fire_timers();
  EXPECT_EQ(timer.times, 2);
  timer.arm(10);
  timer.disarm();
  clock.advance_ms(1000);
  loop.fire_timers();
  EXPECT_EQ(timer.times, 2);
}

Task<void> sleep_a_moment() { co_await sleep(1); }

TEST(Timer, WithTheMachinesClockItFiresByItself) {
  Loop loop;
  run(loop, sleep_a_moment());
}

Task<int> gather(std::vector<std::thread>& threads) {
  std::vector<Pending<int>> pending;
  std::vector<Completer<int>> completers;
  for (int i = 0; i < 100; ++i) {
    auto shot = one_shot<int>();
    pending.push_back(std::move(shot.pending));
    completers.push_back(std::move(shot.completer));
  }
  threads.emplace_back([completers = std::move(completers)]() mutable {
    Completions batch;
    for (int i = 0; i < 50; ++i) completers[static_cast<std::size_t>(i)].complete(i, batch);
    batch.deliver();
    for (int i = 50; i < 99; ++i) completers[static_cast<std::size_t>(i)].complete(i);
  });  // the last is abandoned
  int sum = 0;
  for (auto& one : pending) {
    Result<int> value = co_await one.get();
    sum += value ? *value : 1'000'000;
  }
  co_return sum;
}

TEST(OneShot, ValuesComeFromAnotherThreadAndAnAbandonedOneFails) {
  Loop loop;
  std::vector<std::thread> threads;
  EXPECT_EQ(run(loop, gather(threads)), 98 * 99 / 2 + 1'000'000);
  for (auto& thread : threads) thread.join();
}

TEST(OneShot, ACompleterMayOutliveItsLoop) {
  std::optional<Completer<int>> kept;
  {
    Loop loop;
    loop.post([&] { kept.emplace(one_shot<int>().completer); });
    loop.poll();
  }
  kept->complete(1);
}

Task<Result<std::thread::id>> where_offloaded(Pool& pool) {
  auto work = [] { return std::this_thread::get_id(); };
  auto result = co_await offload(pool, std::move(work));
  co_return result;
}

Task<Status> failing_offload(Pool& pool) {
  auto work = []() -> Status { return fail(Code::not_found, "nothing there"); };
  auto result = co_await offload(pool, std::move(work));
  co_return result;
}

TEST(Pool, RunsWorkElsewhereAndResumesHere) {
  Loop loop;
  Pool pool(2, 16);
  auto elsewhere = run(loop, where_offloaded(pool));
  ASSERT_TRUE(elsewhere);
  EXPECT_NE(*elsewhere, std::this_thread::get_id());
  EXPECT_EQ(run(loop, failing_offload(pool)).error().code, Code::not_found);
}

TEST(Pool, RefusesWorkOverItsLimit) {
  Loop loop;
  Pool pool(0, 1);  // nobody works
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_EQ(pool.submit([] {}).error().code, Code::resource_exhausted);
  EXPECT_EQ(run(loop, failing_offload(pool)).error().code, Code::resource_exhausted);
}

struct NoteDestruction {
  explicit NoteDestruction(bool& flag) : destroyed(flag) {}
  ~NoteDestruction() { destroyed = true; }
  bool& destroyed;
};

Task<void> wait_forever(Event& event, bool& destroyed) {
  NoteDestruction note(destroyed);
  co_await wait(event);
}

Task<void> call_wait_forever(Event& event, bool& destroyed) { co_await wait_forever(event, destroyed); }

TEST(Loop, DestroysTheTasksThatStillWait) {
  Event event;
  bool destroyed = false;
  {
    Loop loop;
    spawn(loop, call_wait_forever(event, destroyed));
    loop.poll();
    EXPECT_FALSE(destroyed);
  }
  EXPECT_TRUE(destroyed);
  event.set();  // the dead waiter is unlinked
}

TEST(Loop, TakesPostsAndStopsFromOtherThreads) {
  Loop loop;
  int posted = 0;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) loop.post([&] { ++posted; });
    loop.stop();
  });
  loop.run();
  other.join();
  EXPECT_EQ(posted, 1000);
}

Task<int> wait_for_signal(Loop& loop) {
  Signals signals(loop, {SIGUSR1});
  std::raise(SIGUSR1);
  co_await wait(signals.event());
  co_return signals.last();
}

TEST(Signals, BecomeAnEvent) {
  Loop loop;
  EXPECT_EQ(run(loop, wait_for_signal(loop)), SIGUSR1);
}

}  // namespace
}  // namespace bw::async
