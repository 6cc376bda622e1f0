// SPDX-License-Identifier: Apache-2.0
#include "policy/judge.h"

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "policy/binding.h"
#include "policy/obligations.h"

namespace bw::policy {
namespace {

using domain::Verdict;

}  // namespace

bool is_above(domain::Autonomy autonomy, const domain::ToolProfile& profile) {
  using domain::Tier;
  switch (autonomy) {
    case domain::Autonomy::read_only: return profile.tier > Tier::read;
    case domain::Autonomy::propose_only: return profile.tier > Tier::recommend;
    case domain::Autonomy::nonproduction: return profile.tier > Tier::recommend && profile.environment == "production";
    case domain::Autonomy::production: return false;
  }
  return true;
}

void Judge::bind(const Plan& plan, const Input& input) {
  plan_ = &plan;
  input_.emplace(input);
  scratch_.arena.reset();
  tool_ = plan_for(plan, input.action);
  if (!tool_) return;
  if (activation_.size() != plan.variables().variables().size()) activation_ = cel::Activation(plan.variables());
  Binding::bind(plan, *tool_, input.action, input.args, input.history, activation_, scratch_.arena);
  if (tool_->facts.empty()) return;
  fact_texts_.clear();
  activation_.bind(plan.slots().facts, Binding::facts(plan, input.facts, scratch_.arena, fact_texts_));
}

Verdict Judge::decide() {
  BW_ASSERT(input_.has_value());
  ground_ = Ground::rules;
  verdict_ = Verdict::deny;
  above_autonomy_ = unattended_door_ = sampled_ = tightened_ = false;
  charges_.clear();
  if (!tool_) {
    ground_ = Ground::no_tool;
    return verdict_;
  }
  const auto& action = input_->action;
  auto concerned = tool_->index.concerned(action.principal, scratch_);
  if (action.kind != domain::ActionKind::tool) narrow(concerned);
  standing_ = tool_->index.decide(activation_, decision_cost_max, Extent::verdict, scratch_);
  combine();
  if (input_->observation != nullptr) observe();
  return verdict_;
}

void Judge::combine() {
  if (standing_.cost_exceeded) {
    ground_ = Ground::cost;
    return;
  }
  const Standing::Met& met = standing_.met;
  if (met.deny) return;
  if (met.hold) {
    verdict_ = Verdict::hold;
  } else if (met.allow) {
    const auto& action = input_->action;
    above_autonomy_ = is_above(plan_->autonomy(action.principal.workflow), action.profile);
    unattended_door_ = action.profile.is_one_way_door() && !met.unattended;
    sampled_ = is_sampled(action);
    tightened_ = met.tighten;
    verdict_ = above_autonomy_ || unattended_door_ || sampled_ || tightened_ ? Verdict::hold : Verdict::allow;
  } else {
    return;
  }
  charge();
}

// Only a policy that samples pays for reading its obligations here.
bool Judge::is_sampled(const domain::Action& action) {
  if (!standing_.met.sample) return false;
  look_at_all();
  return policy::is_sampled(obligations(), action.digest);
}

// A verdict may rest on a deny alone; what is told of it rests on all rules.
void Judge::look_at_all() {
  if (!standing_.is_whole) {
    standing_ = tool_->index.decide(activation_, decision_cost_max, Extent::whole, scratch_);
    if (standing_.cost_exceeded) ground_ = Ground::cost;
  }
  told_ = tool_->index.tell(scratch_);
}

// Resources and prompts have one plan for all names: what a tool's plan settled when it was made is looked at here.
void Judge::narrow(std::span<Word> concerned) const {
  for (std::size_t i = 0; i < tool_->rules.size(); ++i) {
    const domain::Match& match = tool_->rules[tool_->index.rule(i)].rule->match;
    if (has_bit(concerned, i) && !concerns(match, input_->action)) clear_bit(concerned, i);
  }
}

void Judge::charge() {
  for (const PlannedMeter& planned : tool_->meters) {
    const domain::Meter& meter = *planned.meter;
    if (!concerns(meter.match, input_->action)) continue;
    Charge charge{&meter, key(meter)};
    if (planned.sum) {
      cel::Value amount = cel::evaluate(*planned.sum, activation_, scratch_.arena, {.cost_max = decision_cost_max});
      if (!amount.is(cel::Value::Kind::int64) || amount.int64() < 0) return cannot_count(planned, amount);
      charge.amount = amount.int64();
    }
    if (planned.by) {
      cel::Value by = cel::evaluate(*planned.by, activation_, scratch_.arena, {.cost_max = decision_cost_max});
      if (!by.is(cel::Value::Kind::string) || by.text().size() > meter_by_bytes_max)
        return cannot_count(planned, by, true);
      charge.key = meter.per.empty() ? by.text() : scratch_.arena.concat(charge.key, "\x1f", by.text());
    }
    charges_.push_back(charge);
  }
}

void Judge::cannot_count(const PlannedMeter& planned, const cel::Value& value, bool by) {
  ground_ = Ground::meter;
  uncounted_ = planned.meter;
  uncounted_value_ = value;
  uncounted_by_ = by;
  verdict_ = Verdict::deny;
  charges_.clear();
}

std::string_view Judge::key(const domain::Meter& meter) {
  const auto& action = input_->action;
  std::string_view key;
  for (const std::string& per : meter.per) {
    std::string_view part = per == "agent"      ? action.principal.agent
                            : per == "workflow" ? action.principal.workflow
                            : per == "run"      ? action.run
                            : per == "tool"     ? action.name
                            : per == "upstream" ? action.upstream
                                                : action.profile.environment;
    key = &per == &meter.per.front() ? part : scratch_.arena.concat(key, "\x1f", part);
  }
  return key;
}

domain::Decision judge(const Plan& plan, const Input& input) {
  Judge judge;
  judge.decide(plan, input);
  return judge.decision();
}

}  // namespace bw::policy
