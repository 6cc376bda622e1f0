// SPDX-License-Identifier: Apache-2.0
#include "json/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "json/utf8.h"

namespace bw::json {

// Eight bytes at a time: an action writes kilobytes of such text.
bool is_plain(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  auto has_zero = [](std::uint64_t word) { return (word - ones) & ~word & tops; };
  auto bad_in = [&](std::uint64_t word) {
    auto bad = (word & tops) | ((word - ones * 0x20) & ~word & tops);  // not ASCII, or a control character
    return bad | has_zero(word ^ (ones * '"')) | has_zero(word ^ (ones * '\\'));
  };
  std::uint64_t bad = 0;
  for (; text.size() >= 8; text.remove_prefix(8)) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), 8);
    bad |= bad_in(word);
  }
  std::uint64_t rest = ones * 'x';
  if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
  return (bad | bad_in(rest)) == 0;
}

namespace {

// The first character that has a spelling of its own; what that is.
std::size_t append_special(std::string& out, std::string_view text) {
  switch (text[0]) {
    case '"': out += "\\\""; return 1;
    case '\\': out += "\\\\"; return 1;
    case '\n': out += "\\n"; return 1;
    case '\r': out += "\\r"; return 1;
    case '\t': out += "\\t"; return 1;
    case '\b': out += "\\b"; return 1;
    case '\f': out += "\\f"; return 1;
    default: break;
  }
  if (static_cast<unsigned char>(text[0]) < 0x20) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(text[0]));
    return 1;
  }
  if (auto length = utf8_length(text); length > 0) {
    out.append(text.substr(0, length));
    return length;
  }
  out += "\xEF\xBF\xBD";
  return 1;
}

bool is_plain_character(char c) { return static_cast<signed char>(c) >= 0x20 && c != '"' && c != '\\'; }

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  if (is_plain(text)) {
    (out += text) += '"';
    return;
  }
  while (!text.empty()) {
    auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain_character) - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(append_special(out, text));
  }
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_quoted(out, text);
  return out;
}

void Writer::separate() {
  if (!first_) text_ += ',';
  first_ = false;
}

Writer& Writer::open(char bracket) {
  separate();
  text_ += bracket;
  first_ = true;
  return *this;
}

Writer& Writer::close(char bracket) {
  text_ += bracket;
  first_ = false;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  string(name);
  text_ += ':';
  first_ = true;
  return *this;
}

Writer& Writer::string(std::string_view text) {
  separate();
  append_quoted(text_, text);
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  separate();
  fmt::format_to(std::back_inserter(text_), FMT_STRING("{}"), value);
  return *this;
}

Writer& Writer::number(double value) {
  if (!std::isfinite(value)) return null();
  separate();
  char digits[32];
  auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  text_.append(digits, end);
  return *this;
}

Writer& Writer::boolean(bool value) { return raw(value ? "true" : "false"); }
Writer& Writer::null() { return raw("null"); }

Writer& Writer::raw(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

}  // namespace bw::json
