// SPDX-License-Identifier: Apache-2.0
#include "cel/utf8.h"

#include <algorithm>

namespace bw::cel {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::int32_t next_code_point(std::string_view text, std::size_t& at) {
  unsigned lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) {
    ++at;
    return static_cast<std::int32_t>(lead);
  }
  std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) {
    ++at;
    return -1;
  }
  unsigned value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[at + i])) {
      ++at;
      return -1;
    }
    value = value << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  }
  constexpr unsigned shortest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < shortest[length] || !is_code_point(value)) {
    ++at;
    return -1;
  }
  at += length;
  return static_cast<std::int32_t>(value);
}

bool is_code_point(std::int64_t value) { return value >= 0 && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF); }

void append_code_point(std::string& out, std::uint32_t c) {
  auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0U | c >> 6U);
  } else {
    if (c < 0x10000) {
      byte(0xE0U | c >> 12U);
    } else {
      byte(0xF0U | c >> 18U);
      byte(0x80U | (c >> 12U & 0x3FU));
    }
    byte(0x80U | (c >> 6U & 0x3FU));
  }
  byte(0x80U | (c & 0x3FU));
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (next_code_point(text, at) < 0) return false;
  }
  return true;
}

std::size_t count_code_points(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char c) { return !is_continuation(c); }));
}

std::size_t offset_of(std::string_view utf8, std::size_t index) {
  std::size_t at = 0;
  for (; index > 0; --index) {
    if (at >= utf8.size()) return std::string_view::npos;
    do ++at;
    while (at < utf8.size() && is_continuation(utf8[at]));
  }
  return at;
}

}  // namespace bw::cel
