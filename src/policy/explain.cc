// SPDX-License-Identifier: Apache-2.0
#include "policy/explain.h"

#include <fmt/format.h>

namespace bw::policy {

domain::RuleResult Explainer::explain(const PlannedRule& planned) {
  shown_.clear();
  traced_ = 0;
  error_.clear();
  Truth truth = weigh(planned);
  const domain::Rule& rule = *planned.rule;
  bool satisfied = truth == Truth::yes || (truth == Truth::error && rule.effect != domain::Verdict::allow);
  domain::RuleResult out{.rule = rule.id,
                         .effect = rule.effect,
                         .satisfied = satisfied,
                         .error = truth == Truth::error ? std::move(error_) : std::string(),
                         .reason = satisfied && !rule.unattended.empty() ? rule.unattended : rule.reason,
                         .file = rule.where.file,
                         .line = rule.where.line};
  out.terms.reserve(shown_.size());
  for (const Said& said : shown_) write(said, out.terms);
  return out;
}

// The rule's lists until they are settled. What settles it is all that is shown; when all of it was needed, all is.
Truth Explainer::weigh(const PlannedRule& planned) {
  std::optional<Said> failing;
  auto settles = [&](const Condition& condition, Truth settling) {
    Said said = ask(condition);
    if (said.truth == settling) {
      shown_.assign(1, said);
      return true;
    }
    if (said.truth == Truth::error && !failing) failing = said;
    if (settling == Truth::no) shown_.push_back(said);
    return false;
  };
  for (const Condition& condition : planned.all) {
    if (settles(condition, Truth::no)) return Truth::no;
  }
  for (const Condition& condition : planned.unless) {
    if (settles(condition, Truth::yes)) return Truth::no;
  }
  if (!planned.any.empty()) {
    Said one = one_of(planned);
    if (one.truth == Truth::no) {
      shown_.assign(1, one);
      return Truth::no;
    }
    if (one.truth == Truth::error && !failing) failing = one;
    shown_.push_back(one);
  }
  if (!failing) return Truth::yes;
  shown_.assign(1, *failing);
  return Truth::error;
}

// The first that is true, else the first that failed, else the first.
Explainer::Said Explainer::one_of(const PlannedRule& planned) {
  Said out = ask(planned.any.front());
  for (std::size_t i = 1; i < planned.any.size() && out.truth != Truth::yes; ++i) {
    Said said = ask(planned.any[i]);
    if (said.truth == Truth::yes || (said.truth == Truth::error && out.truth == Truth::no)) out = said;
  }
  return out;
}

Explainer::Said Explainer::ask(const Condition& condition) {
  if (condition.comparison) {
    if (auto seen = condition.comparison->look(activation_))
      return {.truth = seen->holds ? Truth::yes : Truth::no, .condition = &condition, .seen = seen};
  }
  if (traced_ == traces_.size()) traces_.emplace_back();
  cel::Trace& trace = traces_[traced_];
  trace.terms.clear();
  cel::Value value = cel::evaluate(condition.program, activation_, arena_, {.trace = &trace});
  Truth truth = value.is_true() ? Truth::yes : value.is_false() ? Truth::no : Truth::error;
  if (truth == Truth::error && error_.empty()) {
    error_ = fmt::format("{}: {}", condition.text,
                         value.is(cel::Value::Kind::error) ? value.failure().message : "a value is not known");
  }
  return {.truth = truth, .condition = &condition, .trace = traced_++};
}

// "false (args.amount_usd = 940.0)"
void Explainer::write(const Said& said, std::vector<domain::Term>& terms) const {
  if (said.seen) {
    const Comparison& comparison = *said.condition->comparison;
    std::string operand = cel::render(said.seen->value);
    std::string value(said.seen->holds ? "true (" : "false (");
    value.reserve(value.size() + comparison.operand().size() + operand.size() + 4);
    value.append(comparison.operand()).append(" = ").append(operand).append(")");
    terms.push_back({std::string(comparison.term()), std::move(value)});
    return;
  }
  for (const auto& traced : traces_[said.trace].terms) {
    if (!traced.decisive) continue;
    std::string value = cel::render(traced.value);
    bool first = true;
    for (const auto& operand : traced.operands) {
      if (operand.source == traced.source) continue;
      value.append(first ? " (" : ", ").append(operand.source).append(" = ").append(cel::render(operand.value));
      first = false;
    }
    if (!first) value += ")";
    terms.push_back({std::string(traced.source), std::move(value)});
  }
}

}  // namespace bw::policy
