// SPDX-License-Identifier: Apache-2.0
#include "analysis/explanation.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "json/writer.h"
#include "policy/request.h"

namespace bw::analysis {
namespace {

bool determines(const Explanation& e, std::string_view rule) {
  return std::ranges::find(e.decision.determining, rule, &domain::RuleResult::rule) != e.decision.determining.end();
}

std::string_view standing(const Explanation& e, const policy::ObservedRule& rule) {
  if (determines(e, rule.rule->id)) return "decides";
  if (rule.satisfied) return "counts, but a stricter one decides";
  return "does not count";
}

std::string operands(const std::vector<domain::Term>& terms) {
  std::vector<std::string> out;
  for (const auto& term : terms) out.push_back(fmt::format("{} = {}", term.text, printable(term.value)));
  return join(out, ", ");
}

void add_condition(std::string& out, const policy::ObservedCondition& condition) {
  out += fmt::format("    {:<6} {:<5}  {}\n", condition.list, policy::name(condition.truth), condition.text);
  if (!condition.error.empty()) out += fmt::format("           cannot be evaluated: {}\n", printable(condition.error));
  bool alone = condition.terms.size() == 1 && condition.terms[0].text == condition.text;
  for (const auto& term : condition.terms) {
    std::string read = operands(term.operands);
    if (alone) {
      if (!read.empty()) out += fmt::format("           {}\n", read);
      continue;
    }
    out += fmt::format("         {} {:<5}  {}{}\n", term.decisive ? '*' : ' ', policy::name(term.truth), term.text,
                       read.empty() ? "" : fmt::format("   ({})", read));
  }
}

void add_rule(std::string& out, const Explanation& e, const policy::ObservedRule& rule, const std::string& folder) {
  const auto& where = rule.rule->where;
  out += fmt::format("  {:<5} {}: {}   {}/{}:{}\n", name(rule.rule->effect), rule.rule->id, standing(e, rule), folder,
                     where.file, where.line);
  for (const auto& condition : rule.conditions) add_condition(out, condition);
}

void write_term(json::Writer& w, const policy::ObservedTerm& term) {
  w.begin_object().member("term", term.text).member("truth", policy::name(term.truth)).member("value", term.value);
  w.member("decisive", term.decisive).member("line", term.where.line).member("column", term.where.column);
  w.key("read").begin_object();
  for (const auto& operand : term.operands) w.member(operand.text, operand.value);
  w.end_object().end_object();
}

void write_rule(json::Writer& w, const Explanation& e, const policy::ObservedRule& rule) {
  w.begin_object().member("rule", rule.rule->id).member("effect", name(rule.rule->effect));
  w.member("satisfied", rule.satisfied).member("decides", determines(e, rule.rule->id)).optional("error", rule.error);
  w.member("file", rule.rule->where.file).member("line", rule.rule->where.line).key("conditions").begin_array();
  for (const auto& condition : rule.conditions) {
    w.begin_object().member("list", condition.list).member("text", condition.text);
    w.member("truth", policy::name(condition.truth)).optional("error", condition.error).key("terms").begin_array();
    for (const auto& term : condition.terms) write_term(w, term);
    w.end_array().end_object();
  }
  w.end_array().end_object();
}

}  // namespace

Result<Explanation> explain(const policy::Plan& plan, std::string_view text) {
  BW_TRY(auto request, policy::Request::parse(plan, text));
  Explanation out{request.action(), {}, {}};
  auto input = request.input();
  input.observation = &out.observation;
  out.decision = policy::judge(plan, input);
  return out;
}

std::string to_text(const Explanation& e, const std::string& folder) {
  std::string out = fmt::format("{}: {}\n", name(e.decision.verdict), e.decision.reason);
  out += fmt::format("{} `{}` ({}, {}) for agent {} in workflow {} at {}\n", name(e.action.kind), e.action.name,
                     name(e.action.profile.tier), e.action.profile.environment, e.action.principal.agent,
                     e.action.principal.workflow, format_time(e.action.at_ms));
  for (const auto& rule : e.decision.determining) {
    if (rule.rule.starts_with("builtin/"))
      out += fmt::format("  {:<5} {}: decides\n           {}\n", name(rule.effect), rule.rule, rule.reason);
  }
  for (const auto& rule : e.observation.rules) add_rule(out, e, rule, folder);
  if (e.observation.rules.empty()) out += "  no rule speaks of it\n";
  for (const auto& obligation : e.decision.obligations)
    out += fmt::format("  then {} {}\n", obligation.type, obligation.arguments);
  for (const auto& charge : e.decision.charges)
    out += fmt::format("  adds {} to meter {} (limit {})\n", charge.amount, charge.meter, charge.limit);
  return out;
}

std::string to_json(const Explanation& e) {
  json::Writer w;
  w.begin_object().member("verdict", name(e.decision.verdict)).member("reason", e.decision.reason);
  w.key("determining").begin_array();
  for (const auto& rule : e.decision.determining) w.string(rule.rule);
  w.end_array().key("rules").begin_array();
  for (const auto& rule : e.observation.rules) write_rule(w, e, rule);
  w.end_array().key("obligations").begin_array();
  for (const auto& obligation : e.decision.obligations) {
    w.begin_object().member_raw(obligation.type, obligation.arguments.empty() ? "{}" : obligation.arguments);
    w.end_object();
  }
  w.end_array().key("charges").begin_array();
  for (const auto& charge : e.decision.charges) {
    w.begin_object().member("meter", charge.meter).member("amount", charge.amount);
    w.member("limit", charge.limit).member("window_ms", charge.window_ms).end_object();
  }
  return std::move(w.end_array().end_object()).text() + "\n";
}

}  // namespace bw::analysis
