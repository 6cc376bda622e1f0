// SPDX-License-Identifier: Apache-2.0
#include "cel/syntax/lexer.h"

#include <fmt/core.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "cel/compile.h"
#include "cel/utf8.h"

namespace bw::cel {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

struct Symbol {
  std::string_view text;
  TokenKind kind;
};
constexpr std::array symbols{
    Symbol{"&&", TokenKind::and_and},     Symbol{"||", TokenKind::or_or},
    Symbol{"<=", TokenKind::less_equal},  Symbol{">=", TokenKind::greater_equal},
    Symbol{"==", TokenKind::equal},       Symbol{"!=", TokenKind::not_equal},
    Symbol{".", TokenKind::dot},          Symbol{",", TokenKind::comma},
    Symbol{":", TokenKind::colon},        Symbol{"?", TokenKind::question},
    Symbol{"(", TokenKind::left_paren},   Symbol{")", TokenKind::right_paren},
    Symbol{"[", TokenKind::left_bracket}, Symbol{"]", TokenKind::right_bracket},
    Symbol{"{", TokenKind::left_brace},   Symbol{"}", TokenKind::right_brace},
    Symbol{"+", TokenKind::plus},         Symbol{"-", TokenKind::minus},
    Symbol{"*", TokenKind::star},         Symbol{"/", TokenKind::slash},
    Symbol{"%", TokenKind::percent},      Symbol{"!", TokenKind::bang},
    Symbol{"<", TokenKind::less},         Symbol{">", TokenKind::greater},
};

class Lexer {
 public:
  Lexer(std::string_view source, const Span& origin, Diagnostics& diagnostics)
      : source_(source), origin_(origin), diagnostics_(diagnostics) {}

  std::vector<Token> run() {
    while (!failed_) {
      skip_space();
      begin();
      if (at_ >= source_.size()) break;
      one();
    }
    if (!failed_) tokens_.push_back({TokenKind::end, start_, {}});
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }

  void advance(std::size_t bytes = 1) {
    for (; bytes > 0 && at_ < source_.size(); --bytes, ++at_) {
      if (source_[at_] == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      }
    }
  }

  void skip_space() {
    while (at_ < source_.size()) {
      if (is_space(peek())) {
        advance();
      } else if (peek() == '/' && peek(1) == '/') {
        while (at_ < source_.size() && peek() != '\n') advance();
      } else {
        return;
      }
    }
  }

  void begin() {
    start_ = {static_cast<std::uint32_t>(at_), 1, line_, static_cast<std::uint32_t>(at_ - line_start_ + 1)};
  }
  void finish(TokenKind kind) {
    start_.length = static_cast<std::uint32_t>(at_) - start_.offset;
    tokens_.push_back({kind, start_, start_.in(source_)});
  }
  void fail(std::string message, std::string hint = {}) {
    start_.length = std::max<std::uint32_t>(static_cast<std::uint32_t>(at_) - start_.offset, 1);
    diagnostics_.push_back({Severity::error, to_span(start_, origin_), std::move(message), std::move(hint)});
    failed_ = true;
  }

  void one() {
    if (auto quote = string_prefix()) return text(*quote);
    if (is_letter(peek())) return word();
    if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) return number();
    if (peek() == '`') return quoted();
    symbol();
  }

  void symbol() {
    for (const auto& symbol : symbols) {
      if (!source_.substr(at_).starts_with(symbol.text)) continue;
      advance(symbol.text.size());
      return finish(symbol.kind);
    }
    bad_character();
  }

  void bad_character() {
    std::size_t after = at_;
    next_code_point(source_, after);
    std::string shown = printable(source_.substr(at_, after - at_));
    std::string hint;
    if (peek() == '=') hint = "comparison is `==`";
    if (peek() == '&') hint = "logical and is `&&`";
    if (peek() == '|') hint = "logical or is `||`";
    if (shown == "“" || shown == "”" || shown == "‘" || shown == "’") hint = "use straight quotes: \" or '";
    advance(after - at_);
    fail(fmt::format("unexpected character `{}`", shown), std::move(hint));
  }

