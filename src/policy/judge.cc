// SPDX-License-Identifier: Apache-2.0
#include "policy/judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cel/from_json.h"
#include "policy/binding.h"
#include "policy/obligations.h"

namespace bw::policy {
namespace {

using domain::Verdict;

// How one rule came out, before it is explained.
struct Verdicts {
  const PlannedRule* planned = nullptr;
  bool satisfied = false;
  const Condition* decided_by = nullptr;  // the condition that settled it, or that failed
  std::string error;
};

bool above_autonomy(domain::Autonomy autonomy, const domain::ToolProfile& profile) {
  using domain::Tier;
  switch (autonomy) {
    case domain::Autonomy::read_only: return profile.tier > Tier::read;
    case domain::Autonomy::propose_only: return profile.tier > Tier::recommend;
    case domain::Autonomy::nonproduction: return profile.tier > Tier::recommend && profile.environment == "production";
    case domain::Autonomy::production: return false;
  }
  return true;
}

std::string one_way_door_reason(const domain::ToolProfile& profile) {
  std::vector<std::string> why;
  if (!profile.reversible) why.emplace_back("cannot be undone");
  for (domain::Touch touch : profile.touches) why.push_back(fmt::format("touches {}", name(touch)));
  if (profile.environment == "production") why.emplace_back("acts in production");
  return join(why, ", ");
}

}  // namespace

class Judge {
 public:
  Judge(const Plan& plan, const Input& input)
      : plan_(plan), input_(input), activation_(*plan.environment_), tool_(plan_for(plan, input.action)) {}

  domain::Decision run() {
    if (!tool_) {
      decision_.reason = fmt::format("no registered tool `{}`", input_.action.name);
      return std::move(decision_);
    }
    bind();
    for (const PlannedRule& planned : tool_->rules) consider(planned);
    combine();
    if (decision_.verdict != Verdict::deny) charge();
    return std::move(decision_);
  }

 private:
  void bind() {
    Binding::bind(plan_, *tool_, input_.action, input_.args, input_.history, activation_, arena_);
    if (!tool_->facts.empty()) bind_facts();
  }

  // Unavailable is a state of its own: an error that names the fact, which goes to the stricter side.
  void bind_facts() {
    auto fields = plan_.facts_type_.object()->fields();
    auto slots = arena_.array<cel::Value>(fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) slots[i] = fact(fields[i]);
    activation_.bind(plan_.slots_.facts, cel::Value::object(arena_, *plan_.facts_type_.object(), slots));
  }

  cel::Value fact(const cel::Field& field) {
    auto unavailable = [&] {
      return cel::Value::error(arena_, cel::Fault::host, fmt::format("fact `{}` is unavailable", field.name));
    };
    if (!input_.facts) return unavailable();
    auto found = input_.facts->find(field.name);
    if (found == input_.facts->end() || !found->second) return unavailable();
    auto document = json::Document::parse(*found->second);
    if (!document) return unavailable();
    fact_texts_.push_back(std::move(*document));
    return cel::from_json(fact_texts_.back().root(), field.type, "facts." + field.name, arena_);
  }

  bool concerns(const domain::Match& match) const { return policy::concerns(match, input_.action); }

  Truth evaluate(const Condition& condition, std::string& error) {
    cel::Value value = cel::evaluate(condition.program, activation_, arena_);
    if (value.is_true()) return Truth::yes;
    if (value.is_false()) return Truth::no;
    error = value.is(cel::Value::Kind::error) ? std::string(value.failure().message) : "a value is not known";
    return Truth::error;
  }

  // Evaluates the rule's lists until they are settled. An error leaves the rule on its stricter side.
  void consider(const PlannedRule& planned) {
    if (!concerns(planned.rule->match)) return;
    Verdicts result{.planned = &planned};
    bool errors = false;
    Truth truth = fold(planned, result);
    errors = truth == Truth::error;
    result.satisfied = truth == Truth::yes || (errors && planned.rule->effect != Verdict::allow);
    if (input_.observation) observe(result);
    considered_.push_back(std::move(result));
  }

  void observe(const Verdicts& result) {
    ObservedRule observed = policy::observe(*result.planned, activation_, arena_);
    observed.satisfied = result.satisfied;
    observed.error = result.error;
    input_.observation->rules.push_back(std::move(observed));
  }

