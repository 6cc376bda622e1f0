// SPDX-License-Identifier: Apache-2.0
// Ways in which policy engines of other products let an action pass that somebody had forbidden, as they were reported in
// 2025 and 2026. Each is a test here, so that no later change brings one of them back.
#include <gtest/gtest.h>

#include <thread>

#include "policy/compile.h"
#include "policy/judge.h"

namespace bw::policy {
namespace {

using domain::Verdict;

constexpr std::string_view schema = R"({"type":"object","required":["to","amount","extra"],"properties":{
  "to":{"type":"string"},"amount":{"type":"integer"},"role":{"type":"string"},"extra":{}}})";

domain::Rule rule(std::string id, Verdict effect, std::vector<std::string> all = {}) {
  domain::Rule out{.id = std::move(id), .policy = "p"};
  out.match.tool = {"bank/pay"};
  for (auto& text : all) out.all.push_back({std::move(text), {"p.yaml", 1, 1, 1}});
  out.effect = effect;
  if (effect == Verdict::allow) out.unattended = "for this test";
  return out;
}

Compiled compiled(std::vector<domain::Rule> rules) {
  Sources s;
  s.policies.push_back({.name = "p", .rules = std::move(rules)});
  domain::ToolProfile profile{.tier = domain::Tier::execute, .reversible = true, .environment = "sandbox"};
  s.tools.push_back({"bank/pay", "bank", profile, std::string(schema)});
  s.facts.push_back({.name = "score", .file = "score.json", .value = {"result.score", {}}, .type = "double"});
  s.workflows["w"] = domain::Autonomy::production;
  return compile(s);
}

domain::Action pay() {
  domain::Action action;
  action.name = "bank/pay";
  action.upstream = "bank";
  action.principal = {"agent", "w", "sandbox", "tok"};
  action.profile = {.tier = domain::Tier::execute, .reversible = true, .environment = "sandbox"};
  return action;
}

domain::Decision decide(const Plan& plan, std::string args) {
  auto document = json::Document::parse(std::move(args)).value();
  auto action = pay();
  return judge(plan, {.action = action, .args = document.root()});
}

Verdict verdict(std::vector<domain::Rule> rules, std::string args = R"({"to":"x","amount":1})") {
  auto made = compiled(std::move(rules));
  EXPECT_TRUE(made.plan) << format(made.diagnostics.front());
  return made.plan ? decide(*made.plan, std::move(args)).verdict : Verdict::allow;
}

// Cedar skips a forbid whose condition errors; rules of widely copied agent plugins were void without anybody noticing
// (cedar#2428, GHSA-hm46-7j72-rpv9).
TEST(Incidents, ADenyThatErrorsIsNotSkipped) {
  EXPECT_EQ(verdict({rule("a", Verdict::allow), rule("d", Verdict::deny, {"10 / (args.amount - 1) > 2"})}),
            Verdict::deny);
  EXPECT_EQ(verdict({rule("a", Verdict::allow), rule("d", Verdict::deny, {"facts.score > 0.5"})}), Verdict::deny);
}

// Cerbos up to 0.54 took an erroring DENY for one that does not apply; speedle-plus dropped a deny when an attribute was
// missing (#36).
TEST(Incidents, ADenyOverAMissingAttributeStillDenies) {
  EXPECT_EQ(verdict({rule("a", Verdict::allow), rule("d", Verdict::deny, {"args.amount > 1000"})}, R"({"to":"x"})"),
            Verdict::deny);
  EXPECT_EQ(verdict({rule("a", Verdict::allow), rule("d", Verdict::deny, {"args.extra.level > 3.0"})}), Verdict::deny);
  auto unguarded = compiled({rule("d", Verdict::deny, {"args.role == 'root'"})});
  EXPECT_FALSE(unguarded.plan) << "what may be missing has to be guarded, and the author hears of it before any call";
}

// Attributes of another type than the author thought of.
TEST(Incidents, ADenyOverAnAttributeOfAnotherTypeStillDenies) {
  EXPECT_EQ(verdict({rule("a", Verdict::allow), rule("d", Verdict::deny, {"args.amount > 1000"})},
                    R"({"to":"x","amount":"5000"})"),
            Verdict::deny);
}

// agentgateway warns that a failing expression in a deny rule does not deny; an exception to a deny is the same trap.
TEST(Incidents, AnExceptionThatErrorsExceptsNothing) {
  domain::Rule deny = rule("d", Verdict::deny);
  deny.unless.push_back({"facts.score < 0.1", {"p.yaml", 1, 1, 1}});
  EXPECT_EQ(verdict({rule("a", Verdict::allow), deny}), Verdict::deny);
}

