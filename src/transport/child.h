// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/event.h"
#include "async/loop.h"
#include "async/task.h"
#include "base/result.h"

namespace bw::transport {

struct ChildOptions {
  std::vector<std::string> argv;  // argv[0] is looked up in the child's PATH when it has no slash; no shell
  std::vector<std::string> env;   // "NAME=value", all of it: nothing is inherited
  std::string cwd;                // empty: ours
  std::size_t line_bytes_max = 4U << 20;
  std::size_t outbox_bytes_max = 8U << 20;  // written and not yet taken; one more fails and ends the child

  // Lines of standard error, cut at 4 KiB, at most `log_lines_per_second_max`; what is over is dropped and counted.
  std::function<void(std::string_view line)> on_log;
  std::size_t log_lines_per_second_max = 100;
};

struct ExitStatus {
  int code = -1;   // of exit(), or -1
  int signal = 0;  // that ended it, or 0
};

// A process that speaks in lines on its standard input and output. It runs in a process group of its own, inherits no
// file but its three pipes, and dies with us. It is read only when somebody asks for a line, so a child that floods
// waits. Belongs to one loop; start it from the loop's thread, which must live as long as the child (the kernel ties the
// child's life to the thread that started it).
//
//   BW_CO_TRY(auto child, transport::Child::start(loop, std::move(options)));
//   BW_CO_OK(co_await child->write_line(message));
//   BW_CO_TRY(auto line, co_await child->read_line(30'000));   // no line: it closed its output
//   ExitStatus status = co_await child->stop(2'000);
//
// Destroying it kills the process group.
class Child {
 public:
  static Result<std::unique_ptr<Child>> start(async::Loop& loop, ChildOptions options);
  ~Child();

  pid_t pid() const;

  // The next line without its end, or nothing at the end of output. One reader at a time. `deadline_exceeded` leaves the
  // child as it is; a line over the limit fails with `resource_exhausted`, for good.
  async::Task<Result<std::optional<std::string>>> read_line(std::int64_t timeout_ms);

  // Appends "\n". `line` has none: MCP's stdio messages are single lines. Any number of writers.
  async::Task<Status> write_line(std::string line);

  // Set when the process has ended.
  async::Event& exited();
  ExitStatus status() const;

  // Closes its input, then after `grace_ms` SIGTERM, after as long again SIGKILL, to the whole group.
  async::Task<ExitStatus> stop(std::int64_t grace_ms);

  std::size_t log_lines_dropped() const;

 private:
  struct State;
  explicit Child(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace bw::transport
