// SPDX-License-Identifier: Apache-2.0
// Many rules and many attributes for one tool: more than fit into one word, one line of memory or one step of the index.
#include "policy/rule_index.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "json/document.h"
#include "policy/generated_fake.h"
#include "policy/judge.h"

namespace bw::policy {
namespace {

using domain::Verdict;

// Each rule in a plan of its own says whether it is satisfied; all of them in one plan must say the same.
class Wide : public testing::TestWithParam<int> {};

TEST_P(Wide, AllRulesTogetherSayWhatEachOfThemSays) {
  generated::World world(static_cast<std::uint64_t>(GetParam()),
                         {.rules = GetParam(), .tools = 1, .general_percent = 15, .failing_percent = 5});
  Sources sources = world.sources();
  auto plan = compile(sources).plan;
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->tools().front().rules.size(), static_cast<std::size_t>(GetParam()));
  std::vector<std::shared_ptr<const Plan>> alone;
  for (const auto& rule : sources.policies.front().rules) {
    Sources one = sources;
    one.policies.front().rules = {rule};
    alone.push_back(compile(one).plan);
  }
  Judge judge, single;
  int denied = 0;
  for (int i = 0; i < 12; ++i) {
    std::string text = i % 3 == 0 ? world.damaged_arguments() : world.arguments(0);
    SCOPED_TRACE(text);
    auto document = json::Document::parse(text).value();
    auto action = world.action();
    Observation together;
    Verdict verdict = judge.decide(*plan, {action, document.root()});
    EXPECT_EQ(judge.decision().verdict, verdict);
    EXPECT_EQ(judge.decide(*plan, {.action = action, .args = document.root(), .observation = &together}), verdict);
    std::size_t concerned = 0;
    bool deny = false;
    for (const auto& one : alone) {
      Observation by_itself;
      single.decide(*one, {.action = action, .args = document.root(), .observation = &by_itself});
      if (by_itself.rules.empty()) continue;
      ASSERT_LT(concerned, together.rules.size());
      const ObservedRule &expected = by_itself.rules.front(), &seen = together.rules[concerned++];
      EXPECT_EQ(seen.rule->id, expected.rule->id) << "rules are told of in their order";
      EXPECT_EQ(seen.satisfied, expected.satisfied) << seen.rule->id;
      deny = deny || (expected.satisfied && expected.rule->effect == Verdict::deny);
    }
    EXPECT_EQ(concerned, together.rules.size());
    if (deny) EXPECT_EQ(verdict, Verdict::deny);
    denied += deny ? 1 : 0;
  }
  EXPECT_GT(denied, 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, Wide, testing::Values(64, 65, 130, 260, 400, 600));

TEST(RuleIndex, ReadsMoreAttributesThanMostToolsHave) {
  constexpr int attributes = 150;
  std::string properties;
  for (int i = 0; i < attributes; ++i)
    properties += fmt::format(R"({}"a{}":{{"type":"integer"}})", i > 0 ? "," : "", i);
  Sources sources;
  sources.tools.push_back(
      {"desk/do", "desk", {.reversible = true}, R"({"type":"object","properties":{)" + properties + "}}"});
  sources.workflows["work"] = domain::Autonomy::production;
  domain::Policy policy{.name = "wide"};
  for (int i = 0; i < attributes; ++i) {
    domain::Rule rule{
        .id = fmt::format("rule-{}", i), .policy = "wide", .effect = i == 0 ? Verdict::allow : Verdict::deny};
    rule.all.push_back({fmt::format("has(args.a{0}) && args.a{0} {1} 7", i, i == 0 ? "!=" : "=="), {}});
    policy.rules.push_back(std::move(rule));
  }
  sources.policies.push_back(std::move(policy));
  auto plan = compile(sources).plan;
  ASSERT_TRUE(plan);
  domain::Action action;
  action.name = "desk/do";
  action.upstream = "desk";
  action.principal = {"agent", "work", "production", "tok"};
  action.profile = sources.tools.front().profile;
  Judge judge;
  for (int seven = 0; seven < attributes; ++seven) {
    auto document = json::Document::parse(fmt::format(R"({{"a0":{},"a{}":7}})", 1, seven == 0 ? 999 : seven)).value();
    Verdict verdict = judge.decide(*plan, {action, document.root()});
    EXPECT_EQ(verdict, seven == 0 ? Verdict::allow : Verdict::deny) << seven;
    auto decision = judge.decision();
    ASSERT_EQ(decision.determining.size(), 1U);
    EXPECT_EQ(decision.determining.front().rule, fmt::format("rule-{}", seven));
  }
}

// A deny that is settled spares evaluations that would cost too much; what is told of it is that they would.
TEST(RuleIndex, WhatIsTooCostlyIsDeniedWhetherADenyIsSettledOrNot) {
  Sources sources;
  sources.tools.push_back({"desk/do",
                           "desk",
                           {.reversible = true},
                           R"({"type":"object","required":["n","all"],"properties":{"n":{"type":"integer"},
                               "all":{"type":"array","items":{"type":"integer"}}}})"});
  sources.workflows["work"] = domain::Autonomy::production;
  domain::Policy policy{.name = "costly"};
  policy.rules.push_back({.id = "allow", .policy = "costly", .effect = Verdict::allow});
  policy.rules.back().all.push_back({"args.all.all(a, args.all.all(b, a + b >= 0))", {}});
  policy.rules.push_back({.id = "deny", .policy = "costly", .effect = Verdict::deny});
  policy.rules.back().all.push_back({"args.n == 7", {}});
  sources.policies.push_back(std::move(policy));
  auto compiled = compile(sources);
  ASSERT_TRUE(compiled.plan) << format(compiled.diagnostics.front());
  domain::Action action;
  action.name = "desk/do";
  action.upstream = "desk";
  action.principal = {"agent", "work", "production", "tok"};
  action.profile = sources.tools.front().profile;
  std::string many = "0";
  for (int i = 0; i < 400; ++i) many += ",1";
  Judge judge;
  for (std::string_view n : {"7", "8"}) {
    for (bool costly : {false, true}) {
      auto document = json::Document::parse(fmt::format(R"({{"n":{},"all":[{}]}})", n, costly ? many : "1")).value();
      Verdict verdict = judge.decide(*compiled.plan, {action, document.root()});
      EXPECT_EQ(verdict, n == "7" || costly ? Verdict::deny : Verdict::allow);
      auto decision = judge.decision();
      EXPECT_EQ(decision.verdict, verdict);
      ASSERT_EQ(decision.determining.size(), 1U);
      EXPECT_EQ(decision.determining.front().rule, costly ? "builtin/cost" : n == "7" ? "deny" : "allow");
    }
  }
}

}  // namespace
}  // namespace bw::policy