  Truth fold(const PlannedRule& planned, Verdicts& result) {
    bool failed = false;
    for (const Condition& condition : planned.all) {
      Truth truth = decide(condition, result, failed);
      if (truth == Truth::no) return settle(result, condition);
    }
    for (const Condition& condition : planned.unless) {
      Truth truth = decide(condition, result, failed);
      if (truth == Truth::yes) return settle(result, condition);
    }
    if (!planned.any.empty()) {
      bool one = false, any_failed = false;
      for (const Condition& condition : planned.any) {
        Truth truth = decide(condition, result, any_failed);
        if (truth == Truth::yes) {
          one = true;
          result.decided_by = &condition;
          break;
        }
      }
      if (!one && !any_failed) return settle(result, planned.any.front());
      failed = failed || (!one && any_failed);
    }
    if (failed) return Truth::error;
    result.error.clear();
    return Truth::yes;
  }

  Truth decide(const Condition& condition, Verdicts& result, bool& failed) {
    std::string error;
    Truth truth = evaluate(condition, error);
    if (truth == Truth::error) {
      failed = true;
      if (result.error.empty()) result.error = fmt::format("{}: {}", condition.text, error);
      result.decided_by = &condition;
    }
    return truth;
  }

  static Truth settle(Verdicts& result, const Condition& condition) {
    result.decided_by = &condition;
    result.error.clear();
    return Truth::no;
  }

  void combine() {
    std::optional<Verdict> strictest;
    for (const Verdicts& result : considered_) {
      if (result.satisfied) strictest = std::max(strictest.value_or(Verdict::allow), result.planned->rule->effect);
    }
    decision_.verdict = strictest.value_or(Verdict::deny);
    for (const Verdicts& result : considered_) {
      bool determines = result.satisfied && result.planned->rule->effect == decision_.verdict;
      if (determines) {
        decision_.determining.push_back(explain(result, true));
      } else if (!result.satisfied && decision_.verdict != Verdict::allow) {
        decision_.unmet.push_back(explain(result, false));
      }
    }
    oblige();
    if (decision_.verdict == Verdict::allow) apply_builtins();
    decision_.reason = sentence();
  }

  // Every rule that counts obliges, also one that a stricter rule outranks: an approved hold must not lose what the allow
  // beside it asked for. Of what is denied nothing is left but to tell of it.
  void oblige() {
    for (const Verdicts& result : considered_) {
      const domain::Rule& rule = *result.planned->rule;
      if (!result.satisfied) continue;
      for (const auto& obligation : rule.obligations) {
        bool tells = obligation.type == "notify" || obligation.type == "log";
        bool counts = decision_.verdict == Verdict::deny ? tells && rule.effect == Verdict::deny : true;
        if (counts) decision_.obligations.push_back(obligation);
      }
    }
  }

  // An allowed action may still need a human, whatever the policy forgot.
  void apply_builtins() {
    const auto& action = input_.action;
    std::vector<domain::RuleResult> held;
    auto autonomy = plan_.autonomy(action.principal.workflow);
    if (above_autonomy(autonomy, action.profile)) {
      held.push_back(builtin("builtin/autonomy",
                             fmt::format("a {} action in {} is above the autonomy of workflow `{}`, which is {}",
                                         name(action.profile.tier), action.profile.environment,
                                         action.principal.workflow, name(autonomy))));
    }
    if (action.profile.is_one_way_door() && !attended_by_rule()) {
      held.push_back(builtin("builtin/one-way-door",
                             fmt::format("`{}` {}, and no rule that allows it says why it may pass unattended",
                                         action.name, one_way_door_reason(action.profile))));
    }
    if (is_sampled(decision_.obligations, action.digest))
      held.push_back(builtin("builtin/sample", "it is in the sample that people look at"));
    if (held.empty()) return;
    decision_.verdict = Verdict::hold;
    decision_.unmet.clear();
    held.insert(held.end(), decision_.determining.begin(), decision_.determining.end());
    decision_.determining = std::move(held);
  }

  bool attended_by_rule() const {
    return std::ranges::any_of(considered_, [](const Verdicts& r) {
      return r.satisfied && r.planned->rule->effect == Verdict::allow && !r.planned->rule->unattended.empty();
    });
  }

