// SPDX-License-Identifier: Apache-2.0
#include "prove/decision.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "policy/invariant.h"
#include "policy/judge.h"
#include "prove/pattern.h"
#include "prove/translate.h"

namespace bw::prove {
namespace {

using domain::Verdict;

class Deciding {
 public:
  explicit Deciding(Universe& universe) : universe_(universe), z3_(universe.z3()), tool_(*universe.subject().plan) {}

  Decision run() {
    for (const auto& rule : tool_.rules) satisfied_.push_back(satisfied(rule));
    z3::expr held = some_where([](const auto& rule) { return rule.effect == Verdict::hold && !rule.tightens; });
    z3::expr tightened = some_where([](const auto& rule) { return rule.effect == Verdict::hold && rule.tightens; });
    z3::expr denied = some(Verdict::deny) || (!held && !some(Verdict::allow));
    z3::expr uncounted = uncountable();
    z3::expr deny = denied || uncounted;
    z3::expr allow = !deny && !held && !tightened && !built_in_hold();
    z3::expr hold = !deny && !allow;
    auto word = [&](Verdict verdict) { return text_constant(z3_, domain::name(verdict)); };
    z3::expr verdict = z3::ite(deny, word(Verdict::deny), z3::ite(hold, word(Verdict::hold), word(Verdict::allow)));
    return {deny, hold, allow, of(Sort::string, verdict), approvers(denied, uncounted), obligations(denied, uncounted)};
  }

 private:
  std::vector<Truth> truths(const std::vector<policy::Condition>& conditions) {
    std::vector<Truth> out;
    for (const auto& condition : conditions) out.push_back(Translator(universe_, condition.program).truth());
    return out;
  }

  // A false of `all`, a true of `unless` or an `any` of which nothing holds rules out; what fails then goes to the stricter
  // side.
  z3::expr satisfied(const policy::PlannedRule& planned) {
    auto terms = truths(planned.all);
    for (const Truth& exception : truths(planned.unless)) terms.push_back(not_of(exception));
    if (!planned.any.empty()) terms.push_back(any_of(z3_, truths(planned.any)));
    Truth whole = all_of(z3_, terms);
    z3::expr counts = planned.rule->effect == Verdict::allow ? whole.yes : !whole.no;
    return concerns(universe_, planned.rule->match) && counts;
  }

  template <class Which>
  z3::expr some_where(const Which& which) {
    std::vector<z3::expr> out;
    for (std::size_t i = 0; i < satisfied_.size(); ++i)
      if (which(*tool_.rules[i].rule)) out.push_back(satisfied_[i]);
    return any(z3_, out);
  }
  z3::expr some(Verdict effect) {
    return some_where([&](const domain::Rule& rule) { return rule.effect == effect; });
  }
  static bool has(const domain::Rule& rule, std::string_view obligation) {
    return std::ranges::find(rule.obligations, obligation, &domain::Obligation::type) != rule.obligations.end();
  }

  // What holds an allowed action, whatever the policy forgot.
  z3::expr built_in_hold() {
    const auto& profile = universe_.subject().profile;
    std::vector<z3::expr> may;
    for (const auto& [workflow, autonomy] : universe_.plan().workflows()) {
      if (!policy::is_above(autonomy, profile)) may.push_back(universe_.workflow() == text_constant(z3_, workflow));
    }
    bool nobody = universe_.plan().workflows().empty() && !policy::is_above(universe_.plan().autonomy(""), profile);
    z3::expr above = nobody ? z3_.bool_val(false) : !any(z3_, may);
    z3::expr attended =
        some_where([](const auto& rule) { return rule.effect == Verdict::allow && !rule.unattended.empty(); });
    z3::expr door = z3_.bool_val(profile.is_one_way_door()) && !attended;
    z3::expr samples = some_where([](const auto& rule) { return has(rule, "sample"); });
    return above || door || (samples && universe_.any_boolean("it is in the sample"));
  }

