// SPDX-License-Identifier: Apache-2.0
#include "transport/stdio.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "async/event.h"
#include "async/one_shot.h"
#include "async/pool.h"
#include "transport/descriptor.h"
#include "transport/line_finder.h"

namespace bw::transport {
namespace {

constexpr std::size_t kReadBytes = 64U << 10;
constexpr std::size_t kWriteBytes = 4U << 10;  // what a pipe that polls as writable takes without blocking
constexpr std::size_t kLinesWaitingMax = 1'024;

// Waits until `descriptor` is ready; false when `stop` is.
bool wait_ready(int descriptor, short events, int stop) {
  while (true) {
    pollfd both[2] = {{descriptor, events, 0}, {stop, POLLIN, 0}};
    if (::poll(both, 2, -1) < 0 && errno != EINTR) return false;
    if (both[1].revents != 0) return false;
    if (both[0].revents != 0) return true;
  }
}

Status write_all(int output, std::string_view bytes, int stop) {
  while (!bytes.empty()) {
    if (!wait_ready(output, POLLOUT, stop)) return fail(Code::cancelled, "stopped");
    auto written = ::write(output, bytes.data(), std::min(bytes.size(), kWriteBytes));
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) return fail(Code::unavailable, "the output was closed");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// What one read gave; empty at the end of input.
std::string read_some(int input, int stop) {
  std::string bytes(kReadBytes, '\0');
  while (true) {
    if (!wait_ready(input, POLLIN, stop)) return {};
    auto n = ::read(input, bytes.data(), bytes.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return bytes;
  }
}

}  // namespace

// The pools have one thread each: reads and writes stay in order, and neither waits for the other.
struct Stdio::State {
  State(int in, int out, std::size_t line_bytes_max)
      : input(in),
        output(out),
        stop(::eventfd(0, EFD_CLOEXEC)),
        lines(line_bytes_max),
        reads(1, 1),
        writes(1, kLinesWaitingMax) {}

  void end() {
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(stop.get(), &one, sizeof one);
  }

  const int input;
  const int output;
  Descriptor stop;
  LineFinder lines;
  std::string bytes;
  std::size_t begin = 0;  // of what is unread in `bytes`
  bool ended = false;
  async::Pool reads;
  async::Pool writes;
};

Stdio::Stdio(int input, int output, std::size_t line_bytes_max)
    : state_(std::make_shared<State>(input, output, line_bytes_max)) {}

Stdio::~Stdio() { state_->end(); }

async::Task<Result<std::optional<std::string>>> Stdio::read_line() {
  auto state = state_;
  while (true) {
    BW_CO_TRY(auto line, state->lines.find(std::string_view(state->bytes).substr(state->begin)));
    if (line) {
      std::string text(line->text);
      state->begin += line->bytes;
      co_return text;
    }
    if (state->ended) co_return std::nullopt;
    state->bytes.erase(0, std::exchange(state->begin, 0));
    auto work = [input = state->input, stop = state->stop.get()] { return read_some(input, stop); };
    BW_CO_TRY(auto more, co_await async::offload(state->reads, std::move(work)));
    state->ended = more.empty();
    state->bytes += more;
  }
}

async::Task<Status> Stdio::write_line(std::string line) {
  auto state = state_;
  if (line.find('\n') != std::string::npos) co_return fail(Code::invalid_argument, "a message is one line");
  line += '\n';
  auto work = [output = state->output, stop = state->stop.get(), line = std::move(line)] {
    return write_all(output, line, stop);
  };
  auto written = co_await async::offload(state->writes, std::move(work));
  co_return written;
}

}  // namespace bw::transport
