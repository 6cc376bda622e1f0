// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bw {

// Where time comes from. Rooms that decide never read one: they get times as arguments. Safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_ms() const = 0;        // Unix time, milliseconds; may jump
  virtual std::int64_t monotonic_us() const = 0;  // microseconds since an arbitrary start; never goes back
};

// The machine's clock. One for the process.
const Clock& system_clock();

// Set by hand, for tests and simulation. Not synchronised: one thread sets it while nobody reads.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::int64_t now_ms = 1'800'000'000'000) : now_ms_(now_ms) {}
  std::int64_t now_ms() const override { return now_ms_; }
  std::int64_t monotonic_us() const override { return now_ms_ * 1000; }
  void advance_ms(std::int64_t ms) { now_ms_ += ms; }

 private:
  std::int64_t now_ms_;
};

// RFC 3339 in UTC with milliseconds: "2026-11-21T03:41:27.123Z".
std::string format_time(std::int64_t unix_ms);
Result<std::int64_t> parse_time(std::string_view text);  // the same form, milliseconds optional

// "90s", "15m", "4h", "7d", "250ms" to milliseconds and back; at most ten years, no sign, one unit.
Result<std::int64_t> parse_duration_ms(std::string_view text);
std::string format_duration_ms(std::int64_t ms);

}  // namespace bw
