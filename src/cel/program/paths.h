// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cel/ast.h"
#include "cel/environment.h"
#include "cel/types/checker.h"

namespace bw::cel {

// The variable paths the expression reads, sorted, without those another one covers. See Program::paths.
std::vector<std::string> collect_paths(const Expr& expr, const Checked& checked, const Environment& environment);

}  // namespace bw::cel