  // A meter whose amount is no whole number of at least 0 denies, and so does one that cannot tell whom it counts.
  z3::expr uncountable() {
    std::vector<z3::expr> out;
    for (const auto& planned : tool_.meters) {
      if (planned.by) {
        // A text is short enough in bytes when it is in characters of up to four.
        Value by = Translator(universe_, *planned.by).value();
        std::vector<z3::expr> good;
        for (const auto& one : by.alternatives) {
          if (one.sort == Sort::string)
            good.push_back(one.when && (one.term->length() <= static_cast<int>(policy::meter_by_bytes_max / 4) ||
                                        (one.term->length() <= static_cast<int>(policy::meter_by_bytes_max) &&
                                         universe_.any_boolean("counted by: " + planned.meter->name))));
        }
        out.push_back(concerns(universe_, planned.meter->match) && (by.failed || !any(z3_, good)));
      }
      if (!planned.sum) continue;
      Value amount = Translator(universe_, *planned.sum).value();
      std::vector<z3::expr> good;
      for (const auto& one : amount.alternatives)
        if (one.sort == Sort::int64) good.push_back(one.when && *one.term >= 0);
      out.push_back(concerns(universe_, planned.meter->match) && (amount.failed || !any(z3_, good)));
    }
    return any(z3_, out);
  }

  // The texts, each there under its condition, in this order.
  Value list_of(const std::map<std::string, z3::expr>& texts, std::string name) {
    List list{.elements = {},
              .more = z3_.bool_val(false),
              .length = z3_.int_val(0),
              .in_front = false,
              .name = std::move(name)};
    for (const auto& [text, present] : texts) {
      list.elements.push_back({present, constant(z3_, text)});
      list.length = list.length + z3::ite(present, z3_.int_val(1), z3_.int_val(0));
    }
    return {z3_.bool_val(false),
            {{.sort = Sort::list, .when = z3_.bool_val(true), .list = std::make_shared<List>(std::move(list))}}};
  }

  // A deny obliges to nothing but telling of it; what cannot be counted, to nothing.
  z3::expr obliges(std::size_t rule, std::string_view kind, const z3::expr& denied, const z3::expr& uncounted) {
    bool tells = kind == "notify" || kind == "log";
    bool survives = tells && tool_.rules[rule].rule->effect == Verdict::deny;
    return survives ? satisfied_[rule] : satisfied_[rule] && !denied && !uncounted;
  }

  Value approvers(const z3::expr& denied, const z3::expr& uncounted) {
    std::map<std::string, z3::expr> out;
    for (std::size_t i = 0; i < satisfied_.size(); ++i) {
      for (const auto& name : policy::approvers(tool_.rules[i].rule->obligations))
        add(out, name, obliges(i, "approve", denied, uncounted));
    }
    return list_of(out, "approvers");
  }

  Value obligations(const z3::expr& denied, const z3::expr& uncounted) {
    std::map<std::string, z3::expr> out;
    for (std::size_t i = 0; i < satisfied_.size(); ++i) {
      for (const auto& kind : policy::obligation_kinds(tool_.rules[i].rule->obligations))
        add(out, kind, obliges(i, kind, denied, uncounted));
    }
    return list_of(out, "obligations");
  }

  static void add(std::map<std::string, z3::expr>& to, const std::string& text, const z3::expr& present) {
    auto [at, fresh] = to.emplace(text, present);
    if (!fresh) at->second = at->second || present;
  }

  Universe& universe_;
  z3::context& z3_;
  const policy::ToolPlan& tool_;
  std::vector<z3::expr> satisfied_;
};

}  // namespace

z3::expr concerns(const Universe& universe, const domain::Match& match) {
  z3::expr principal = matches_any(universe.agent(), match.agent) && matches_any(universe.workflow(), match.workflow);
  const Subject& subject = universe.subject();
  if (subject.kind == domain::ActionKind::tool) return principal;
  const auto& names = subject.kind == domain::ActionKind::resource ? match.resource : match.prompt;
  bool tier = policy::any_pattern(match.tier, domain::name(subject.profile.tier));
  return principal && matches_any(universe.name(), names) && matches_any(universe.upstream(), match.upstream) &&
         matches_any(universe.environment(), match.environment) && universe.z3().bool_val(tier);
}

Decision decide(Universe& universe) { return Deciding(universe).run(); }

}  // namespace bw::prove
