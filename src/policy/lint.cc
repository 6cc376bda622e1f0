// SPDX-License-Identifier: Apache-2.0
#include "policy/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/text.h"
#include "cel/cost.h"
#include "policy/judge.h"
#include "policy/rule_shape.h"

namespace bw::policy {
namespace {

using domain::Verdict;

// Comparing every rule with every other takes too long beyond this many at one tool.
constexpr std::size_t compared_rules_max = 400;

// Arguments by which an agent vouches for itself. What it would do is in the other arguments; these say why it may.
constexpr std::array claims{"approved",       "approved_by",   "approver",      "authorized",   "authorised",
                            "confirmed",      "confirmed_by",  "consent",       "emergency",    "force",
                            "is_admin",       "is_authorized", "justification", "on_behalf_of", "override",
                            "permission",     "role",          "roles",         "trusted",      "urgent",
                            "user_confirmed", "verified"};

std::string_view article(Verdict verdict) { return verdict == Verdict::allow ? "an" : "a"; }

std::string texts(const std::vector<const RuleShape::Part*>& parts) {
  std::vector<std::string> out;
  for (const auto* part : parts) out.push_back(fmt::format("`{}`", part->program.text()));
  return join(out, " and ");
}

// What is found of one rule at one tool. It is worth a word only if it is found at all of its tools.
struct Found {
  std::size_t tools = 0;
  std::size_t never = 0, covered = 0;
  std::optional<Diagnostic> never_why, covered_why;
};

class Linter {
 public:
  Linter(const Plan& plan, Diagnostics& diagnostics) : plan_(plan), diagnostics_(diagnostics) {}

  void run() {
    for (const ToolPlan& tool : plan_.tools()) look(tool);
    for (auto kind : {domain::ActionKind::resource, domain::ActionKind::prompt}) look(plan_.of_kind(kind));
    for (auto& [rule, found] : found_) {
      if (found.never == found.tools && found.never_why) diagnostics_.push_back(std::move(*found.never_why));
      else if (found.covered == found.tools && found.covered_why) diagnostics_.push_back(std::move(*found.covered_why));
    }
  }

 private:
  void look(const ToolPlan& tool) {
    std::vector<RuleShape> shapes;
    for (const PlannedRule& rule : tool.rules) shapes.emplace_back(rule, tool.variables);
    for (const RuleShape& shape : shapes) {
      ++found_[&shape.rule()].tools;
      look_for_contradictions(shape);
      look_for_the_obvious(shape);
      look_for_claims(shape);
      look_for_cost(shape, tool.variables);
    }
    if (shapes.size() > compared_rules_max) return;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      for (std::size_t j = 0; j < shapes.size(); ++j) {
        if (i != j && compare(shapes[i], shapes[j], j < i)) break;
      }
    }
  }

  void look_for_contradictions(const RuleShape& shape) {
    Found& found = found_[&shape.rule()];
    auto never = [&](const RuleShape::Part& part, std::string why) {
      ++found.never;
      found.never_why = Diagnostic{Severity::error, part.program.where(),
                                   fmt::format("rule `{}` can never be satisfied: {}", shape.rule().id, why),
                                   "correct the condition, or remove the rule"};
    };
    for (const auto& part : shape.parts()) {
      auto constant = cel::constant(part.program);
      if (!constant || part.role == Role::any) continue;
      if (constant->is_false() == (part.role == Role::must))
        return never(part,
                     fmt::format("`{}` is always {}", part.program.text(), constant->is_true() ? "true" : "false"));
    }
    auto parts = shape.contradiction();
    if (parts.size() > 1) return never(*parts.back(), fmt::format("no value fits {} at once", texts(parts)));
    if (parts.size() == 1) never(*parts.front(), fmt::format("no value fits {}", texts(parts)));
  }

  void look_for_the_obvious(const RuleShape& shape) {
    for (const auto& part : shape.parts()) {
      auto constant = cel::constant(part.program);
      if (!constant || constant->is_true() != (part.role != Role::must_not)) continue;
      warn(part.program.where(),
           fmt::format("`{}` is always {}", part.program.text(), constant->is_true() ? "true" : "false"),
           part.role == Role::any ? "one item that always holds makes the whole `any` hold"
                                  : "remove it: it leaves nothing out");
    }
    auto parts = shape.tautology();
    if (parts.empty()) return;
    warn(parts.back()->program.where(), fmt::format("one of {} always holds", texts(parts)),
         "the `any` leaves nothing out: correct it, or remove it");
  }

