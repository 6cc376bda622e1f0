// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>

namespace bw {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t now_ms() const override {
    using namespace std::chrono;
    return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
  std::int64_t monotonic_us() const override {
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
  }
};

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<Unit, 5> units{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::int64_t day_ms = 86'400'000, year_ms = 365 * day_ms, longest_ms = 100 * year_ms;

// Reads exactly `digits` decimal digits.
bool read(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits) return false;
  auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc{} || end != text.data() + digits || text[0] == '-') return false;
  text.remove_prefix(digits);
  return true;
}

bool skip(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string format_time(std::int64_t unix_ms) {
  using namespace std::chrono;
  sys_time<milliseconds> time{milliseconds{unix_ms}};
  auto day = floor<days>(time);
  year_month_day date{day};
  hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

Result<std::int64_t> parse_time(std::string_view text) {
  using namespace std::chrono;
  auto whole = text;
  auto bad = [&] {
    return fail(Code::invalid_argument, fmt::format("`{}` is no time like 2026-11-21T03:41:27Z", whole));
  };
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, ms = 0;
  bool ok = read(text, 4, y) && skip(text, '-') && read(text, 2, mo) && skip(text, '-') && read(text, 2, d) &&
            skip(text, 'T') && read(text, 2, h) && skip(text, ':') && read(text, 2, mi) && skip(text, ':') &&
            read(text, 2, s);
  if (!ok) return bad();
  if (skip(text, '.') && !read(text, 3, ms)) return bad();
  year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (text != "Z" || !date.ok() || h > 23 || mi > 59 || s > 59) return bad();
  auto time = sys_days{date} + hours{h} + minutes{mi} + seconds{s} + milliseconds{ms};
  return duration_cast<milliseconds>(time.time_since_epoch()).count();
}

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  std::int64_t amount = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc{} && amount >= 0 && !text.empty() && text[0] != '-') {
    for (const Unit& u : units) {
      if (u.name == unit && amount <= longest_ms / u.ms) return amount * u.ms;
    }
    if (unit == "y" && amount <= longest_ms / year_ms) return amount * year_ms;
  }
  return fail(Code::invalid_argument, fmt::format("`{}` is no duration like 90s, 15m, 4h or 7d", text));
}

std::string format_duration_ms(std::int64_t ms) {
  for (auto unit = units.rbegin(); unit != units.rend(); ++unit) {
    if (ms != 0 && ms % unit->ms == 0) return fmt::format("{}{}", ms / unit->ms, unit->name);
  }
  return "0s";
}

}  // namespace bw
