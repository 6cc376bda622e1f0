// SPDX-License-Identifier: Apache-2.0
#include "cel/time.h"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <cstdlib>

namespace bw::cel {
namespace {

constexpr std::int64_t nanos_per_second = 1'000'000'000;

// Reads text from the left.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool accept(std::string_view prefix) {
    if (!text_.starts_with(prefix)) return false;
    text_.remove_prefix(prefix.size());
    return true;
  }
  bool accept_letter(char lower) {
    if (text_.empty() || (text_[0] | 0x20) != lower) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Exactly `digits` digits.
  std::optional<int> fixed(std::size_t digits) {
    if (text_.size() < digits) return {};
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(text_[i])) return {};
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(digits);
    return value;
  }
  std::string_view digits() {
    std::size_t length = 0;
    while (length < text_.size() && is_digit(text_[length])) ++length;
    auto out = text_.substr(0, length);
    text_.remove_prefix(length);
    return out;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view text_;
};

// The digits after a decimal point as billionths; more than nine are cut off.
std::int64_t billionths(std::string_view digits) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 9; ++i) value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return value;
}

int days_in_month(std::int64_t year, int month) {
  constexpr std::array days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : days[static_cast<std::size_t>(month - 1)];
}

std::optional<Civil> read_civil(Reader& reader) {
  auto year = reader.fixed(4);
  bool ok = reader.accept("-");
  auto month = reader.fixed(2);
  ok = ok && reader.accept("-");
  auto day = reader.fixed(2);
  ok = ok && reader.accept_letter('t');
  auto hour = reader.fixed(2);
  ok = ok && reader.accept(":");
  auto minute = reader.fixed(2);
  ok = ok && reader.accept(":");
  auto second = reader.fixed(2);
  if (!ok || !year || !month || !day || !hour || !minute || !second) return {};
  if (*month < 1 || *month > 12 || *day < 1 || *day > days_in_month(*year, *month)) return {};
  if (*hour > 23 || *minute > 59 || *second > 59) return {};
  return Civil{.year = *year, .month = *month, .day = *day, .hour = *hour, .minute = *minute, .second = *second};
}

// "Z" or "+02:00" in seconds east.
std::optional<int> read_offset(Reader& reader) {
  if (reader.accept_letter('z')) return 0;
  int sign = reader.accept("-") ? -1 : reader.accept("+") ? 1 : 0;
  auto hours = reader.fixed(2);
  bool colon = reader.accept(":");
  auto minutes = reader.fixed(2);
  if (sign == 0 || !colon || !hours || !minutes || *hours > 23 || *minutes > 59) return {};
  return sign * (*hours * 3600 + *minutes * 60);
}

// Nanoseconds of one unit.
std::optional<std::int64_t> read_unit(Reader& reader) {
  if (reader.accept("ns")) return 1;
  if (reader.accept("us") || reader.accept("µs") || reader.accept("μs")) return 1'000;
  if (reader.accept("ms")) return 1'000'000;
  if (reader.accept("s")) return nanos_per_second;
  if (reader.accept("m")) return 60 * nanos_per_second;
  if (reader.accept("h")) return 3600 * nanos_per_second;
  return {};
}

std::string fraction(std::int32_t nanos) {
  if (nanos == 0) return {};
  std::string digits = fmt::format(".{:09}", std::abs(nanos));
  while (digits.back() == '0') digits.pop_back();
  return digits;
}

}  // namespace

