// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "cel/ast.h"
#include "cel/compile.h"
#include "cel/program/plan.h"
#include "cel/types/checker.h"

namespace bw::cel {

// Lays a checked expression out for the evaluator: compiles patterns, computes constant parts, marks what explanations
// show, collects what is read. Reports constants that cannot work, such as an ill-formed pattern.
std::shared_ptr<const Plan> plan(std::string_view source, const Expr& expr, const Checked& checked,
                                 const Environment& environment, const CompileOptions& options,
                                 Diagnostics& diagnostics);

}  // namespace bw::cel
