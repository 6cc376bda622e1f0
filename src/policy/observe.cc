// SPDX-License-Identifier: Apache-2.0
#include "policy/observe.h"

namespace bw::policy {
namespace {

Truth truth_of(const cel::Value& value) {
  return value.is_true() ? Truth::yes : value.is_false() ? Truth::no : Truth::error;
}

std::string shown(const cel::Value& value) {
  return value.is(cel::Value::Kind::error) ? std::string(value.failure().message) : cel::render(value);
}

ObservedTerm term(const cel::Program& program, const cel::Trace::Term& traced) {
  ObservedTerm out{.text = std::string(traced.source),
                   .where = program.span(traced.place),
                   .truth = truth_of(traced.value),
                   .value = shown(traced.value),
                   .decisive = traced.decisive,
                   .operands = {}};
  for (const auto& operand : traced.operands) {
    if (operand.source != traced.source) out.operands.push_back({std::string(operand.source), shown(operand.value)});
  }
  return out;
}

}  // namespace

std::string_view name(Truth truth) { return truth == Truth::yes ? "true" : truth == Truth::no ? "false" : "error"; }

ObservedRule observe(const PlannedRule& planned, const cel::Activation& activation, cel::Arena& arena) {
  ObservedRule out{.rule = planned.rule};
  auto add = [&](std::string_view list, const std::vector<Condition>& conditions) {
    for (const Condition& condition : conditions) {
      cel::Trace trace;
      cel::Value value = cel::evaluate(condition.program, activation, arena, {.trace = &trace});
      ObservedCondition observed{.list = list,
                                 .text = condition.text,
                                 .where = condition.program.span({0, 1, 1, 1}),
                                 .truth = truth_of(value)};
      if (observed.truth == Truth::error) observed.error = shown(value);
      for (const auto& traced : trace.terms) observed.terms.push_back(term(condition.program, traced));
      out.conditions.push_back(std::move(observed));
    }
  };
  add("all", planned.all);
  add("any", planned.any);
  add("unless", planned.unless);
  return out;
}

}  // namespace bw::policy
