// SPDX-License-Identifier: Apache-2.0
#include "policy/observe.h"

#include <gtest/gtest.h>

#include "policy/compile.h"
#include "policy/request.h"

namespace bw::policy {
namespace {

using domain::Verdict;

std::shared_ptr<const Plan> plan_with(domain::Rule rule) {
  Sources s;
  rule.match.tool = {"desk/refund"};
  s.policies.push_back({.name = "p", .rules = {std::move(rule)}});
  domain::ToolProfile profile{.tier = domain::Tier::execute, .reversible = true, .environment = "sandbox"};
  s.tools.push_back({"desk/refund", "desk", profile,
                     R"({"type":"object","properties":{"amount":{"type":"number"},"why":{"type":"string"}},
                         "required":["amount"]})"});
  s.workflows["desk"] = domain::Autonomy::production;
  s.facts.push_back({.name = "risk", .file = "risk.json", .value = {"result", {"p.yaml", 2, 1, 1}}, .type = "double"});
  return compile(s).plan;
}

Observation observe(const Plan& plan, std::string_view given) {
  auto request = Request::parse(plan, given);
  EXPECT_TRUE(request) << request.error().message;
  Observation observation;
  auto input = request->input();
  input.observation = &observation;
  judge(plan, input);
  return observation;
}

// Every condition is shown with its value and place, also those after the one that settled the rule.
TEST(Observe, ShowsEveryConditionWithItsTerms) {
  auto plan = plan_with({.id = "small",
                         .all = {{"args.amount > 0.0 && args.amount <= 200.0", {"p.yaml", 7, 11, 1}},
                                 {"has(args.why)", {"p.yaml", 8, 11, 1}}},
                         .unless = {{"facts.risk > 0.5", {"p.yaml", 9, 13, 1}}},
                         .effect = Verdict::allow});
  ASSERT_TRUE(plan);
  auto seen = observe(*plan, R"({"tool":"desk/refund","args":{"amount":940}})");
  ASSERT_EQ(seen.rules.size(), 1U);
  const auto& rule = seen.rules[0];
  EXPECT_EQ(rule.rule->id, "small");
  EXPECT_FALSE(rule.satisfied);
  ASSERT_EQ(rule.conditions.size(), 3U);
  EXPECT_EQ(rule.conditions[0].truth, Truth::no);
  ASSERT_EQ(rule.conditions[0].terms.size(), 2U);
  EXPECT_EQ(rule.conditions[0].terms[0].truth, Truth::yes);
  EXPECT_FALSE(rule.conditions[0].terms[0].decisive);
  const auto& above = rule.conditions[0].terms[1];
  EXPECT_EQ(above.text, "args.amount <= 200.0");
  EXPECT_EQ(above.where.line, 7);
  EXPECT_EQ(above.where.column, 32);
  EXPECT_TRUE(above.decisive);
  ASSERT_EQ(above.operands.size(), 1U);
  EXPECT_EQ(above.operands[0].value, "940.0");
  EXPECT_EQ(rule.conditions[1].truth, Truth::no);
  EXPECT_EQ(rule.conditions[2].list, "unless");
  EXPECT_EQ(rule.conditions[2].truth, Truth::error);
  EXPECT_EQ(rule.conditions[2].error, "fact `risk` is unavailable");
}

TEST(Request, RefusesToolsThatDoNotExist) {
  auto plan = plan_with({.id = "small", .effect = Verdict::allow});
  auto request = Request::parse(*plan, R"({"tool":"desk/refunds"})");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().message, "no tool `desk/refunds` in the registry");
}

}  // namespace
}  // namespace bw::policy
