// SPDX-License-Identifier: Apache-2.0
#include "analysis/outcome.h"

#include <algorithm>

#include "json/writer.h"
#include "policy/request.h"

namespace bw::analysis {
namespace {

std::string obligations(const domain::Decision& decision) {
  std::vector<std::string> all;
  for (const auto& obligation : decision.obligations) {
    json::Writer w;
    w.begin_object().member_raw(obligation.type, obligation.arguments.empty() ? "{}" : obligation.arguments);
    all.push_back(std::move(w.end_object()).text());
  }
  std::ranges::sort(all);
  json::Writer w;
  w.begin_array();
  for (const auto& one : all) w.raw(one);
  return std::move(w.end_array()).text();
}

std::string charges(const domain::Decision& decision) {
  std::vector<std::string> all;
  for (const auto& charge : decision.charges) {
    json::Writer w;
    w.begin_object().member("meter", charge.meter).member("amount", charge.amount).member("limit", charge.limit);
    all.push_back(std::move(w.member("window_ms", charge.window_ms).end_object()).text());
  }
  std::ranges::sort(all);
  json::Writer w;
  w.begin_array();
  for (const auto& one : all) w.raw(one);
  return std::move(w.end_array()).text();
}

}  // namespace

Outcome outcome_of(const domain::Decision& decision) {
  Outcome out{.verdict = decision.verdict,
              .obligations = obligations(decision),
              .charges = charges(decision),
              .reason = decision.reason};
  for (const auto& rule : decision.determining) out.rules.push_back(rule.rule);
  std::ranges::sort(out.rules);
  return out;
}

Outcome outcome_of(const policy::Plan& plan, std::string_view text) {
  auto request = policy::Request::parse(plan, text);
  if (request) return outcome_of(policy::judge(plan, request->input()));
  return {.rules = {"builtin/unknown"}, .obligations = "[]", .charges = "[]", .reason = request.error().message};
}

}  // namespace bw::analysis