  static domain::RuleResult builtin(std::string id, std::string reason) {
    return {.rule = std::move(id), .effect = Verdict::hold, .satisfied = true, .reason = std::move(reason)};
  }

  // The values that decided, from the evaluator's own trace of the same program.
  domain::RuleResult explain(const Verdicts& result, bool satisfied) {
    const domain::Rule& rule = *result.planned->rule;
    domain::RuleResult out{.rule = rule.id,
                           .effect = rule.effect,
                           .satisfied = satisfied,
                           .error = result.error,
                           .reason = satisfied && !rule.unattended.empty() ? rule.unattended : rule.reason,
                           .file = rule.where.file,
                           .line = rule.where.line};
    auto add = [&](const Condition& condition) {
      cel::Trace trace;
      cel::evaluate(condition.program, activation_, arena_, {.trace = &trace});
      for (const auto& term : trace.terms) {
        if (term.decisive) out.terms.push_back(this->term(term));
      }
    };
    if (!satisfied || result.planned->all.empty() || !result.error.empty()) {
      if (result.decided_by) add(*result.decided_by);
      return out;
    }
    for (const Condition& condition : result.planned->all) add(condition);
    if (result.decided_by) add(*result.decided_by);
    return out;
  }

  static domain::Term term(const cel::Trace::Term& term) {
    std::string value = cel::render(term.value);
    std::vector<std::string> operands;
    for (const auto& operand : term.operands) {
      if (operand.source != term.source)
        operands.push_back(fmt::format("{} = {}", operand.source, cel::render(operand.value)));
    }
    if (!operands.empty()) value += fmt::format(" ({})", join(operands, ", "));
    return {std::string(term.source), std::move(value)};
  }

  std::string sentence() const {
    const auto& action = input_.action;
    if (decision_.determining.empty())
      return fmt::format("no rule allows `{}` for workflow `{}`", action.name, action.principal.workflow);
    const auto& first = decision_.determining.front();
    std::string_view verb = decision_.verdict == Verdict::allow  ? "allows"
                            : decision_.verdict == Verdict::hold ? "holds"
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

  void charge() {
    for (const PlannedMeter& planned : tool_->meters) {
      const domain::Meter& meter = *planned.meter;
      if (!concerns(meter.match)) continue;
      domain::Charge charge{.meter = meter.name, .key = key(meter), .limit = meter.limit, .window_ms = meter.window_ms};
      if (planned.sum) {
        cel::Value amount = cel::evaluate(*planned.sum, activation_, arena_);
        if (!amount.is(cel::Value::Kind::int64) || amount.int64() < 0) return deny_uncounted(meter, amount);
        charge.amount = amount.int64();
      }
      decision_.charges.push_back(std::move(charge));
    }
  }

  void deny_uncounted(const domain::Meter& meter, const cel::Value& amount) {
    decision_.verdict = Verdict::deny;
    decision_.charges.clear();
    decision_.obligations.clear();
    std::string why = fmt::format("what this action adds to meter `{}` is {}, not a whole number of at least 0",
                                  meter.name, cel::render(amount));
    decision_.determining = {{.rule = "builtin/meter",
                              .effect = Verdict::deny,
                              .satisfied = true,
                              .reason = why,
                              .file = meter.where.file,
                              .line = meter.where.line}};
    decision_.reason = sentence();
  }

  std::string key(const domain::Meter& meter) const {
    const auto& action = input_.action;
    std::vector<std::string> parts;
    for (const std::string& per : meter.per) {
      parts.push_back(per == "agent"      ? action.principal.agent
                      : per == "workflow" ? action.principal.workflow
                      : per == "run"      ? action.run
                      : per == "tool"     ? action.name
                      : per == "upstream" ? action.upstream
                                          : action.profile.environment);
    }
    return join(parts, "\x1f");
  }

  const Plan& plan_;
  const Input& input_;
  cel::Arena arena_;
  cel::Activation activation_;
  const ToolPlan* tool_;
  std::vector<Verdicts> considered_;
  std::vector<json::Document> fact_texts_;
  domain::Decision decision_;
};

domain::Decision judge(const Plan& plan, const Input& input) { return Judge(plan, input).run(); }

}  // namespace bw::policy
