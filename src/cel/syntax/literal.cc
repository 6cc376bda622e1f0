// SPDX-License-Identifier: Apache-2.0
#include "cel/syntax/literal.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>

#include "cel/utf8.h"

namespace bw::cel {
namespace {

using Read = std::variant<Literal, BadLiteral>;

Read out_of_range(const Token& token, std::string_view type) {
  return BadLiteral{0, token.text.size(), "number is out of the range of " + std::string(type), {}};
}

Read read_integer(const Token& token, bool negative) {
  std::string_view digits = token.text;
  if (token.kind == TokenKind::unsigned_integer) digits.remove_suffix(1);
  bool hex = digits.starts_with("0x") || digits.starts_with("0X");
  if (hex) digits.remove_prefix(2);
  std::uint64_t magnitude = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, hex ? 16 : 10);
  bool is_unsigned = token.kind == TokenKind::unsigned_integer;
  if (error != std::errc() || end != digits.data() + digits.size())
    return out_of_range(token, is_unsigned ? "uint" : "int");
  if (is_unsigned) return Literal(magnitude);
  constexpr std::uint64_t least = std::uint64_t{1} << 63U;
  if (magnitude > least || (magnitude == least && !negative)) return out_of_range(token, "int");
  return Literal(static_cast<std::int64_t>(negative ? std::uint64_t{0} - magnitude : magnitude));
}

Read read_floating(const Token& token, bool negative) {
  std::string text = token.text.starts_with('.') ? "0" + std::string(token.text) : std::string(token.text);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    // Too small is zero, too large is a mistake; only strtod tells which.
    value = std::strtod(text.c_str(), nullptr);
    if (std::isinf(value)) return out_of_range(token, "double");
  }
  return Literal(negative ? -value : value);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

// Reads the body of a string or bytes literal, one escape at a time.
class Unescaper {
 public:
  Unescaper(std::string_view body, std::size_t offset, bool bytes) : body_(body), offset_(offset), bytes_(bytes) {}

  std::optional<BadLiteral> run(std::string& out) {
    while (at_ < body_.size()) {
      if (body_[at_] != '\\') {
        out += body_[at_++];
        continue;
      }
      start_ = at_++;
      if (!escape(out)) {
        return BadLiteral{offset_ + start_, std::min(at_, body_.size()) - start_, "ill-formed escape in a literal",
                          bytes_ ? "bytes take \\n, \\xHH and \\377, not \\u"
                                 : "try \\n, \\\", \\\\, \\u00e9 or a raw string: r\"…\""};
      }
    }
    return {};
  }

 private:
  bool escape(std::string& out) {
    char c = at_ < body_.size() ? body_[at_++] : '\0';
    constexpr std::string_view letters = "abfnrtv\\?\"'`";
    constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\?\"'`";
    if (auto i = letters.find(c); i != std::string_view::npos) {
      out += meanings[i];
      return true;
    }
    if (c == 'x' || c == 'X') return number(out, 2, 16);
    if (c == 'u') return !bytes_ && number(out, 4, 16);
    if (c == 'U') return !bytes_ && number(out, 8, 16);
    if (c >= '0' && c <= '3') {
      --at_;
      return number(out, 3, 8);
    }
    return false;
  }

  bool number(std::string& out, std::size_t digits, int base) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i, ++at_) {
      int digit = at_ < body_.size() ? digit_of(body_[at_]) : 99;
      if (digit >= base) return false;
      value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
    }
    if (bytes_) {
      out += static_cast<char>(value);
      return true;
    }
    if (!is_code_point(value)) return false;
    append_code_point(out, value);
    return true;
  }

  std::string_view body_;
  std::size_t offset_;
  bool bytes_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
};

Read read_text(const Token& token) {
  std::size_t prefix = token.text.find_first_of("\"'");
  bool raw = token.text.substr(0, prefix).find_first_of("rR") != std::string_view::npos;
  bool bytes = token.kind == TokenKind::bytes;
  std::string_view quoted = token.text.substr(prefix);
  std::size_t quotes = quoted.size() >= 6 && quoted[1] == quoted[0] && quoted[2] == quoted[0] ? 3 : 1;
  std::string_view body = quoted.substr(quotes, quoted.size() - 2 * quotes);
  std::string out;
  if (raw) {
    out = body;
  } else if (auto bad = Unescaper(body, prefix + quotes, bytes).run(out)) {
    return *bad;
  }
  if (bytes) return Literal(Bytes{std::move(out)});
  return Literal(std::move(out));
}

}  // namespace

std::variant<Literal, BadLiteral> read_literal(const Token& token, bool negative) {
  switch (token.kind) {
    case TokenKind::integer:
    case TokenKind::unsigned_integer: return read_integer(token, negative);
    case TokenKind::floating: return read_floating(token, negative);
    default: return read_text(token);
  }
}

}  // namespace bw::cel
