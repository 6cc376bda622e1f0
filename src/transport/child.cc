// SPDX-License-Identifier: Apache-2.0
#include "transport/child.h"

#include <signal.h>
#include <sys/wait.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

#include "async/asio.h"
#include "async/timer.h"
#include "transport/inbox.h"
#include "transport/line_finder.h"
#include "transport/outbox.h"
#include "transport/pipe_stream.h"
#include "transport/process.h"

namespace bw::transport {
namespace {

constexpr std::size_t kHighWaterBytes = 64U << 10;
constexpr std::int64_t kStallMsMax = 30'000;  // a child that takes no input for so long loses it
constexpr std::size_t kLogLineBytesMax = 4U << 10;

class Interruption final : public async::Timer {
 public:
  Interruption(async::Loop& loop, Inbox& inbox) : Timer(loop), inbox_(inbox) {}

 private:
  void expired() override { inbox_.interrupt(); }
  Inbox& inbox_;
};

// Cuts standard error into lines of bounded length and number.
class Log {
 public:
  Log(async::Loop& loop, const ChildOptions& options)
      : loop_(loop), on_line_(options.on_log), lines_per_second_max_(options.log_lines_per_second_max) {}

  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      auto end = bytes.find('\n');
      auto part = bytes.substr(0, end);
      if (line_.size() < kLogLineBytesMax) line_ += part.substr(0, kLogLineBytesMax - line_.size());
      if (end == std::string_view::npos) return;
      bytes.remove_prefix(end + 1);
      emit();
    }
  }
  void end() {
    if (!line_.empty()) emit();
  }
  void mute() { on_line_ = nullptr; }
  std::size_t dropped() const { return dropped_; }

 private:
  void emit() {
    auto now_ms = loop_.now_ms();
    if (now_ms - second_ms_ >= 1'000) {
      second_ms_ = now_ms;
      lines_ = 0;
    }
    if (++lines_ > lines_per_second_max_) {
      ++dropped_;
    } else if (on_line_) {
      on_line_(line_);
    }
    line_.clear();
  }

  async::Loop& loop_;
  std::function<void(std::string_view)> on_line_;
  std::size_t lines_per_second_max_;
  std::string line_;
  std::int64_t second_ms_ = 0;
  std::size_t lines_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace

// Outlives the Child until the process was reaped.
struct Child::State : std::enable_shared_from_this<State> {
  State(async::Loop& loop, Process process, const ChildOptions& options)
      : pid(process.pid),
        stream(open_pipes(loop, std::move(process.output), std::move(process.input))),
        log_stream(open_pipes(loop, std::move(process.log), Descriptor())),
        inbox(*stream),
        outbox(loop, *stream, kStallMsMax),
        log_inbox(*log_stream),
        interruption(loop, inbox),
        lines(options.line_bytes_max),
        log(loop, options),
        outbox_bytes_max(options.outbox_bytes_max),
        pidfd(async::io_context(loop), process.pidfd.release()) {}

  ~State() {
    stream->abandon();
    log_stream->abandon();
    if (!exited.is_set()) reap();
  }

  void watch() {
    pidfd.async_wait(boost::asio::posix::descriptor_base::wait_read,
                     [self = shared_from_this()](boost::system::error_code error) {
                       if (!error && !self->exited.is_set()) self->reap();
                     });
  }

  // The group is killed while its leader is a zombie, so the number cannot belong to anybody else yet.
  void reap() {
    ::kill(-pid, SIGKILL);
    int how = 0;
    while (::waitpid(pid, &how, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(how)) status.code = WEXITSTATUS(how);
    if (WIFSIGNALED(how)) status.signal = WTERMSIG(how);
    exited.set();
  }

  void signal_group(int number) {
    if (!exited.is_set()) ::kill(-pid, number);
  }

  static async::Task<void> read_log(std::shared_ptr<State> self) {
    while (true) {
      self->log.take(self->log_inbox.bytes());
      self->log_inbox.consume(self->log_inbox.bytes().size());
      auto got = co_await self->log_inbox.more();
      if (got == Inbox::Got::end) break;
    }
    self->log.end();
  }

  const pid_t pid;
  StreamPtr stream;
  StreamPtr log_stream;
  Inbox inbox;
  Outbox outbox;
  Inbox log_inbox;
  Interruption interruption;
  LineFinder lines;
  Log log;
  std::size_t outbox_bytes_max;
  boost::asio::posix::stream_descriptor pidfd;
  async::Event exited;
  ExitStatus status;
};

Child::Child(std::shared_ptr<State> state) : state_(std::move(state)) {}

Child::~Child() {
  state_->signal_group(SIGKILL);
  state_->log.mute();
  state_->outbox.close();
  state_->log_stream->close();
}

Result<std::unique_ptr<Child>> Child::start(async::Loop& loop, ChildOptions options) {
  BW_TRY(auto process, start_process(options));
  auto state = std::make_shared<State>(loop, std::move(process), options);
  state->watch();
  async::spawn(loop, State::read_log(state));
  return std::unique_ptr<Child>(new Child(std::move(state)));
}

pid_t Child::pid() const { return state_->pid; }
async::Event& Child::exited() { return state_->exited; }
ExitStatus Child::status() const { return state_->status; }
std::size_t Child::log_lines_dropped() const { return state_->log.dropped(); }

async::Task<Result<std::optional<std::string>>> Child::read_line(std::int64_t timeout_ms) {
  auto state = state_;
  state->interruption.arm(timeout_ms);
  while (true) {
    BW_CO_TRY(auto line, state->lines.find(state->inbox.bytes()));
    if (line) {
      std::string text(line->text);
      state->inbox.consume(line->bytes);
      state->interruption.disarm();
      co_return text;
    }
    auto got = co_await state->inbox.more();
    if (got == Inbox::Got::interrupted) co_return fail(Code::deadline_exceeded, "no line in time");
    if (got == Inbox::Got::end) break;
  }
  state->interruption.disarm();
  co_return std::nullopt;  // what came after the last line end is no message
}

async::Task<Status> Child::write_line(std::string line) {
  auto state = state_;
  if (line.find('\n') != std::string::npos) co_return fail(Code::invalid_argument, "a message is one line");
  auto& outbox = state->outbox;
  if (outbox.bytes() + line.size() >= state->outbox_bytes_max) {
    state->signal_group(SIGKILL);
    outbox.close();
    co_return fail(Code::resource_exhausted, "the child takes no input");
  }
  line += '\n';
  outbox.buffer() += line;
  outbox.flush();
  bool sent = co_await outbox.drain(kHighWaterBytes);
  if (!sent) co_return fail(Code::unavailable, "the child has closed its input");
  co_return {};
}

async::Task<ExitStatus> Child::stop(std::int64_t grace_ms) {
  auto state = state_;
  state->stream->finish_writing();
  for (int number : {SIGTERM, SIGKILL}) {
    auto exited = co_await async::wait_any(grace_ms, state->exited);
    if (exited) co_return state->status;
    state->signal_group(number);
  }
  co_await async::wait(state->exited);
  co_return state->status;
}

}  // namespace bw::transport