  // A rule that relaxes is one that lets something pass: an allow, or an exception to a rule that is in the way.
  void look_for_claims(const RuleShape& shape) {
    for (const auto& part : shape.parts()) {
      bool relaxes = (shape.rule().effect == Verdict::allow) == (part.role != Role::must_not);
      if (!relaxes) continue;
      for (const std::string& path : part.program.paths()) {
        auto claim = claim_in(path);
        if (claim.empty() || !part.program.text().contains(path)) continue;
        warn(part.program.where(),
             fmt::format("{} {} rests on `{}`, which the agent says itself", article(shape.rule().effect),
                         name(shape.rule().effect), path),
             "an agent can write anything there: use a fact, or hold the action for a human");
        break;
      }
    }
  }

  static std::string_view claim_in(std::string_view path) {
    if (path == "run.id") return path;
    if (!path.starts_with("args.")) return {};
    std::string_view last = path.substr(path.rfind('.') + 1);
    return std::ranges::find(claims, last) != claims.end() ? path : std::string_view();
  }

  void look_for_cost(const RuleShape& shape, const cel::Environment& environment) {
    std::int64_t cost = 0;
    for (const auto& part : shape.parts()) cost = cel::plus(cost, cel::cost_bound(part.program, environment));
    if (cost <= decision_cost_max || shape.parts().empty()) return;
    std::string units = cost < cel::cost_unbounded ? fmt::format("{} units", cost) : "more than can be said";
    diagnostics_.push_back(
        {Severity::error, shape.parts().front().program.where(),
         fmt::format("rule `{}` could cost {} to evaluate; the most is {}", shape.rule().id, units, decision_cost_max),
         fmt::format("counted with lists of {} elements, texts of {} bytes, in lists of {}, where the schema has no "
                     "maxItems or maxLength: give them, or nest no macros over arguments",
                     cel::assumed_elements, cel::assumed_text_bytes, cel::assumed_item_bytes)});
  }

  // Whether `other` leaves `shape` nothing to decide. Of two that say the same, the later one is reported.
  bool compare(const RuleShape& shape, const RuleShape& other, bool other_is_first) {
    const domain::Rule &rule = shape.rule(), &by = other.rule();
    if (by.effect < rule.effect || !shape.is_covered_by(other)) return false;
    if (by.effect == rule.effect && by.tightens && !rule.tightens) return false;
    bool outranked = by.effect > rule.effect;
    // What an allow obliges to stays when a hold outranks it.
    if (outranked && by.effect == Verdict::hold && !rule.obligations.empty()) return false;
    if (!outranked && (adds_something(rule, by) || (!other_is_first && other.is_covered_by(shape)))) return false;
    Found& found = found_[&rule];
    ++found.covered;
    found.covered_why = Diagnostic{
        Severity::warning, rule.where,
        outranked
            ? fmt::format("rule `{}` never counts: whatever it {}s, rule `{}` {}", rule.id, word(rule.effect), by.id,
                          by.effect == Verdict::deny ? "denies" : "holds")
            : fmt::format("rule `{}` adds nothing: rule `{}` {} all that it does", rule.id, by.id, verb(rule.effect)),
        outranked ? "narrow one of the two" : "remove it, or narrow the other"};
    return true;
  }

  static bool adds_something(const domain::Rule& rule, const domain::Rule& by) {
    return !rule.obligations.empty() || (!rule.unattended.empty() && by.unattended.empty());
  }
  static std::string_view word(Verdict v) { return v == Verdict::allow ? "allow" : "hold"; }
  static std::string_view verb(Verdict v) {
    return v == Verdict::allow ? "allows" : v == Verdict::hold ? "holds" : "denies";
  }

  void warn(const Span& where, std::string message, std::string hint) {
    diagnostics_.push_back({Severity::warning, where, std::move(message), std::move(hint)});
  }

  const Plan& plan_;
  Diagnostics& diagnostics_;
  std::map<const domain::Rule*, Found> found_;
};

}  // namespace

void lint(const Plan& plan, Diagnostics& diagnostics) { Linter(plan, diagnostics).run(); }

}  // namespace bw::policy
