// SPDX-License-Identifier: Apache-2.0
#include "json/canonical.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "json/writer.h"

namespace bw::json {
namespace {

// ECMAScript's Number::toString (ECMA-262 section 6.1.6.1.20), from the shortest digits that read back.
void append_number(std::string& out, double value) {
  if (value == 0) {
    out += '0';
    return;
  }
  if (value < 0) out += '-';
  char buffer[40];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(value), std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  auto e = text.find('e');
  std::string digits(text.substr(0, 1));
  if (e > 2) digits.append(text.substr(2, e - 2));
  int exponent = 0;
  auto power = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  int k = static_cast<int>(digits.size()), n = exponent + 1;
  auto zeros = [](int count) { return std::string(static_cast<std::size_t>(count), '0'); };
  auto at = static_cast<std::size_t>(n);
  if (k <= n && n <= 21) {
    out += digits + zeros(n - k);
  } else if (0 < n && n <= 21) {
    out += digits.substr(0, at) + '.' + digits.substr(at);
  } else if (-6 < n && n <= 0) {
    out += "0." + zeros(-n) + digits;
  } else {
    out += digits.substr(0, 1);
    if (k > 1) out += '.' + digits.substr(1);
    out += fmt::format("e{}{}", n - 1 < 0 ? '-' : '+', std::abs(n - 1));
  }
}

bool is_integer(std::string_view text) { return text.find_first_of(".eE") == std::string_view::npos; }

Status append_number(std::string& out, Value value) {
  auto text = value.raw();
  auto number = value.number();
  constexpr double exact = 9007199254740992.0;  // 2^53
  if (is_integer(text) && (!number || std::fabs(*number) >= exact)) {
    out += text;
    return {};
  }
  if (!number) return fail(Code::invalid_argument, fmt::format("number `{}` is out of range", text.substr(0, 40)));
  append_number(out, *number);
  return {};
}

// RFC 8785 section 3.2.3 sorts by UTF-16 code units. That differs from byte order only where a character above U+FFFF
// meets one in U+E000..U+FFFF: first bytes F0..F4 against EE and EF.
bool utf16_less(std::string_view a, std::string_view b) {
  auto [x, y] = std::ranges::mismatch(a, b);
  if (x == a.end() || y == b.end()) return x == a.end() && y != b.end();
  auto left = static_cast<unsigned char>(*x), right = static_cast<unsigned char>(*y);
  bool left_high = left >= 0xF0, right_high = right >= 0xF0;
  if (left_high && (right == 0xEE || right == 0xEF)) return true;
  if (right_high && (left == 0xEE || left == 0xEF)) return false;
  return left < right;
}

// Recursion is bounded by the depth limit that the document was parsed under.
Status append(std::string& out, Value value) {
  switch (value.kind()) {
    case Kind::string: append_quoted(out, *value.string()); return {};
    case Kind::number: return append_number(out, value);
    case Kind::array: {
      char before = '[';
      for (Value element : value.elements()) {
        out += before;
        BW_OK(append(out, element));
        before = ',';
      }
      out += before == '[' ? "[]" : "]";
      return {};
    }
    case Kind::object: {
      std::vector<Member> members;
      for (auto member : value.members()) members.push_back(member);
      std::ranges::sort(members, utf16_less, &Member::key);
      char before = '{';
      for (const Member& member : members) {
        out += before;
        append_quoted(out, member.key);
        out += ':';
        BW_OK(append(out, member.value));
        before = ',';
      }
      out += before == '{' ? "{}" : "}";
      return {};
    }
    default: out += value.exists() ? value.raw() : "null"; return {};
  }
}

}  // namespace

Result<std::string> canonical(Value value) {
  std::string out;
  out.reserve(value.raw().size());
  BW_OK(append(out, value));
  return out;
}

}  // namespace bw::json
