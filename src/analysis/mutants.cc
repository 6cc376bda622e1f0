// SPDX-License-Identifier: Apache-2.0
#include "analysis/mutants.h"

#include <fmt/format.h>

#include <array>

#include "analysis/terms.h"
#include "analysis/values.h"
#include "cel/compile.h"

namespace bw::analysis {
namespace {

using cel::Expr;
using cel::ExprKind;

// One stretch of an expression written differently.
struct Edit {
  cel::Place place;
  std::string text;
  std::string change;
};

std::string_view flipped(std::string_view comparator) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> pairs{
      {{"<", "<="}, {"<=", "<"}, {">", ">="}, {">=", ">"}, {"==", "!="}, {"!=", "=="}}};
  for (auto [from, to] : pairs)
    if (from == comparator) return to;
  return {};
}

class Editor {
 public:
  explicit Editor(const domain::Expression& expression) : source_(expression.text) {}

  std::vector<Edit> run(const Expr& expr) {
    logic(expr);
    return std::move(edits_);
  }

 private:
  // Down to the terms; below them, `inside`.
  void logic(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::literal: return inside(expr);
      case ExprKind::logic_and: return chain(expr, "true");
      case ExprKind::logic_or: return chain(expr, "false");
      case ExprKind::logic_not:
      case ExprKind::conditional:
        for (const auto& child : expr.children) logic(*child);
        return;
      case ExprKind::bind: return logic(*expr.children.back());
      default: break;
    }
    add(expr.place, fmt::format("!({})", expr.place.in(source_)), "term negated");
    inside(expr);
  }

  void chain(const Expr& expr, std::string_view neutral) {
    for (const auto& child : expr.children) {
      add(child->place, std::string(neutral), "term dropped");
      logic(*child);
    }
  }

  void inside(const Expr& expr) {
    if (expr.kind == ExprKind::literal) return constant(expr);
    if (expr.kind == ExprKind::call && expr.children.size() == 2) {
      auto to = flipped(expr.name_place.in(source_));
      if (!to.empty()) add(expr.name_place, std::string(to), "comparator flipped");
    }
    for (const auto& child : expr.children) inside(*child);
  }

  void constant(const Expr& expr) {
    std::string_view text = expr.place.in(source_);
    if (const auto* truth = std::get_if<bool>(&expr.literal)) return shift(expr, *truth ? "false" : "true");
    if (const auto* number = std::get_if<double>(&expr.literal)) {
      shift(expr, shifted(*number, text, 1));
      return shift(expr, shifted(*number, text, -1));
    }
    if (const auto* number = std::get_if<std::int64_t>(&expr.literal)) {
      if (*number < INT64_MAX) shift(expr, fmt::format("{}", *number + 1));
      if (*number > INT64_MIN) shift(expr, fmt::format("{}", *number - 1));
      return;
    }
    if (const auto* number = std::get_if<std::uint64_t>(&expr.literal)) {
      if (*number < UINT64_MAX) shift(expr, fmt::format("{}u", *number + 1));
      if (*number > 0) shift(expr, fmt::format("{}u", *number - 1));
      return;
    }
    if (std::holds_alternative<std::string>(expr.literal) && text.size() >= 2)
      shift(expr, fmt::format("{}~{}", text.substr(0, text.size() - 1), text.back()));
  }

  void shift(const Expr& expr, std::string to) { add(expr.place, std::move(to), "constant shifted"); }
  void add(cel::Place place, std::string text, std::string change) {
    edits_.push_back({place, std::move(text), std::move(change)});
  }

  std::string_view source_;
  std::vector<Edit> edits_;
};

void change_expression(const domain::Rule& rule, const RuleList& list, std::size_t at, std::vector<Mutant>& out) {
  const domain::Expression& expression = (rule.*list.member)[at];
  auto expr = parse(expression);
  if (!expr) return;
  for (Edit& edit : Editor(expression).run(*expr)) {
    Mutant mutant{.rule = rule,
                  .where = cel::to_span(edit.place, expression.where),
                  .change = std::move(edit.change),
                  .before = expression.text,
                  .after = expression.text};
    mutant.after.replace(edit.place.offset, edit.place.length, edit.text);
    (mutant.rule.*list.member)[at].text = mutant.after;
    out.push_back(std::move(mutant));
  }
  Mutant dropped{.rule = rule,
                 .where = expression.where,
                 .change = fmt::format("dropped from `{}`", list.name),
                 .before = expression.text,
                 .after = ""};
  auto& left = dropped.rule.*list.member;
  left.erase(left.begin() + static_cast<std::ptrdiff_t>(at));
  out.push_back(std::move(dropped));
}

}  // namespace

std::vector<Mutant> mutants(const domain::Rule& rule) {
  std::vector<Mutant> out;
  for (const RuleList& list : rule_lists()) {
    for (std::size_t at = 0; at < (rule.*list.member).size(); ++at) change_expression(rule, list, at, out);
  }
  for (auto effect : {domain::Verdict::allow, domain::Verdict::hold, domain::Verdict::deny}) {
    if (effect == rule.effect) continue;
    Mutant mutant{.rule = rule,
                  .where = rule.where,
                  .change = "effect changed",
                  .before = fmt::format("effect: {}", name(rule.effect)),
                  .after = fmt::format("effect: {}", name(effect))};
    mutant.rule.effect = effect;
    out.push_back(std::move(mutant));
  }
  return out;
}

}  // namespace bw::analysis
