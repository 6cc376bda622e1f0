// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cel/environment.h"
#include "domain/decision.h"
#include "domain/rules.h"
#include "policy/plan.h"

namespace bw::policy {

enum class Truth : std::uint8_t { no, yes, error };
std::string_view name(Truth truth);  // "false", "true", "error"

// One test of a condition, as the evaluator met it: a comparison, a boolean call, a whole macro.
struct ObservedTerm {
  std::string text;
  Span where;
  Truth truth = Truth::error;
  std::string value;                   // as CEL; of an error, what went wrong
  bool decisive = false;               // the condition's result rests on it
  std::vector<domain::Term> operands;  // what it read: "args.amount_usd" and its value
};

// One expression of a rule. Its terms are those that evaluation reached: a false before && leaves the rest out.
struct ObservedCondition {
  std::string_view list;  // all, any or unless
  std::string text;
  Span where;
  Truth truth = Truth::error;
  std::string error;
  std::vector<ObservedTerm> terms;
};

// A rule that concerns the action, with every condition evaluated, also those that its verdict did not wait for.
struct ObservedRule {
  const domain::Rule* rule = nullptr;  // the plan owns it
  bool satisfied = false;
  std::string error;  // of the condition that failed, when that mattered
  std::vector<ObservedCondition> conditions;
};

// Everything that judging one action looked at, in the order of the plan. Filled by judge() when its input asks for it:
// for authors' tools, not for the path of an action, because it evaluates what a verdict would skip.
struct Observation {
  std::vector<ObservedRule> rules;
};

// The rule's conditions for these values. `satisfied` and `error` are left to the judge.
ObservedRule observe(const PlannedRule& planned, const cel::Activation& activation, cel::Arena& arena);

}  // namespace bw::policy
