// SPDX-License-Identifier: Apache-2.0
// The judge's last decision as a value: what people read and the ledger keeps.
#include <fmt/format.h>

#include <bit>

#include "base/text.h"
#include "policy/explain.h"
#include "policy/judge.h"

namespace bw::policy {
namespace {

using domain::Verdict;

constexpr std::size_t unmet_max = 16;

std::string one_way_door_reason(const domain::ToolProfile& profile) {
  std::vector<std::string> why;
  if (!profile.reversible) why.emplace_back("cannot be undone");
  for (domain::Touch touch : profile.touches) why.push_back(fmt::format("touches {}", name(touch)));
  if (profile.environment == "production") why.emplace_back("acts in production");
  return join(why, ", ");
}

domain::RuleResult builtin(std::string id, Verdict effect, std::string reason) {
  return {.rule = std::move(id), .effect = effect, .satisfied = true, .reason = std::move(reason)};
}

// The first rules of `from`, up to `most` in all with those that are chosen already.
std::size_t choose(std::span<const Word> from, std::span<const Word> among, std::span<Word> chosen, std::size_t count) {
  for (std::size_t w = 0; w < from.size(); ++w) {
    for (Word left = from[w] & among[w]; left != 0 && count < unmet_max; left &= left - 1) {
      chosen[w] |= left & -left;
      ++count;
    }
  }
  return count;
}

std::size_t count_common(std::span<const Word> a, std::span<const Word> b) {
  std::size_t count = 0;
  for (std::size_t w = 0; w < a.size(); ++w) count += static_cast<std::size_t>(std::popcount(a[w] & b[w]));
  return count;
}

// Of two masks, in the order of rules.
template <class Each>
void for_each_common(std::span<const Word> a, std::span<const Word> b, const Each& each) {
  for (std::size_t w = 0; w < a.size(); ++w) {
    for (Word left = a[w] & b[w]; left != 0; left &= left - 1)
      each(w * 64 + static_cast<std::size_t>(std::countr_zero(left)));
  }
}

}  // namespace

domain::Decision Judge::decision() {
  const auto& action = input_->action;
  if (ground_ == Ground::rules) look_at_all();
  switch (ground_) {
    case Ground::no_tool: {
      domain::Decision out;
      out.reason = fmt::format("no registered tool `{}`", action.name);
      return out;
    }
    case Ground::cost:
      return denied(
          builtin("builtin/cost", Verdict::deny,
                  fmt::format("its conditions cost more than {} units for these arguments", decision_cost_max)));
    case Ground::meter: return uncounted();
    case Ground::rules: break;
  }
  return by_rules();
}

domain::Decision Judge::by_rules() {
  domain::Decision out;
  out.verdict = verdict_;
  const RuleIndex& index = tool_->index;
  bool allowed = above_autonomy_ || unattended_door_ || sampled_ || tightened_ || verdict_ == Verdict::allow;
  auto winning = allowed ? index.allows() : verdict_ == Verdict::hold ? index.holds() : index.denies();
  Explainer explainer(activation_, scratch_.arena);
  if (allowed) out.determining = builtins();
  auto determine = [&](std::span<const Word> among) {
    out.determining.reserve(out.determining.size() + count_common(told_.satisfied, among));
    for_each_common(told_.satisfied, among,
                    [&](std::size_t i) { out.determining.push_back(explainer.explain(tool_->rules[i])); });
  };
  if (out.verdict == Verdict::hold) determine(index.tighteners());
  determine(winning);
  if (!allowed) explain_unmet(out, explainer);
  out.obligations = obligations();
  for (const Charge& charge : charges_)
    out.charges.push_back(
        {charge.meter->name, std::string(charge.key), charge.amount, charge.meter->limit, charge.meter->window_ms});
  out.reason = sentence(out);
  return out;
}

// Every rule that counts obliges, also one that a stricter rule outranks: an approved hold must not lose what the allow
// beside it asked for. Of what is denied nothing is left but to tell of it, also where there was nothing to tighten.
std::vector<domain::Obligation> Judge::obligations() const {
  std::vector<domain::Obligation> out;
  const RuleIndex& index = tool_->index;
  Word denying = 0, letting = 0;
  for (std::size_t w = 0; w < index.words(); ++w) {
    denying |= told_.satisfied[w] & index.denies()[w];
    letting |= told_.satisfied[w] & (index.allows()[w] | index.holds()[w]);
  }
  bool denied = denying != 0 || letting == 0;
  for_each_common(told_.satisfied, told_.satisfied, [&](std::size_t i) {
    const domain::Rule& rule = *tool_->rules[i].rule;
    for (const auto& obligation : rule.obligations) {
      bool tells = obligation.type == "notify" || obligation.type == "log";
      if (!denied || (tells && rule.effect == Verdict::deny)) out.push_back(obligation);
    }
  });
  return out;
}

// Those that would have let the action pass come first; a decision carries a bounded number.
void Judge::explain_unmet(domain::Decision& out, Explainer& explainer) {
  const RuleIndex& index = tool_->index;
  auto [unmet, chosen] = index.spare(scratch_);
  for (std::size_t w = 0; w < unmet.size(); ++w) unmet[w] = told_.concerned[w] & ~told_.satisfied[w];
  std::ranges::fill(chosen, 0);
  std::size_t count = choose(unmet, index.allows(), chosen, 0);
  count = choose(unmet, index.holds(), chosen, count);
  count = choose(unmet, index.tighteners(), chosen, count);
  count = choose(unmet, index.denies(), chosen, count);
  out.unmet_left_out = count_common(unmet, unmet) - count;
  out.unmet.reserve(count);
  for_each_common(chosen, chosen, [&](std::size_t i) { out.unmet.push_back(explainer.explain(tool_->rules[i])); });
}

// What holds an allowed action, whatever the policy forgot.
std::vector<domain::RuleResult> Judge::builtins() const {
  const auto& action = input_->action;
  std::vector<domain::RuleResult> out;
  if (above_autonomy_) {
    std::string_view autonomy = name(plan_->autonomy(action.principal.workflow));
    out.push_back(builtin(
        "builtin/autonomy", Verdict::hold,
        fmt::format("a {} action in {} is above the autonomy of workflow `{}`, which is {}", name(action.profile.tier),
                    action.profile.environment, action.principal.workflow, autonomy)));
  }
  if (unattended_door_) {
    out.push_back(builtin("builtin/one-way-door", Verdict::hold,
                          fmt::format("`{}` {}, and no rule that allows it says why it may pass unattended",
                                      action.name, one_way_door_reason(action.profile))));
  }
  if (sampled_) out.push_back(builtin("builtin/sample", Verdict::hold, "it is in the sample that people look at"));
  return out;
}

domain::Decision Judge::denied(domain::RuleResult by) const {
  domain::Decision out;
  out.determining.push_back(std::move(by));
  out.reason = sentence(out);
  return out;
}

domain::Decision Judge::uncounted() const {
  std::string value = cel::render(uncounted_value_);
  auto by =
      builtin("builtin/meter", Verdict::deny,
              uncounted_by_ ? fmt::format("what meter `{}` counts this action by is {}, not a text of at most {} bytes",
                                          uncounted_->name, value, meter_by_bytes_max)
                            : fmt::format("what this action adds to meter `{}` is {}, not a whole number of at least 0",
                                          uncounted_->name, value));
  by.file = uncounted_->where.file;
  by.line = uncounted_->where.line;
  return denied(std::move(by));
}

void Judge::observe() {
  look_at_all();
  Explainer explainer(activation_, scratch_.arena);
  for_each_common(told_.concerned, told_.concerned, [&](std::size_t i) {
    const PlannedRule& planned = tool_->rules[i];
    ObservedRule observed = policy::observe(planned, activation_, scratch_.arena);
    observed.satisfied = has_bit(told_.satisfied, i);
    observed.error = explainer.explain(planned).error;
    input_->observation->rules.push_back(std::move(observed));
  });
}

std::string Judge::sentence(const domain::Decision& decision) const {
  const auto& action = input_->action;
  if (decision.determining.empty())
    return fmt::format("no rule allows `{}` for workflow `{}`", action.name, action.principal.workflow);
  const auto& first = decision.determining.front();
  std::string_view verb = decision.verdict == Verdict::allow  ? "allows"
                          : decision.verdict == Verdict::hold ? "holds"
                                                              : "denies";
  std::string out = fmt::format("rule {} {} it", first.rule, verb);
  if (!first.reason.empty()) {
    out += fmt::format(": {}", first.reason);
  } else if (!first.terms.empty()) {
    out += fmt::format(": {} is {}", first.terms.front().text, first.terms.front().value);
  }
  if (!first.error.empty()) out += fmt::format(" (could not be evaluated: {})", first.error);
  return out;
}

}  // namespace bw::policy
