// SPDX-License-Identifier: Apache-2.0
#include "policy/invariant.h"

#include <algorithm>
#include <set>

#include "json/document.h"
#include "policy/binding.h"

namespace bw::policy {
namespace {

using cel::Type;
using cel::Value;

Value texts(const std::vector<std::string>& all, cel::Arena& arena) {
  auto values = arena.array<Value>(all.size());
  std::ranges::transform(all, values.begin(), [](const std::string& text) { return Value::string(text); });
  return Value::list(values);
}

}  // namespace

void declare_outcome(cel::Environment& environment, Slots& slots) {
  auto names = domain::verdict_names();
  slots.verdict = environment.declare("verdict", Type::one_of({names.begin(), names.end()}));
  slots.approvers = environment.declare("approvers", Type::list(Type::string()));
  slots.obligations = environment.declare("obligations", Type::list(Type::string()));
}

std::vector<std::string> obligation_kinds(const std::vector<domain::Obligation>& obligations) {
  std::set<std::string> kinds;
  for (const auto& obligation : obligations) kinds.insert(obligation.type);
  return {kinds.begin(), kinds.end()};
}

std::vector<std::string> approvers(const std::vector<domain::Obligation>& obligations) {
  std::set<std::string> names;
  for (const auto& obligation : obligations) {
    if (obligation.type != "approve") continue;
    auto arguments = json::Document::parse(obligation.arguments);
    if (!arguments) continue;
    for (json::Value name : arguments->root()["from"].elements()) names.emplace(name.string().value_or(""));
  }
  return {names.begin(), names.end()};
}

Kept check(const Plan& plan, const PlannedInvariant& invariant, const Input& input, const domain::Decision& decision) {
  const ToolPlan* tool = plan_for(plan, input.action);
  if (!tool || !concerns(invariant.invariant->match, input.action)) return Kept::silent;
  cel::Arena arena;
  std::vector<json::Document> fact_texts;
  cel::Activation activation(plan.outcome_variables());
  Binding::bind_all(plan, *tool, input.action, input.args, input.history, activation, arena);
  activation.bind(plan.slots().facts, Binding::facts(plan, input.facts, arena, fact_texts));
  for (const Condition& condition : invariant.when) {
    if (!cel::evaluate(condition.program, activation, arena).is_true()) return Kept::silent;
  }
  auto kinds = obligation_kinds(decision.obligations), names = approvers(decision.obligations);
  activation.bind(plan.slots().verdict, Value::string(name(decision.verdict)));
  activation.bind(plan.slots().approvers, texts(names, arena));
  activation.bind(plan.slots().obligations, texts(kinds, arena));
  bool kept = invariant.must && cel::evaluate(invariant.must->program, activation, arena).is_true();
  return kept ? Kept::kept : Kept::broken;
}

}  // namespace bw::policy
