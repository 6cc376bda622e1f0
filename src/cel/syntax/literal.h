// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "cel/ast.h"
#include "cel/syntax/lexer.h"

namespace bw::cel {

struct BadLiteral {
  std::size_t offset = 0;  // within the token
  std::size_t length = 1;
  std::string message;
  std::string hint;
};

// What a literal token denotes. `negative`: a minus stands right before the number and belongs to it, so that the least
// int can be written.
std::variant<Literal, BadLiteral> read_literal(const Token& token, bool negative);

}  // namespace bw::cel
