// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "cel/ast.h"

namespace bw::cel {

struct BadMacro {
  Place place;
  std::string message;
  std::string hint;
};

// Turns a call that is spelled like a macro into that macro's node, in place. Calls that are none stay as they are.
std::optional<BadMacro> expand_macro(Expr& call);

}  // namespace bw::cel
