// SPDX-License-Identifier: Apache-2.0
#include "transport/process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"

namespace bw::transport {
namespace {

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

std::unexpected<Error> failed(std::string_view step, int error) {
  return fail(Code::unavailable, fmt::format("{}: {}", step, std::strerror(error)));
}

// Above the standard three, so that arranging those in the child overwrites nothing.
Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe", errno);
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  for (auto* end : {&pipe.read_end, &pipe.write_end}) {
    if (end->get() > STDERR_FILENO) continue;
    int moved = ::fcntl(end->get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (moved < 0) return failed("pipe", errno);
    *end = Descriptor(moved);
  }
  return pipe;
}

// Where the child's own PATH finds the program; execvpe would look in ours.
Result<std::string> find_program(const ChildOptions& options) {
  const auto& name = options.argv[0];
  if (name.find('/') != std::string::npos) return name;
  std::string_view path = "/usr/local/bin:/usr/bin:/bin";
  for (const auto& variable : options.env) {
    if (variable.starts_with("PATH=")) path = std::string_view(variable).substr(5);
  }
  for (auto folder : split(path, ':')) {
    auto candidate = fmt::format("{}/{}", folder, name);
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return fail(Code::not_found, fmt::format("no program `{}` in PATH", name));
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const auto& s : strings) result.push_back(const_cast<char*>(s.c_str()));
  result.push_back(nullptr);
  return result;
}

// All that the child needs, prepared before the fork: between fork and exec only system calls are safe.
struct Plan {
  const char* program;
  char* const* argv;
  char* const* envp;
  const char* cwd;  // or null
  int input, output, log, report;
  pid_t parent;
};

[[noreturn]] void give_up(int report, int error) {
  [[maybe_unused]] auto written = ::write(report, &error, sizeof error);
  ::_exit(127);
}

[[noreturn]] void become(const Plan& plan) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.parent) ::_exit(127);  // the parent died before the line above
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  bool arranged = ::dup2(plan.input, STDIN_FILENO) >= 0 && ::dup2(plan.output, STDOUT_FILENO) >= 0 &&
                  ::dup2(plan.log, STDERR_FILENO) >= 0;
  if (!arranged) give_up(plan.report, errno);
  ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  if (plan.cwd && ::chdir(plan.cwd) != 0) give_up(plan.report, errno);
  ::execve(plan.program, plan.argv, plan.envp);
  give_up(plan.report, errno);
}

// What the child reported before its exec, or 0: the exec closed the pipe.
int read_report(int report) {
  int error = 0;
  ssize_t n = 0;
  do {
    n = ::read(report, &error, sizeof error);
  } while (n < 0 && errno == EINTR);
  return n == sizeof error ? error : 0;
}

}  // namespace

Result<Process> start_process(const ChildOptions& options) {
  if (options.argv.empty()) return fail(Code::invalid_argument, "no program to start");
  BW_TRY(auto program, find_program(options));
  BW_TRY(auto input, make_pipe());
  BW_TRY(auto output, make_pipe());
  BW_TRY(auto log, make_pipe());
  BW_TRY(auto report, make_pipe());
  auto argv = pointers(options.argv), envp = pointers(options.env);
  Plan plan{program.c_str(),
            argv.data(),
            envp.data(),
            options.cwd.empty() ? nullptr : options.cwd.c_str(),
            input.read_end.get(),
            output.write_end.get(),
            log.write_end.get(),
            report.write_end.get(),
            ::getpid()};
  pid_t pid = ::fork();
  if (pid < 0) return failed("fork", errno);
  if (pid == 0) become(plan);
  ::setpgid(pid, pid);  // in both processes: whoever comes first, the group is there when we signal it
  report.write_end = Descriptor();
  if (int error = read_report(report.read_end.get())) {
    ::waitpid(pid, nullptr, 0);
    return failed(fmt::format("starting `{}`", options.argv[0]), error);
  }
  Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    int error = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return failed("pidfd", error);
  }
  return Process{pid, std::move(pidfd), std::move(input.write_end), std::move(output.read_end),
                 std::move(log.read_end)};
}

}  // namespace bw::transport