  void word() {
    while (is_letter(peek()) || is_digit(peek())) advance();
    finish(source_.substr(start_.offset, at_ - start_.offset) == "in" ? TokenKind::in : TokenKind::ident);
  }

  void quoted() {
    advance();
    while (is_letter(peek()) || is_digit(peek()) || peek() == '.' || peek() == '-' || peek() == '/' || peek() == ' ')
      advance();
    if (peek() != '`' || at_ == start_.offset + 1) {
      return fail("ill-formed quoted name", "between backquotes: letters, digits, `_`, `.`, `-`, `/` and spaces");
    }
    advance();
    finish(TokenKind::quoted_ident);
  }

  void digits() {
    while (is_digit(peek())) advance();
  }

  void number() {
    auto kind = TokenKind::integer;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && is_hex(peek(2))) {
      advance(2);
      while (is_hex(peek())) advance();
    } else {
      digits();
      if (peek() == '.' && is_digit(peek(1))) {
        kind = TokenKind::floating;
        advance();
        digits();
      }
      if (exponent()) kind = TokenKind::floating;
    }
    if (kind == TokenKind::integer && (peek() == 'u' || peek() == 'U')) {
      advance();
      kind = TokenKind::unsigned_integer;
    }
    if (is_letter(peek()) || is_digit(peek())) {
      while (is_letter(peek()) || is_digit(peek())) advance();
      return fail(fmt::format("ill-formed number `{}`", start_text()));
    }
    finish(kind);
  }

  bool exponent() {
    if (peek() != 'e' && peek() != 'E') return false;
    std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (!is_digit(peek(1 + sign))) return false;
    advance(1 + sign);
    digits();
    return true;
  }

  std::string_view start_text() const { return source_.substr(start_.offset, at_ - start_.offset); }

  // How many prefix letters stand before an opening quote here; none when this is no string.
  std::optional<std::size_t> string_prefix() const {
    std::size_t length = 0;
    bool raw = false;
    bool bytes = false;
    for (; length < 2; ++length) {
      char c = peek(length);
      if ((c == 'r' || c == 'R') && !raw) {
        raw = true;
      } else if ((c == 'b' || c == 'B') && !bytes) {
        bytes = true;
      } else {
        break;
      }
    }
    char quote = peek(length);
    if (quote != '"' && quote != '\'') return {};
    return length;
  }

  void text(std::size_t prefix) {
    bool raw = false;
    bool bytes = false;
    for (std::size_t i = 0; i < prefix; ++i) (peek(i) == 'r' || peek(i) == 'R' ? raw : bytes) = true;
    advance(prefix);
    char quote = peek();
    bool triple = peek(1) == quote && peek(2) == quote;
    advance(triple ? 3 : 1);
    while (at_ < source_.size()) {
      if (peek() == quote && (!triple || (peek(1) == quote && peek(2) == quote))) {
        advance(triple ? 3 : 1);
        return finish(bytes ? TokenKind::bytes : TokenKind::string);
      }
      if (!triple && (peek() == '\n' || peek() == '\r')) break;
      advance(!raw && peek() == '\\' ? 2 : 1);
    }
    start_.length = triple ? 3 : 1;
    at_ = start_.offset + start_.length;
    fail("this string is never closed", triple ? "" : "a string over several lines is written in triple quotes");
  }

  std::string_view source_;
  const Span& origin_;
  Diagnostics& diagnostics_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  Place start_;
  bool failed_ = false;
};

}  // namespace

std::string_view describe(TokenKind kind) {
  switch (kind) {
    case TokenKind::end: return "the end";
    case TokenKind::ident:
    case TokenKind::quoted_ident: return "a name";
    case TokenKind::integer:
    case TokenKind::unsigned_integer:
    case TokenKind::floating: return "a number";
    case TokenKind::string: return "a string";
    case TokenKind::bytes: return "bytes";
    case TokenKind::in: return "in";
    default: break;
  }
  for (const auto& symbol : symbols) {
    if (symbol.kind == kind) return symbol.text;
  }
  return "a token";
}

std::vector<Token> tokenize(std::string_view source, const Span& origin, Diagnostics& diagnostics) {
  return Lexer(source, origin, diagnostics).run();
}

}  // namespace bw::cel
