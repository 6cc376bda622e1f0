// SPDX-License-Identifier: Apache-2.0
// Reads TZif files (RFC 9636): the 64-bit block, and for times after its last transition the rule in the footer.
#include "cel/library/zone.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cel/time.h"

namespace bw::cel {
namespace {

constexpr std::size_t file_bytes_max = 1 << 20;

// One side of a daylight saving rule: a day of the year and the second of that day, local time.
struct Change {
  char form = 'M';  // M: month, week, weekday; J: day 1 to 365 without 29 February; 0: day 0 to 365
  int month = 0, week = 0, day = 0;
  int seconds = 2 * 3600;
};

struct Rule {
  int standard = 0;  // seconds east
  std::optional<int> summer;
  Change begin, end;
};

// A POSIX TZ string such as "CET-1CEST,M3.5.0,M10.5.0/3".
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  std::optional<Rule> run() {
    Rule rule;
    if (!name()) return {};
    auto standard = clock();
    if (!standard) return {};
    rule.standard = -*standard;
    if (text_.empty()) return rule;
    if (!name()) return {};
    rule.summer = rule.standard + 3600;
    if (!text_.empty() && text_[0] != ',') {
      auto summer = clock();
      if (!summer) return {};
      rule.summer = -*summer;
    }
    if (!change(rule.begin) || !change(rule.end) || !text_.empty()) return {};
    return rule;
  }

