// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "cel/place.h"

namespace bw::cel {

enum class TokenKind : std::uint8_t {
  end,
  ident,
  quoted_ident,
  integer,
  unsigned_integer,
  floating,
  string,
  bytes,
  dot,
  comma,
  colon,
  question,
  left_paren,
  right_paren,
  left_bracket,
  right_bracket,
  left_brace,
  right_brace,
  plus,
  minus,
  star,
  slash,
  percent,
  bang,
  and_and,
  or_or,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  in,
};

struct Token {
  TokenKind kind = TokenKind::end;
  Place place;
  std::string_view text;  // as written, quotes and prefixes included
};

// "`<=`", "a string", "the end": for messages.
std::string_view describe(TokenKind kind);

// The whole source as tokens, `end` last. Stops at the first thing that is no token, after describing it to `diagnostics`
// with a span of `origin`'s file.
std::vector<Token> tokenize(std::string_view source, const Span& origin, Diagnostics& diagnostics);

}  // namespace bw::cel