TEST(Incidents, AnAllowThatErrorsAllowsNothing) {
  EXPECT_EQ(verdict({rule("a", Verdict::allow, {"10 / (args.amount - 1) > 2"})}), Verdict::deny);
  domain::Rule any = rule("a", Verdict::allow);
  any.any = {{"facts.score < 0.1", {}}, {"args.amount > 5", {}}};
  EXPECT_EQ(verdict({any}), Verdict::deny);
}

TEST(Incidents, AHoldThatErrorsHolds) {
  EXPECT_EQ(verdict({rule("a", Verdict::allow), rule("h", Verdict::hold, {"facts.score > 0.5"})}), Verdict::hold);
}

// agentgateway allows everything where there are no rules, and whatever is not denied where all rules deny; Kyverno's
// Envoy plugin allows what no rule matched.
TEST(Incidents, WithoutAnAllowNothingIsAllowed) {
  EXPECT_EQ(verdict({}), Verdict::deny);
  EXPECT_EQ(verdict({rule("d", Verdict::deny, {"args.amount > 1000"})}), Verdict::deny);
  EXPECT_EQ(verdict({rule("a", Verdict::allow, {"args.amount > 1000"})}), Verdict::deny);
}

// agentgateway's rules for MCP see a tool's name and not what it is called with.
TEST(Incidents, RulesSeeTheArguments) {
  std::vector rules{rule("a", Verdict::allow), rule("d", Verdict::deny, {"args.to == 'outside'"})};
  EXPECT_EQ(verdict(rules, R"({"to":"inside","amount":1})"), Verdict::allow);
  EXPECT_EQ(verdict(rules, R"({"to":"outside","amount":1})"), Verdict::deny);
}

// SpiceDB answered conditional checks without their condition when many came at once (CVE-2026-55866).
TEST(Incidents, ManyThreadsOnOnePlanDecideAsOneDoes) {
  auto plan = compiled({rule("a", Verdict::allow), rule("d", Verdict::deny, {"args.amount > 1000"}),
                        rule("h", Verdict::hold, {"args.amount % 7 == 0"})})
                  .plan;
  ASSERT_TRUE(plan);
  auto wanted = [](int amount) {
    return amount > 1000 ? Verdict::deny : amount % 7 == 0 ? Verdict::hold : Verdict::allow;
  };
  std::vector<int> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < wrong.size(); ++t) {
      threads.emplace_back([&, t] {
        Judge judge;
        for (int i = 0; i < 2000; ++i) {
          int amount = 1 + (i * 13 + static_cast<int>(t)) % 2000;
          auto document = json::Document::parse(R"({"to":"x","amount":)" + std::to_string(amount) + "}").value();
          auto action = pay();
          if (judge.decide(*plan, {.action = action, .args = document.root()}) != wanted(amount)) ++wrong[t];
        }
      });
    }
  }
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

// A judge that gives up has not said yes.
TEST(Incidents, ADecisionThatCostsTooMuchIsADeny) {
  auto plan = compiled({rule("a", Verdict::allow), rule("h", Verdict::hold, {"args.to.contains('needle')"})}).plan;
  ASSERT_TRUE(plan);
  auto decision = decide(*plan, R"({"amount":1,"to":")" + std::string(1'200'000, 'x') + "\"}");
  EXPECT_EQ(decision.verdict, Verdict::deny);
  ASSERT_EQ(decision.determining.size(), 1U);
  EXPECT_EQ(decision.determining[0].rule, "builtin/cost");
}

// An amount that cannot be counted would be spent without being counted.
TEST(Incidents, WhatCannotBeCountedIsDenied) {
  Sources s;
  s.policies.push_back({.name = "p", .rules = {rule("a", Verdict::allow)}});
  s.tools.push_back({"bank/pay", "bank", pay().profile, std::string(schema)});
  s.workflows["w"] = domain::Autonomy::production;
  s.meters.push_back({.name = "spent", .sum = domain::Expression{"10 / (args.amount - 1)", {}}, .limit = 100});
  auto plan = compile(s).plan;
  ASSERT_TRUE(plan);
  EXPECT_EQ(decide(*plan, R"({"to":"x","amount":2})").verdict, Verdict::allow);
  EXPECT_EQ(decide(*plan, R"({"to":"x","amount":1})").verdict, Verdict::deny);
}

}  // namespace
}  // namespace bw::policy
