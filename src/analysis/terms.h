// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "cel/ast.h"
#include "domain/rules.h"

namespace bw::analysis {

// One list of a rule: "all", "any" or "unless", with its expressions.
struct RuleList {
  std::string_view name;
  std::vector<domain::Expression> domain::Rule::* member;
};
std::span<const RuleList> rule_lists();

// The expression as a tree, or null when it cannot be read (a plan that compiled has none such).
cel::ExprPtr parse(const domain::Expression& expression);

// The tests of an expression's logic, left to right: what stands between its &&, ||, ! and ?:. The same parts that an
// evaluation traces (cel::Trace). Constants are left out.
std::vector<const cel::Expr*> logic_terms(const cel::Expr& expr);

// The part's own text.
std::string_view text_of(const cel::Expr& part, const domain::Expression& whole);

}  // namespace bw::analysis
