// SPDX-License-Identifier: Apache-2.0
#include "admission/summary.h"

#include "base/clock.h"
#include "json/writer.h"

namespace bw::admission {
namespace {

void write_rules(json::Writer& out, std::string_view key, const std::vector<domain::RuleResult>& rules) {
  out.key(key).begin_array();
  for (const auto& rule : rules) {
    out.begin_object().member("rule", rule.rule).member("effect", name(rule.effect)).member("satisfied", rule.satisfied);
    out.optional("error", rule.error).optional("reason", rule.reason).key("terms").begin_array();
    for (const auto& term : rule.terms)
      out.begin_object().member("text", term.text).member("value", term.value).end_object();
    out.end_array().optional("file", rule.file);
    if (rule.line > 0) out.member("line", rule.line);
    out.end_object();
  }
  out.end_array();
}

void write_facts(json::Writer& out, const std::vector<domain::FactReading>& facts) {
  if (facts.empty()) return;
  out.key("facts").begin_array();
  for (const auto& reading : facts) {
    out.begin_object().member("fact", reading.fact).member("state", name(reading.state));
    if (!reading.value.empty()) out.member_raw("value", reading.value);
    out.member("source", reading.source).optional("detail", reading.detail);
    out.optional("decision_id", reading.decision_id).optional("digest", reading.digest);
    if (reading.within_ms > 0) out.member("within_ms", reading.within_ms);
    if (reading.at_ms > 0) out.member("at", format_time(reading.at_ms)).member("age_ms", reading.age_ms);
    out.end_object();
  }
  out.end_array();
}

void write_changes(json::Writer& out, const std::vector<domain::ArgumentChange>& changes) {
  if (changes.empty()) return;
  out.key("changes").begin_array();
  for (const auto& change : changes) {
    out.begin_object().member("argument", change.argument);
    if (!change.from.empty()) out.member_raw("from", change.from);
    out.member_raw("to", change.to).end_object();
  }
  out.end_array();
}

}  // namespace

DecisionSummary summarize(const domain::Decision& decision) {
  DecisionSummary summary{.verdict = decision.verdict, .rules = {}, .checks = {}, .reason = decision.reason};
  for (const auto& rule : decision.determining) summary.rules.push_back(rule.rule);
  json::Writer out;
  out.begin_object().member("verdict", name(decision.verdict)).optional("reason", decision.reason);
  write_rules(out, "determining", decision.determining);
  write_rules(out, "unmet", decision.unmet);
  if (decision.unmet_left_out > 0) out.member("unmet_left_out", static_cast<std::int64_t>(decision.unmet_left_out));
  write_facts(out, decision.facts);
  write_changes(out, decision.changes);
  if (decision.run_seen) {
    out.key("run").begin_object().member("sent", decision.run_seen->sent);
    out.member("succeeded", decision.run_seen->succeeded).end_object();
  }
  out.key("obligations").begin_array();
  for (const auto& obligation : decision.obligations) {
    out.begin_object().member("type", obligation.type);
    if (!obligation.arguments.empty()) out.member_raw("arguments", obligation.arguments);
    out.end_object();
  }
  out.end_array().end_object();
  summary.checks = std::move(out).text();
  return summary;
}

}  // namespace bw::admission
