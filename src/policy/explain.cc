// SPDX-License-Identifier: Apache-2.0
#include "policy/explain.h"

#include <fmt/format.h>

#include "base/text.h"
#include "policy/observe.h"

namespace bw::policy {
namespace {

class Explaining {
 public:
  Explaining(const PlannedRule& planned, const cel::Activation& activation, cel::Arena& arena)
      : planned_(planned), activation_(activation), arena_(arena) {}

  domain::RuleResult run() {
    const domain::Rule& rule = *planned_.rule;
    Truth truth = weigh();
    bool satisfied = truth == Truth::yes || (truth == Truth::error && rule.effect != domain::Verdict::allow);
    return {.rule = rule.id,
            .effect = rule.effect,
            .satisfied = satisfied,
            .error = truth == Truth::error ? std::move(error_) : std::string(),
            .reason = satisfied && !rule.unattended.empty() ? rule.unattended : rule.reason,
            .terms = std::move(terms_),
            .file = rule.where.file,
            .line = rule.where.line};
  }

 private:
  // What one condition said, with the terms it rests on.
  struct Said {
    Truth truth = Truth::error;
    std::vector<domain::Term> terms;
  };

  // The rule's lists until they are settled. What settles it is all that is shown; when all of it was needed, all is.
  Truth weigh() {
    std::vector<domain::Term> shown, failing;
    bool failed = false;
    auto settles = [&](const Condition& condition, Truth settling) {
      Said said = ask(condition);
      if (said.truth == settling) {
        terms_ = std::move(said.terms);
        return true;
      }
      if (said.truth == Truth::error && !failed) failing = std::move(said.terms);
      failed = failed || said.truth == Truth::error;
      if (settling == Truth::no) append(shown, std::move(said.terms));
      return false;
    };
    for (const Condition& condition : planned_.all) {
      if (settles(condition, Truth::no)) return Truth::no;
    }
    for (const Condition& condition : planned_.unless) {
      if (settles(condition, Truth::yes)) return Truth::no;
    }
    Said one = one_of();
    if (one.truth == Truth::no) {
      terms_ = std::move(one.terms);
      return Truth::no;
    }
    if (!failed && one.truth == Truth::error) failing = std::move(one.terms);
    failed = failed || one.truth == Truth::error;
    append(shown, std::move(one.terms));
    terms_ = failed ? std::move(failing) : std::move(shown);
    return failed ? Truth::error : Truth::yes;
  }

  Said one_of() {
    Said out{planned_.any.empty() ? Truth::yes : Truth::no, {}};
    for (const Condition& condition : planned_.any) {
      Said said = ask(condition);
      if (said.truth == Truth::yes) return said;
      bool first_to_fail = said.truth == Truth::error && out.truth == Truth::no;
      if (first_to_fail || &condition == &planned_.any.front()) out = std::move(said);
    }
    return out;
  }

  Said ask(const Condition& condition) {
    cel::Trace trace;
    cel::Value value = cel::evaluate(condition.program, activation_, arena_, {.trace = &trace});
    Said said{value.is_true() ? Truth::yes : value.is_false() ? Truth::no : Truth::error, {}};
    for (const auto& traced : trace.terms) {
      if (traced.decisive) said.terms.push_back(term(traced));
    }
    if (said.truth == Truth::error && error_.empty()) {
      error_ = fmt::format("{}: {}", condition.text,
                           value.is(cel::Value::Kind::error) ? value.failure().message : "a value is not known");
    }
    return said;
  }

  static domain::Term term(const cel::Trace::Term& traced) {
    std::string value = cel::render(traced.value);
    std::vector<std::string> operands;
    for (const auto& operand : traced.operands) {
      if (operand.source != traced.source)
        operands.push_back(fmt::format("{} = {}", operand.source, cel::render(operand.value)));
    }
    if (!operands.empty()) value += fmt::format(" ({})", join(operands, ", "));
    return {std::string(traced.source), std::move(value)};
  }

  static void append(std::vector<domain::Term>& to, std::vector<domain::Term> from) {
    for (auto& term : from) to.push_back(std::move(term));
  }

  const PlannedRule& planned_;
  const cel::Activation& activation_;
  cel::Arena& arena_;
  std::string error_;  // of the first condition that failed
  std::vector<domain::Term> terms_;
};

}  // namespace

domain::RuleResult explain(const PlannedRule& planned, const cel::Activation& activation, cel::Arena& arena) {
  return Explaining(planned, activation, arena).run();
}

}  // namespace bw::policy
