// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "domain/decision.h"
#include "policy/input.h"
#include "policy/observe.h"
#include "policy/plan.h"
#include "policy/rule_index.h"

namespace bw::policy {

class Explainer;

// What all evaluations of one decision may cost together, in the evaluator's units (cel/program.h): about a millisecond. A
// decision that would cost more is a deny, by builtin/cost.
constexpr std::int64_t decision_cost_max = 100'000;

// The longest text that a meter counts apart by.
constexpr std::size_t meter_by_bytes_max = 256;

// Whether an action of a tool is more than a workflow of this autonomy may do without a human.
bool is_above(domain::Autonomy autonomy, const domain::ToolProfile& profile);

// What policy says of actions, one at a time. Pure: time is action.at_ms, facts are arguments; the same input gives the same
// decision, in whatever order the rules stand.
//
// All matching rules count: deny > hold > allow > deny by default; a hold that only tightens holds what is allowed and opens
// nothing by itself. An error in a condition makes an allow unsatisfied and a
// hold or deny satisfied; an error in a meter's amount denies, and so does a cost over the ceiling. What the policy cannot
// loosen by forgetting: an allowed action above the workflow's autonomy is held (builtin/autonomy), and so is an allowed
// one-way door unless the rule that allows it says why it may pass unattended (builtin/one-way-door).
//
//   Judge judge;                                       // keeps its memory: one per thread
//   if (judge.decide(plan, input) != Verdict::allow)   // allocates nothing once it is warm
//     explain(judge.decision());                       // everything that explains the last decision, as a value
class Judge {
 public:
  // The input, what it borrows and the plan must stay until the last decision() about it.
  domain::Verdict decide(const Plan& plan, const Input& input) {
    bind(plan, input);
    return decide();
  }
  domain::Decision decision();

  // The two halves of decide(): the variables that the rules use get their values; the rules get their say.
  void bind(const Plan& plan, const Input& input);
  domain::Verdict decide();

  // What the action adds to one meter. `key` as in domain::Charge; borrowed until the next decide().
  struct Charge {
    const domain::Meter* meter = nullptr;  // owned by the plan
    std::string_view key;
    std::int64_t amount = 1;
  };
  std::span<const Charge> charges() const { return charges_; }

 private:
  enum class Ground : std::uint8_t { rules, no_tool, cost, meter };

  void combine();
  void narrow(std::span<Word> concerned) const;
  void look_at_all();
  bool is_sampled(const domain::Action& action);
  std::vector<domain::Obligation> obligations() const;
  void charge();
  void cannot_count(const PlannedMeter& planned, const cel::Value& value, bool by = false);
  std::string_view key(const domain::Meter& meter);
  void observe();

  domain::Decision by_rules();
  void explain_unmet(domain::Decision& out, Explainer& explainer);
  std::vector<domain::RuleResult> builtins() const;
  domain::Decision denied(domain::RuleResult by) const;
  domain::Decision uncounted() const;
  std::string sentence(const domain::Decision& decision) const;

  const Plan* plan_ = nullptr;
  const ToolPlan* tool_ = nullptr;
  std::optional<Input> input_;
  Scratch scratch_;
  cel::Activation activation_{cel::Environment()};
  std::vector<json::Document> fact_texts_;
  std::vector<Charge> charges_;
  Standing standing_;
  RuleIndex::Told told_;
  Ground ground_ = Ground::rules;
  domain::Verdict verdict_ = domain::Verdict::deny;
  bool above_autonomy_ = false, unattended_door_ = false, sampled_ = false, tightened_ = false;
  const domain::Meter* uncounted_ = nullptr;
  cel::Value uncounted_value_;  // of its `sum`, or of its `by`
  bool uncounted_by_ = false;
};

// One decision with everything that explains it.
domain::Decision judge(const Plan& plan, const Input& input);

}  // namespace bw::policy
