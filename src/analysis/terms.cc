// SPDX-License-Identifier: Apache-2.0
#include "analysis/terms.h"

#include <array>

#include "cel/compile.h"

namespace bw::analysis {
namespace {

void collect(const cel::Expr& expr, std::vector<const cel::Expr*>& out) {
  switch (expr.kind) {
    case cel::ExprKind::literal: return;
    case cel::ExprKind::logic_and:
    case cel::ExprKind::logic_or:
    case cel::ExprKind::logic_not:
    case cel::ExprKind::conditional:
      for (const auto& child : expr.children) collect(*child, out);
      return;
    case cel::ExprKind::bind: return collect(*expr.children.back(), out);
    default: out.push_back(&expr);
  }
}

}  // namespace

std::span<const RuleList> rule_lists() {
  static constexpr std::array<RuleList, 3> lists{
      {{"all", &domain::Rule::all}, {"any", &domain::Rule::any}, {"unless", &domain::Rule::unless}}};
  return lists;
}

cel::ExprPtr parse(const domain::Expression& expression) {
  auto parsed = cel::parse(expression.text, {.origin = expression.where});
  return has_errors(parsed.diagnostics) ? nullptr : std::move(parsed.expr);
}

std::vector<const cel::Expr*> logic_terms(const cel::Expr& expr) {
  std::vector<const cel::Expr*> out;
  collect(expr, out);
  return out;
}

std::string_view text_of(const cel::Expr& part, const domain::Expression& whole) { return part.place.in(whole.text); }

}  // namespace bw::analysis
