// SPDX-License-Identifier: Apache-2.0
#include "analysis/coverage.h"

#include <algorithm>

#include "analysis/terms.h"
#include "cel/compile.h"

namespace bw::analysis {

std::string_view TermCoverage::missing() const {
  if (full()) return {};
  if (seen_true) return "never false";
  if (seen_false) return "never true";
  return seen_error ? "never true or false, only an error" : "never reached";
}

Coverage::Coverage(const policy::Plan& plan) {
  for (const domain::Policy& policy : plan.policies()) {
    for (const domain::Rule& rule : policy.rules) {
      rule_at_.emplace(rule.id, rules_.size());
      rules_.push_back({rule.id, rule.where});
      for (const RuleList& list : rule_lists()) {
        for (const domain::Expression& expression : rule.*list.member) {
          auto expr = parse(expression);
          if (!expr) continue;
          for (const cel::Expr* part : logic_terms(*expr)) {
            std::string text(text_of(*part, expression));
            Span where = cel::to_span(part->place, expression.where);
            term_at_.emplace(Spot{where.file, where.line, where.column, text}, terms_.size());
            terms_.push_back({rule.id, text, where});
          }
        }
      }
    }
  }
}

void Coverage::add(const domain::Decision& decision, const policy::Observation& observation) {
  for (const auto& rule : decision.determining) {
    if (auto found = rule_at_.find(rule.rule); found != rule_at_.end()) rules_[found->second].decided = true;
  }
  for (const auto& rule : observation.rules) {
    for (const auto& condition : rule.conditions) {
      for (const auto& term : condition.terms) {
        auto found = term_at_.find({term.where.file, term.where.line, term.where.column, term.text});
        if (found == term_at_.end()) continue;
        TermCoverage& covered = terms_[found->second];
        covered.seen_true = covered.seen_true || term.truth == policy::Truth::yes;
        covered.seen_false = covered.seen_false || term.truth == policy::Truth::no;
        covered.seen_error = covered.seen_error || term.truth == policy::Truth::error;
      }
    }
  }
}

std::size_t Coverage::rules_decided() const {
  return static_cast<std::size_t>(std::ranges::count_if(rules_, &RuleCoverage::decided));
}

std::size_t Coverage::terms_full() const {
  return static_cast<std::size_t>(std::ranges::count_if(terms_, &TermCoverage::full));
}

}  // namespace bw::analysis