bool is_leap_year(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

Civil civil_of(std::int64_t unix_seconds) {
  using namespace std::chrono;
  std::int64_t days = unix_seconds / 86400 - (unix_seconds % 86400 < 0 ? 1 : 0);
  int rest = static_cast<int>(unix_seconds - days * 86400);
  sys_days date{std::chrono::days(days)};
  year_month_day ymd{date};
  Civil civil;
  civil.year = static_cast<int>(ymd.year());
  civil.month = static_cast<int>(static_cast<unsigned>(ymd.month()));
  civil.day = static_cast<int>(static_cast<unsigned>(ymd.day()));
  civil.hour = rest / 3600;
  civil.minute = rest / 60 % 60;
  civil.second = rest % 60;
  civil.weekday = static_cast<int>(weekday(date).c_encoding());
  civil.day_of_year = static_cast<int>((date - sys_days(ymd.year() / January / 1)).count());
  return civil;
}

std::int64_t seconds_of(const Civil& c) {
  using namespace std::chrono;
  sys_days date{year(static_cast<int>(c.year)) / month(static_cast<unsigned>(c.month)) /
                day(static_cast<unsigned>(c.day))};
  return std::int64_t{date.time_since_epoch().count()} * 86400 + c.hour * 3600 + c.minute * 60 + c.second;
}

std::optional<Value> make_timestamp(std::int64_t seconds, std::int64_t nanos) {
  seconds += nanos / nanos_per_second;
  nanos %= nanos_per_second;
  if (nanos < 0) {
    nanos += nanos_per_second;
    --seconds;
  }
  if (seconds < timestamp_seconds_min || seconds > timestamp_seconds_max) return {};
  return Value::timestamp(seconds, static_cast<std::int32_t>(nanos));
}

std::optional<Value> make_duration(std::int64_t seconds, std::int64_t nanos) {
  seconds += nanos / nanos_per_second;
  nanos %= nanos_per_second;
  if (seconds > 0 && nanos < 0) {
    nanos += nanos_per_second;
    --seconds;
  } else if (seconds < 0 && nanos > 0) {
    nanos -= nanos_per_second;
    ++seconds;
  }
  if (seconds < -duration_seconds_max || seconds > duration_seconds_max) return {};
  return Value::duration(seconds, static_cast<std::int32_t>(nanos));
}

std::optional<Value> parse_timestamp(std::string_view rfc3339) {
  Reader reader(rfc3339);
  auto civil = read_civil(reader);
  if (!civil) return {};
  std::int64_t nanos = 0;
  if (reader.accept(".")) {
    auto digits = reader.digits();
    if (digits.empty()) return {};
    nanos = billionths(digits);
  }
  auto offset = read_offset(reader);
  if (!offset || !reader.done()) return {};
  return make_timestamp(seconds_of(*civil) - *offset, nanos);
}

std::optional<Value> parse_duration(std::string_view text) {
  Reader reader(text);
  bool negative = reader.accept("-");
  if (!negative) reader.accept("+");
  if (reader.accept("0") && reader.done()) return Value::duration(0);
  reader = Reader(text.substr(text.starts_with('-') || text.starts_with('+') ? 1 : 0));
  if (reader.done()) return {};
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  while (!reader.done()) {
    auto whole = reader.digits();
    auto after_point = reader.accept(".") ? reader.digits() : std::string_view{};
    auto unit = read_unit(reader);
    if ((whole.empty() && after_point.empty()) || !unit || whole.size() > 18) return {};
    std::int64_t count = 0;
    for (char c : whole) count = count * 10 + (c - '0');
    // In 128 bits, so that what is too long is seen to be.
    __extension__ using Wide = __int128;
    Wide total =
        static_cast<Wide>(count) * *unit + static_cast<Wide>(billionths(after_point)) * *unit / nanos_per_second;
    Wide whole_seconds = total / nanos_per_second;
    if (whole_seconds > duration_seconds_max) return {};
    seconds += static_cast<std::int64_t>(whole_seconds);
    nanos += static_cast<std::int64_t>(total % nanos_per_second);
    if (seconds > duration_seconds_max) return {};
  }
  return negative ? make_duration(-seconds, -nanos) : make_duration(seconds, nanos);
}

std::string format_timestamp(const Value& timestamp) {
  Civil c = civil_of(timestamp.seconds());
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", c.year, c.month, c.day, c.hour, c.minute, c.second,
                     fraction(timestamp.nanos()));
}

std::string format_duration(const Value& duration) {
  bool negative = duration.seconds() < 0 || duration.nanos() < 0;
  return fmt::format("{}{}{}s", negative ? "-" : "", std::abs(duration.seconds()), fraction(duration.nanos()));
}

}  // namespace bw::cel
