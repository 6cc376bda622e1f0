// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cel/value.h"

namespace bw::cel {

// Timestamps run from year 1 to 9999, in nanoseconds; durations over what 64 bits of nanoseconds hold, 292 years.
constexpr std::int64_t timestamp_seconds_min = -62135596800;
constexpr std::int64_t timestamp_seconds_max = 253402300799;
constexpr std::int64_t duration_seconds_max = 9223372036;

// A date and time of day as a calendar shows it. Months and days count from 1 here; weekday 0 is Sunday.
struct Civil {
  std::int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int weekday = 4, day_of_year = 0;
};
Civil civil_of(std::int64_t unix_seconds);
std::int64_t seconds_of(const Civil& civil);  // from year to second only
bool is_leap_year(std::int64_t year);

std::optional<Value> parse_timestamp(std::string_view rfc3339);
std::optional<Value> parse_duration(std::string_view text);  // "1h30m", "-1.5s", "250ms"

std::string format_timestamp(const Value& timestamp);  // "2026-11-21T03:41:27.5Z"
std::string format_duration(const Value& duration);    // "5400s", "-1.5s"

// Seconds and nanoseconds brought to the form values have; nothing when out of range.
std::optional<Value> make_timestamp(std::int64_t seconds, std::int64_t nanos);
std::optional<Value> make_duration(std::int64_t seconds, std::int64_t nanos);

}  // namespace bw::cel
