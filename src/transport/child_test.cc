// SPDX-License-Identifier: Apache-2.0
#include "transport/child.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "async/loop.h"
#include "transport/stdio.h"

namespace bw::transport {
namespace {

using Line = Result<std::optional<std::string>>;

ChildOptions shell(std::string script) {
  ChildOptions options;
  options.argv = {"sh", "-c", std::move(script)};
  options.env = {"PATH=/usr/bin:/bin"};
  return options;
}

std::unique_ptr<Child> start(async::Loop& loop, ChildOptions options) {
  auto child = Child::start(loop, std::move(options));
  EXPECT_TRUE(child) << child.error().message;
  return std::move(*child);
}

TEST(Child, LinesGoThereAndComeBack) {
  async::Loop loop;
  auto child = start(loop, shell("while read line; do echo \"got $line\"; done"));
  for (std::string message : {"one", "two"}) {
    ASSERT_TRUE(async::run(loop, child->write_line(message)));
    Line line = async::run(loop, child->read_line(10'000));
    ASSERT_TRUE(line && *line);
    EXPECT_EQ(**line, "got " + message);
  }
  EXPECT_FALSE(async::run(loop, child->write_line("two\nlines")));
  EXPECT_EQ(async::run(loop, child->stop(10'000)).code, 0);
}

TEST(Child, SeesOnlyItsOwnEnvironmentFolderAndFiles) {
  async::Loop loop;
  int inherited[2];
  ASSERT_EQ(::pipe(inherited), 0);  // without close-on-exec
  auto options = shell("echo \"$A$HOME\"; pwd; ls /proc/self/fd | wc -l");
  options.env.push_back("A=b");
  options.cwd = "/tmp";
  auto child = start(loop, std::move(options));
  std::vector<std::string> lines;
  for (int i = 0; i < 3; ++i) lines.push_back(async::run(loop, child->read_line(10'000)).value().value_or("end"));
  EXPECT_EQ(lines, (std::vector<std::string>{"b", "/tmp", "4"}));  // three pipes and the folder that ls reads
  ::close(inherited[0]);
  ::close(inherited[1]);
}

TEST(Child, AMissingProgramIsAnErrorNotAProcess) {
  async::Loop loop;
  ChildOptions options;
  options.argv = {"no-such-program"};
  EXPECT_EQ(Child::start(loop, options).error().code, Code::not_found);
  options.argv = {"/no/such/program"};
  EXPECT_EQ(Child::start(loop, options).error().code, Code::unavailable);
  options.argv = {"/bin/true"};
  options.cwd = "/no/such/folder";
  EXPECT_EQ(Child::start(loop, options).error().code, Code::unavailable);
  options.argv = {};
  EXPECT_EQ(Child::start(loop, options).error().code, Code::invalid_argument);
}

TEST(Child, TheEndOfOutputAndTheExitStatusAreSeen) {
  async::Loop loop;
  auto child = start(loop, shell("echo last; printf unfinished; exit 3"));
  EXPECT_EQ(async::run(loop, child->read_line(10'000)).value(), "last");
  EXPECT_EQ(async::run(loop, child->read_line(10'000)).value(), std::nullopt);
  EXPECT_EQ(async::run(loop, child->stop(10'000)).code, 3);
  Status late;
  for (int i = 0; i < 3; ++i) late = async::run(loop, child->write_line("late"));
  EXPECT_FALSE(late);
}

TEST(Child, ALineOverTheLimitFailsForGood) {
  async::Loop loop;
  auto options = shell("echo 12345; echo 123456; echo 1");
  options.line_bytes_max = 5;
  auto child = start(loop, std::move(options));
  EXPECT_EQ(async::run(loop, child->read_line(10'000)).value(), "12345");
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(async::run(loop, child->read_line(10'000)).error().code, Code::resource_exhausted);
}

TEST(Child, AFloodWaitsUntilSomebodyReads) {
  async::Loop loop;
  auto child = start(loop, shell("yes flood"));
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(async::run(loop, child->read_line(10'000)).value(), "flood");
}

async::Task<void> pass_time(async::Loop& loop, FakeClock& clock, std::int64_t ms) {
  clock.advance_ms(ms);
  loop.fire_timers();
  co_return;
}

async::Task<Code> read_too_long(async::Loop& loop, FakeClock& clock, Child& child) {
  async::spawn(loop, pass_time(loop, clock, 1'000));
  auto line = co_await child.read_line(1'000);
  co_return line ? Code::internal : line.error().code;
}

TEST(Child, ReadingHasADeadlineAndLosesNothing) {
  FakeClock clock;
  async::Loop loop(clock);
  auto child = start(loop, shell("read line; echo \"$line\"; sleep 1000"));
  EXPECT_EQ(async::run(loop, read_too_long(loop, clock, *child)), Code::deadline_exceeded);
  ASSERT_TRUE(async::run(loop, child->write_line("now")));
  EXPECT_EQ(async::run(loop, child->read_line(1'000)).value(), "now");
}

async::Task<ExitStatus> stop_impatiently(async::Loop& loop, FakeClock& clock, Child& child) {
  auto hurry = [](async::Loop& l, FakeClock& c, async::Event& exited) -> async::Task<void> {
    while (!exited.is_set()) {
      c.advance_ms(100);
      l.fire_timers();
      co_await async::sleep(0);
    }
  };
  async::spawn(loop, hurry(loop, clock, child.exited()));
  auto status = co_await child.stop(1'000);
  co_return status;
}

TEST(Child, StoppingGoesFromKindToFirm) {
  FakeClock clock;
  async::Loop loop(clock);
  auto deaf = start(loop, shell("trap '' TERM; echo ready; while :; do sleep 1000; done"));
  EXPECT_EQ(async::run(loop, deaf->read_line(async::kNever)).value(), "ready");
  EXPECT_EQ(async::run(loop, stop_impatiently(loop, clock, *deaf)).signal, SIGKILL);
}

TEST(Child, ItsWholeGroupGoesWithIt) {
  async::Loop loop;
  auto child = start(loop, shell("sleep 1000 & echo started; exit 0"));
  EXPECT_EQ(async::run(loop, child->read_line(10'000)).value(), "started");
  EXPECT_EQ(async::run(loop, child->read_line(10'000)).value(), std::nullopt);  // the sleeper held the pipe
}

TEST(Child, ItsLogIsCutIntoBoundedLines) {
  FakeClock clock;
  async::Loop loop(clock);
  std::vector<std::string> log;
  auto options =
      shell("echo one >&2; head -c 10000 /dev/zero | tr '\\0' x >&2; echo >&2; yes many | head -n 200 >&2; echo done");
  options.on_log = [&](std::string_view line) { log.emplace_back(line); };
  auto child = start(loop, std::move(options));
  EXPECT_EQ(async::run(loop, child->read_line(async::kNever)).value(), "done");
  async::run(loop, child->stop(10'000));
  while (log.size() + child->log_lines_dropped() < 202) loop.poll();
  ASSERT_EQ(log.size(), 100U);
  EXPECT_EQ(log[0], "one");
  EXPECT_EQ(log[1].size(), 4096U);
  EXPECT_EQ(child->log_lines_dropped(), 102U);
}

TEST(Child, DestroyedWithItsLoopItIsGone) {
  pid_t pid = 0;
  {
    async::Loop loop;
    auto child = start(loop, shell("sleep 1000"));
    pid = child->pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);  // reaped
}

struct Pipes {
  Pipes() { EXPECT_TRUE(::pipe(there) == 0 && ::pipe(back) == 0); }
  ~Pipes() {
    for (int end : {there[0], there[1], back[0], back[1]}) ::close(end);
  }
  int there[2], back[2];
};

async::Task<void> write_lines(Stdio& stdio, std::vector<std::string> lines) {
  for (auto& line : lines) {
    auto written = co_await stdio.write_line(std::move(line));
    EXPECT_TRUE(written);
  }
}

TEST(Stdio, IsLinesOverTwoDescriptors) {
  async::Loop loop;
  Pipes pipes;
  Stdio ours(pipes.there[0], pipes.back[1], 10), theirs(pipes.back[0], pipes.there[1]);
  std::string large(100'000, 'x');  // more than a pipe holds
  async::spawn(loop, write_lines(ours, {"hello", large}));
  EXPECT_EQ(async::run(loop, theirs.read_line()).value(), "hello");
  EXPECT_EQ(async::run(loop, theirs.read_line()).value(), large);
  async::spawn(loop, write_lines(theirs, {"0123456789", "01234567890"}));
  EXPECT_EQ(async::run(loop, ours.read_line()).value(), "0123456789");
  EXPECT_EQ(async::run(loop, ours.read_line()).error().code, Code::resource_exhausted);
}

TEST(Stdio, GoesAwayWhileItWaits) {
  async::Loop loop;
  Pipes pipes;
  auto stdio = std::make_unique<Stdio>(pipes.there[0], pipes.back[1]);
  auto read = [](Stdio& s, std::optional<Line>& out) -> async::Task<void> {
    auto line = co_await s.read_line();
    out = std::move(line);
    async::Loop::current().stop();
  };
  std::optional<Line> line;
  async::spawn(loop, read(*stdio, line));
  loop.poll();
  stdio.reset();
  loop.run();
  ASSERT_TRUE(line);
  EXPECT_EQ(line->value(), std::nullopt);
}

}  // namespace
}  // namespace bw::transport