 private:
  bool accept(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool name() {
    std::size_t length = 0;
    if (accept('<')) {
      auto end = text_.find('>');
      if (end == std::string_view::npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    while (length < text_.size() && ((text_[length] | 0x20) >= 'a' && (text_[length] | 0x20) <= 'z')) ++length;
    text_.remove_prefix(length);
    return length >= 3;
  }
  std::optional<int> number() {
    int value = 0;
    std::size_t length = 0;
    for (; length < text_.size() && length < 4 && text_[length] >= '0' && text_[length] <= '9'; ++length) {
      value = value * 10 + (text_[length] - '0');
    }
    text_.remove_prefix(length);
    return length == 0 ? std::nullopt : std::optional(value);
  }
  std::optional<int> clock() {
    int sign = accept('-') ? -1 : 1;
    accept('+');
    auto hours = number();
    if (!hours) return {};
    int seconds = *hours * 3600;
    for (int unit : {60, 1}) {
      if (!accept(':')) break;
      auto part = number();
      if (!part) return {};
      seconds += *part * unit;
    }
    return sign * seconds;
  }
  bool change(Change& change) {
    if (!accept(',')) return false;
    if (accept('M')) {
      auto month = number();
      bool dots = accept('.');
      auto week = number();
      dots = dots && accept('.');
      auto day = number();
      if (!dots || !month || !week || !day || *month < 1 || *month > 12 || *day > 6) return false;
      change = {'M', *month, *week, *day};
    } else {
      change.form = accept('J') ? 'J' : '0';
      auto day = number();
      if (!day) return false;
      change.day = *day;
    }
    if (!accept('/')) return true;
    auto seconds = clock();
    if (seconds) change.seconds = *seconds;
    return seconds.has_value();
  }

  std::string_view text_;
};

// When the change happens in that year, in local seconds since 1970.
std::int64_t when(const Change& change, std::int64_t year) {
  Civil civil{.year = year};
  std::int64_t january = seconds_of(civil);
  if (change.form == 'J') {
    int leap = is_leap_year(year) && change.day >= 60 ? 1 : 0;
    return january + (change.day - 1 + leap) * 86400 + change.seconds;
  }
  if (change.form == '0') return january + change.day * 86400 + change.seconds;
  civil.month = change.month;
  std::int64_t first = seconds_of(civil);
  int days = (change.day - civil_of(first).weekday + 7) % 7 + (change.week - 1) * 7;
  std::int64_t at = first + days * 86400;
  if (civil_of(at).month != change.month) at -= 7 * 86400;  // week 5 means the last one
  return at + change.seconds;
}

int offset_by(const Rule& rule, std::int64_t unix_seconds) {
  if (!rule.summer) return rule.standard;
  std::int64_t year = civil_of(unix_seconds + rule.standard).year;
  std::int64_t begin = when(rule.begin, year) - rule.standard;
  std::int64_t end = when(rule.end, year) - *rule.summer;
  bool summer = begin < end ? unix_seconds >= begin && unix_seconds < end : unix_seconds >= begin || unix_seconds < end;
  return summer ? *rule.summer : rule.standard;
}

struct Zone {
  std::vector<std::int64_t> transitions;
  std::vector<int> offsets;  // after each transition
  int before = 0;            // before the first
  std::optional<Rule> after;

  int offset(std::int64_t unix_seconds) const {
    auto next = std::ranges::upper_bound(transitions, unix_seconds);
    if (next == transitions.end() && after) return offset_by(*after, unix_seconds);
    if (next == transitions.begin()) return before;
    return offsets[static_cast<std::size_t>(next - transitions.begin()) - 1];
  }
};

// Big-endian numbers out of a file whose length was checked.
class Bytes {
 public:
  Bytes(std::string_view bytes, std::size_t at) : bytes_(bytes), at_(at) {}
  std::int64_t number(std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = value << 8U | static_cast<unsigned char>(bytes_[at_++]);
    if (width < 8 && value >> (width * 8 - 1) != 0) value |= ~std::uint64_t{0} << (width * 8);
    return static_cast<std::int64_t>(value);
  }
  unsigned byte() { return static_cast<unsigned char>(bytes_[at_++]); }
  void skip(std::size_t count) { at_ += count; }

 private:
  std::string_view bytes_;
  std::size_t at_;
};

struct Header {
  std::size_t utc_flags = 0, standard_flags = 0, leaps = 0, transitions = 0, types = 0, chars = 0;
  std::size_t body(std::size_t width) const {
    return transitions * (width + 1) + types * 6 + chars + leaps * (width + 4) + standard_flags + utc_flags;
  }
};
constexpr std::size_t header_bytes = 44;

std::optional<Header> read_header(std::string_view file, std::size_t at) {
  if (file.size() < at + header_bytes || file.substr(at, 4) != "TZif") return {};
  Bytes bytes(file, at + 20);
  Header header;
  for (std::size_t* field :
       {&header.utc_flags, &header.standard_flags, &header.leaps, &header.transitions, &header.types, &header.chars}) {
    auto count = bytes.number(4);
    if (count < 0 || count > static_cast<std::int64_t>(file_bytes_max)) return {};
    *field = static_cast<std::size_t>(count);
  }
  return header;
}

std::optional<Zone> read_zone(std::string_view file) {
  auto first = read_header(file, 0);
  if (!first || file[4] < '2') return {};
  std::size_t second_at = header_bytes + first->body(4);
  auto header = read_header(file, second_at);
  std::size_t start = second_at + header_bytes;
  if (!header || header->types == 0 || file.size() < start + header->body(8)) return {};
  Zone zone;
  Bytes bytes(file, start);
  for (std::size_t i = 0; i < header->transitions; ++i) zone.transitions.push_back(bytes.number(8));
  std::vector<unsigned> indices;
  for (std::size_t i = 0; i < header->transitions; ++i) indices.push_back(bytes.byte());
  std::vector<int> types;
  for (std::size_t i = 0; i < header->types; ++i) {
    types.push_back(static_cast<int>(bytes.number(4)));
    bytes.skip(2);
  }
  for (unsigned index : indices) {
    if (index >= types.size()) return {};
    zone.offsets.push_back(types[index]);
  }
  zone.before = types[0];
  auto footer = file.substr(start + header->body(8));
  if (footer.size() > 2 && footer.front() == '\n' && footer.back() == '\n') {
    zone.after = RuleReader(footer.substr(1, footer.size() - 2)).run();
  }
  return zone;
}

// Names that stay inside the zone directory.
bool is_zone_name(std::string_view name) {
  constexpr std::size_t name_bytes_max = 64;
  if (name.empty() || name.size() > name_bytes_max || name.front() == '/' || name.find("..") != std::string_view::npos)
    return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  });
}

std::unique_ptr<const Zone> load(const std::string& name) {
  std::ifstream in("/usr/share/zoneinfo/" + name, std::ios::binary);
  if (!in) return {};
  std::string file(file_bytes_max, '\0');
  in.read(file.data(), static_cast<std::streamsize>(file.size()));
  file.resize(static_cast<std::size_t>(in.gcount()));
  auto zone = read_zone(file);
  return zone ? std::make_unique<const Zone>(std::move(*zone)) : nullptr;
}

const Zone* find(std::string_view name) {
  constexpr std::size_t zones_max = 1024;  // more than there are; made-up names are not kept
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<const Zone>, std::less<>> zones;
  std::scoped_lock lock(mutex);
  auto known = zones.find(name);
  if (known != zones.end()) return known->second.get();
  auto zone = zones.size() < zones_max ? load(std::string(name)) : nullptr;
  if (!zone) return nullptr;
  return zones.emplace(name, std::move(zone)).first->second.get();
}

// "+02:00", "-09:30", and "02:00" as CEL's own tests have it.
std::optional<int> fixed_offset(std::string_view text) {
  int sign = text.starts_with('-') ? -1 : 1;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : 100; };
  if (text.size() != 5 || text[2] != ':') return {};
  int hours = digit(0) * 10 + digit(1);
  int minutes = digit(3) * 10 + digit(4);
  if (hours > 23 || minutes > 59) return {};
  return sign * (hours * 3600 + minutes * 60);
}

}  // namespace

std::optional<int> zone_offset(std::string_view zone, std::int64_t unix_seconds) {
  if (zone == "UTC" || zone == "Z" || zone == "GMT") return 0;
  if (auto fixed = fixed_offset(zone)) return fixed;
  if (!is_zone_name(zone)) return {};
  const Zone* found = find(zone);
  if (found == nullptr) return {};
  return found->offset(unix_seconds);
}

}  // namespace bw::cel
