// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "async/event.h"
#include "async/loop.h"
#include "async/timer.h"

namespace bw::execution {

// How long somebody waits for an upstream: until a caller gives up, a time has passed, or we shut down, whichever is first.
// The time in which the caller itself is being asked something does not count.
class Patience final : private async::Watcher, private async::Timer {
 public:
  enum class End : std::uint8_t { none, timeout, cancelled, shutdown };

  Patience(async::Loop& loop, std::int64_t ms, async::Event* cancelled = nullptr);

  async::Event& over() { return over_; }
  End why() const { return why_; }
  std::int64_t ms() const { return ms_; }

  void pause();  // nests
  void resume();
  void end(End why);

 private:
  void told() override { end(End::cancelled); }
  void expired() override { end(End::timeout); }

  async::Event over_;
  End why_ = End::none;
  std::int64_t ms_;
  std::int64_t left_ms_;
  std::int64_t since_ms_ = 0;
  int paused_ = 0;
};

}  // namespace bw::execution
