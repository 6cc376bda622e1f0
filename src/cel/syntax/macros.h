// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "cel/ast.h"

namespace bw::cel {

struct BadMacro {
  Place place;
  std::string message;
  std::string hint;
};

using MakeExpr = std::function<ExprPtr(ExprKind, Place)>;  // a node with a number of its own

// Turns a call that is spelled like a macro into that macro's node, in place. Calls that are none stay as they are.
std::optional<BadMacro> expand_macro(Expr& call, const MakeExpr& make);

}  // namespace bw::cel
