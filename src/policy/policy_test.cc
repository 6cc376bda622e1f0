// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "policy/compile.h"
#include "policy/judge.h"
#include "policy/schema_type.h"
#include "policy/test_runner.h"

namespace bw::policy {
namespace {

using domain::Autonomy;
using domain::Tier;
using domain::Touch;
using domain::Verdict;

constexpr std::string_view refund_schema = R"({"type":"object","required":["ticket","amount_usd"],"properties":{
  "ticket":{"type":"string"},"amount_usd":{"type":"number"},"reason":{"type":"string"},"kind":{"enum":["full","partial"]}}})";

domain::Expression cel(std::string text) { return {std::move(text), {"p.yaml", 1, 1, 1}}; }

domain::Rule rule(std::string id, Verdict effect, std::vector<std::string> all = {}, std::string unattended = {}) {
  domain::Rule out{.id = std::move(id), .policy = "p"};
  out.match.tool = {"desk/refund"};
  for (auto& text : all) out.all.push_back(cel(text));
  out.effect = effect;
  out.unattended = std::move(unattended);
  return out;
}

Sources sources(std::vector<domain::Rule> rules, Autonomy autonomy = Autonomy::production) {
  Sources s;
  s.policies.push_back({.name = "p", .rules = std::move(rules)});
  domain::ToolProfile profile{
      .tier = Tier::execute, .reversible = true, .touches = {Touch::money}, .environment = "production"};
  s.tools.push_back({"desk/refund", "desk", profile, std::string(refund_schema)});
  s.tools.push_back({"desk/read", "desk", {.tier = Tier::read, .environment = "production"}, ""});
  s.workflows["desk"] = autonomy;
  return s;
}

domain::Rule tightening(domain::Rule hold) {
  hold.tightens = true;
  hold.obligations.push_back({"approve", R"({"from":["support"]})", {}});
  return hold;
}

std::shared_ptr<const Plan> plan_of(const Sources& s) {
  auto compiled = compile(s);
  for (const auto& d : compiled.diagnostics) EXPECT_NE(d.severity, Severity::error) << d.message;
  return compiled.plan;
}

domain::Decision decide(const Plan& plan, std::string args, std::string tool = "desk/refund",
                        const std::map<std::string, std::optional<std::string>>* facts = nullptr) {
  domain::Action action;
  action.name = std::move(tool);
  action.upstream = "desk";
  action.principal = {"agent", "desk", "production", "tok"};
  action.profile = *plan.profile(action.name);
  action.at_ms = 1'800'000'000'000;
  auto document = json::Document::parse(std::move(args));
  return judge(plan, {.action = action, .args = document->root(), .facts = facts});
}

std::string first(const domain::Decision& d) { return d.determining.empty() ? "" : d.determining.front().rule; }

TEST(Judge, AHoldThatTightensHoldsWhatIsAllowed) {
  auto plan = plan_of(sources({rule("small", Verdict::allow, {"args.amount_usd <= 200"}, "small"),
                               tightening(rule("watched", Verdict::hold))}));
  auto held = decide(*plan, R"({"ticket":"T-1","amount_usd":20})");
  EXPECT_EQ(held.verdict, Verdict::hold);
  ASSERT_FALSE(held.determining.empty());
  EXPECT_EQ(held.determining.front().rule, "watched") << "it is what holds it, and the allow stands beside it";
  EXPECT_TRUE(held.reason.starts_with("rule watched holds it")) << held.reason;
  EXPECT_EQ(held.obligations.size(), 1U);
}

TEST(Judge, AHoldThatTightensOpensNothing) {
  auto plan = plan_of(sources({rule("small", Verdict::allow, {"args.amount_usd <= 200"}, "small"),
                               tightening(rule("watched", Verdict::hold))}));
  auto denied = decide(*plan, R"({"ticket":"T-1","amount_usd":201})");
  EXPECT_EQ(denied.verdict, Verdict::deny);
  EXPECT_TRUE(denied.determining.empty());
  EXPECT_TRUE(denied.obligations.empty()) << "nobody is asked to approve what is denied";
  EXPECT_EQ(denied.reason, "no rule allows `desk/refund` for workflow `desk`");
}

TEST(Judge, AHoldThatTightensAddsItsApproversToAnother) {
  auto plan = plan_of(sources({rule("large", Verdict::hold), tightening(rule("watched", Verdict::hold))}));
  auto held = decide(*plan, R"({"ticket":"T-1","amount_usd":201})");
  EXPECT_EQ(held.verdict, Verdict::hold);
  EXPECT_EQ(held.obligations.size(), 1U);
  EXPECT_EQ(held.determining.size(), 2U);
}

TEST(Judge, NothingMatchesIsDenied) {
  auto plan = plan_of(sources({}));
  auto decision = decide(*plan, R"({"ticket":"T","amount_usd":1})");
  EXPECT_EQ(decision.verdict, Verdict::deny);
  EXPECT_TRUE(decision.determining.empty());
  EXPECT_EQ(decision.reason, "no rule allows `desk/refund` for workflow `desk`");
}

TEST(Judge, DenyOutranksHoldOutranksAllow) {
  auto plan =
      plan_of(sources({rule("a", Verdict::allow, {}, "small"), rule("h", Verdict::hold, {"args.amount_usd > 200.0"}),
                       rule("d", Verdict::deny, {"args.amount_usd > 5000"})}));
  EXPECT_EQ(decide(*plan, R"({"ticket":"T","amount_usd":100})").verdict, Verdict::allow);
  EXPECT_EQ(decide(*plan, R"({"ticket":"T","amount_usd":300})").verdict, Verdict::hold);
  auto denied = decide(*plan, R"({"ticket":"T","amount_usd":9000})");
  EXPECT_EQ(denied.verdict, Verdict::deny);
  EXPECT_EQ(first(denied), "d");
  EXPECT_EQ(denied.reason, "rule d denies it: args.amount_usd > 5000 is true (args.amount_usd = 9000.0)");
}

TEST(Judge, ErrorsResolveToTheStricterSide) {
  std::string divides =
      "args.amount_usd > 1.0 && 1 / (size(args.ticket) - 1) > 0";  // divides by zero for a ticket of one letter
  std::string args = R"({"ticket":"T","amount_usd":2})";
  EXPECT_EQ(decide(*plan_of(sources({rule("a", Verdict::allow, {divides}, "why")})), args).verdict, Verdict::deny);
  auto held =
      decide(*plan_of(sources({rule("a", Verdict::allow, {}, "why"), rule("h", Verdict::hold, {divides})})), args);
  EXPECT_EQ(held.verdict, Verdict::hold);
  EXPECT_NE(held.determining.front().error, "");
  EXPECT_EQ(decide(*plan_of(sources({rule("a", Verdict::allow, {}, "why"), rule("d", Verdict::deny, {divides})})), args)
                .verdict,
            Verdict::deny);
}

TEST(Judge, ArgumentsOfAnotherTypeThanDeclaredAreErrors) {
  auto plan = plan_of(sources({rule("a", Verdict::allow, {"args.amount_usd <= 200"}, "small")}));
  EXPECT_EQ(decide(*plan, R"({"ticket":"T","amount_usd":"1"})").verdict, Verdict::deny);
  EXPECT_EQ(decide(*plan, R"({"ticket":"T"})").verdict, Verdict::deny);
}

TEST(Judge, AnAnyThatFailsIsSatisfiedOnlyOnTheStricterSide) {
  domain::Rule hold = rule("h", Verdict::hold);
  hold.any = {cel("args.amount_usd > 200"), cel("facts.score >= 0.7")};
  auto s = sources({rule("a", Verdict::allow, {}, "why"), hold});
  s.facts.push_back({.name = "score", .tool = "desk/read", .value = cel("result.score"), .type = "double"});
  auto plan = plan_of(s);
  std::string args = R"({"ticket":"T","amount_usd":1})";
  std::map<std::string, std::optional<std::string>> low{{"score", "0.1"}}, none{{"score", std::nullopt}};
  EXPECT_EQ(decide(*plan, args, "desk/refund", &low).verdict, Verdict::allow);
  auto unavailable = decide(*plan, args, "desk/refund", &none);
  EXPECT_EQ(unavailable.verdict, Verdict::hold);
  EXPECT_NE(unavailable.determining.front().error.find("fact `score` is unavailable"), std::string::npos);
  EXPECT_EQ(decide(*plan, args).verdict, Verdict::hold) << "facts that nobody looked up are unavailable";
}

Diagnostics problems_of(domain::Fact fact) {
  auto s = sources({});
  s.tools[1].input_schema = R"({"type":"object","required":["ticket"],"properties":{"ticket":{"type":"string"}}})";
  s.tools[1].output_schema = R"({"type":"object","required":["score"],"properties":{"score":{"type":"number"}}})";
  fact.name = "score";
  if (fact.tool.empty()) fact.tool = "desk/read";
  s.facts.push_back(std::move(fact));
  return compile(s).diagnostics;
}

TEST(Facts, AreCheckedAgainstTheToolThatIsAsked) {
  std::map<std::string, domain::Expression> ticket{{"ticket", cel("args.ticket")}};
  EXPECT_TRUE(problems_of({.arguments = ticket, .value = cel("result.score"), .type = "double"}).empty());
  struct Case {
    domain::Fact fact;
    std::string problem;
  };
  for (const Case& c :
       {Case{{.arguments = ticket, .value = cel("result.scor"), .type = "double"}, "no field `scor`"},
        {{.arguments = ticket, .value = cel("result.score"), .type = "string"},
         "declared string, and its value is double"},
        {{.value = cel("result.score"), .type = "double"}, "`desk/read` needs argument `ticket`"},
        {{.arguments = {{"tiket", cel("args.ticket")}, {"ticket", cel("args.ticket")}},
          .value = cel("result.score"),
          .type = "double"},
         "`desk/read` takes no argument `tiket`"},
        {{.arguments = {{"ticket", cel("string(facts.score)")}}, .value = cel("result.score"), .type = "double"},
         "fact `score` reads `facts.score`"}}) {
    auto problems = problems_of(c.fact);
    ASSERT_FALSE(problems.empty()) << c.problem;
    EXPECT_NE(problems.front().message.find(c.problem), std::string::npos) << problems.front().message;
  }
}

TEST(Judge, EveryRuleThatCountsObligesAndADenyOnlyTells) {
  auto small = rule("a", Verdict::allow, {}, "small");
  small.obligations = {{"redact", R"({"fields":["email"]})", {}}, {"sample", R"({"percent":100})", {}}};
  auto much = rule("h", Verdict::hold, {"args.amount_usd > 200.0"});
  much.obligations = {{"approve", "{}", {}}};
  auto never = rule("d", Verdict::deny, {"args.amount_usd > 5000.0"});
  never.obligations = {{"log", R"({"message":"!"})", {}}};
  auto plan = plan_of(sources({small, much, never}));
  auto types = [&](std::string args) {
    std::vector<std::string> out;
    for (const auto& obligation : decide(*plan, std::move(args)).obligations) out.push_back(obligation.type);
    return out;
  };
  EXPECT_EQ(types(R"({"ticket":"T","amount_usd":1})"), (std::vector<std::string>{"redact", "sample"}));
  EXPECT_EQ(types(R"({"ticket":"T","amount_usd":300})"), (std::vector<std::string>{"redact", "sample", "approve"}));
  EXPECT_EQ(types(R"({"ticket":"T","amount_usd":9000})"), (std::vector<std::string>{"log"}));
}

TEST(Judge, WhatIsInTheSampleIsHeld) {
  auto small = rule("a", Verdict::allow, {}, "small");
  small.obligations = {{"sample", R"({"percent":50})", {}}};
  auto plan = plan_of(sources({small}));
  domain::Action action;
  action.name = "desk/refund";
  action.principal.workflow = "desk";
  action.profile = *plan->profile(action.name);
  auto args = json::Document::parse(R"({"ticket":"T","amount_usd":1})");
  action.digest = "7fffffff00";
  EXPECT_EQ(first(judge(*plan, {.action = action, .args = args->root()})), "builtin/sample");
  action.digest = "8000000000";
  EXPECT_EQ(judge(*plan, {.action = action, .args = args->root()}).verdict, Verdict::allow);
}

TEST(Obligations, AreCheckedAgainstTheTool) {
  struct Case {
    std::string type, arguments, problem;
  };
  for (const Case& c : {Case{"cap", R"({"argument":"amount","at":1})", "takes no argument `amount`"},
                        {"cap", R"({"argument":"ticket","at":1})", "`ticket` of `desk/refund` is no number"},
                        {"mutate", R"({"set":{"reson":"x"}})", "takes no argument `reson`"},
                        {"undo", "{}", "`desk/refund` declares no `undo`"},
                        {"teleport", "{}", "cannot be carried out"},
                        {"cap", R"({"argument":"amount_usd","at":1})", ""}}) {
    auto one = rule("a", Verdict::allow, {}, "why");
    one.obligations = {{c.type, c.arguments, {"p.yaml", 5, 1, 1}}};
    auto problems = compile(sources({one})).diagnostics;
    ASSERT_EQ(problems.empty(), c.problem.empty()) << c.type;
    if (!problems.empty()) EXPECT_NE(problems[0].message.find(c.problem), std::string::npos) << problems[0].message;
  }
}

TEST(Judge, OneWayDoorsAreHeldUnlessTheRuleSaysWhyNot) {
  auto forgot = decide(*plan_of(sources({rule("a", Verdict::allow)})), R"({"ticket":"T","amount_usd":1})");
  EXPECT_EQ(forgot.verdict, Verdict::hold);
  EXPECT_EQ(first(forgot), "builtin/one-way-door");
  EXPECT_EQ(decide(*plan_of(sources({rule("a", Verdict::allow, {}, "small and reversible")})),
                   R"({"ticket":"T","amount_usd":1})")
                .verdict,
            Verdict::allow);
}

TEST(Judge, ActionsAboveTheWorkflowsAutonomyAreHeld) {
  struct Case {
    Autonomy autonomy;
    Verdict want;
  };
  for (Case c : {Case{Autonomy::read_only, Verdict::hold},
                 {Autonomy::propose_only, Verdict::hold},
                 {Autonomy::nonproduction, Verdict::hold},
                 {Autonomy::production, Verdict::allow}}) {
    auto plan = plan_of(sources({rule("a", Verdict::allow, {}, "why")}, c.autonomy));
    auto decision = decide(*plan, R"({"ticket":"T","amount_usd":1})");
    EXPECT_EQ(decision.verdict, c.want) << name(c.autonomy);
    if (c.want == Verdict::hold) EXPECT_EQ(first(decision), "builtin/autonomy");
  }
  domain::Rule reads = rule("r", Verdict::allow);
  reads.match.tool = {"desk/*"};
  EXPECT_EQ(decide(*plan_of(sources({reads}, Autonomy::read_only)), "{}", "desk/read").verdict, Verdict::allow);
}

TEST(Judge, PrincipalsAreMatchedWhenJudged) {
  domain::Rule other = rule("a", Verdict::allow, {}, "why");
  other.match.agent = {"somebody-else"};
  EXPECT_EQ(decide(*plan_of(sources({other})), R"({"ticket":"T","amount_usd":1})").verdict, Verdict::deny);
}

TEST(Judge, OrderAndRepetitionOfRulesDoNotMatter) {
  std::vector<domain::Rule> rules;
  std::vector<std::string> conditions{"args.amount_usd > 10", "args.amount_usd <= 100", "args.ticket == \"T\"",
                                      "size(args.ticket) > 3", "1 / (size(args.ticket) - 1) > 0"};
  std::mt19937 random(7);
  for (int i = 0; i < 12; ++i)
    rules.push_back(rule("r" + std::to_string(i), static_cast<Verdict>(random() % 3),
                         {conditions[random() % conditions.size()]}, i % 2 ? "why" : ""));
  for (auto args : {R"({"ticket":"T","amount_usd":5})", R"({"ticket":"Tttt","amount_usd":50})",
                    R"({"ticket":"Q","amount_usd":500})"}) {
    auto want = decide(*plan_of(sources(rules)), args).verdict;
    for (int round = 0; round < 20; ++round) {
      std::ranges::shuffle(rules, random);
      EXPECT_EQ(decide(*plan_of(sources(rules)), args).verdict, want);
    }
  }
}

TEST(Meters, ChargesCarryKeyAmountAndLimit) {
  auto s = sources({rule("a", Verdict::allow, {}, "why")});
  domain::Meter dollars{.name = "refund_cents",
                        .sum = cel("int(args.amount_usd * 100.0)"),
                        .per = {"agent", "tool"},
                        .window_ms = 86'400'000,
                        .limit = 50'000};
  dollars.match.tool = {"desk/refund"};
  s.meters.push_back(dollars);
  auto plan = plan_of(s);
  auto decision = decide(*plan, R"({"ticket":"T","amount_usd":12.5})");
  ASSERT_EQ(decision.charges.size(), 1U);
  EXPECT_EQ(decision.charges[0].amount, 1250);
  EXPECT_EQ(decision.charges[0].key,
            "agent\x1f"
            "desk/refund");
  EXPECT_EQ(decision.charges[0].limit, 50'000);
  auto negative = decide(*plan, R"({"ticket":"T","amount_usd":-1})");
  EXPECT_EQ(negative.verdict, Verdict::deny);
  EXPECT_EQ(first(negative), "builtin/meter");
}

// Whom it counts is part of the key, after the names that nobody outside chooses; what cannot be told denies.
TEST(Meters, CountApartByATextOfTheCall) {
  auto s = sources({rule("a", Verdict::allow, {}, "why")});
  domain::Meter each{.name = "each", .per = {"agent"}, .by = cel("args.ticket"), .window_ms = 86'400'000, .limit = 5};
  each.match.tool = {"desk/refund"};
  s.meters = {each};
  EXPECT_EQ(decide(*plan_of(s), R"({"ticket":"T-1","amount_usd":1})").charges.at(0).key, "agent\x1fT-1");
  s.meters[0].per.clear();
  auto plan = plan_of(s);
  EXPECT_EQ(decide(*plan, R"({"ticket":"T-1","amount_usd":1})").charges.at(0).key, "T-1");
  std::string longest(meter_by_bytes_max, 'x');
  EXPECT_EQ(decide(*plan, R"({"amount_usd":1,"ticket":")" + longest + "\"}").verdict, Verdict::allow);
  for (const auto& args : {R"({"amount_usd":1,"ticket":")" + longest + "x\"}", std::string(R"({"amount_usd":1})")}) {
    auto decision = decide(*plan, args);
    EXPECT_EQ(decision.verdict, Verdict::deny);
    EXPECT_EQ(first(decision), "builtin/meter");
    EXPECT_TRUE(decision.determining[0].reason.starts_with("what meter `each` counts this action by is "))
        << decision.reason;
    EXPECT_TRUE(decision.charges.empty());
  }
}

TEST(Compile, FindsWhatCannotBeTrue) {
  struct Case {
    domain::Rule rule;
    std::string_view message;
  };
  domain::Rule nobody = rule("n", Verdict::allow);
  nobody.match.tool = {"desk/refnud"};
  domain::Rule obligation = rule("o", Verdict::allow);
  obligation.obligations.push_back({.type = "watermark", .arguments = "{}"});
  for (const Case& c : {Case{rule("f", Verdict::allow, {"args.amuont_usd > 1.0"}), "amuont_usd"},
                        {rule("t", Verdict::allow, {"args.ticket > 1"}), ""},
                        {rule("e", Verdict::allow, {"has(args.kind) && args.kind == \"ful\""}), "ful"},
                        {rule("g", Verdict::allow, {"args.reason == \"x\""}), "reason"},
                        {rule("s", Verdict::allow, {"args.amount_usd"}), ""},
                        {nobody, "matches no tool"},
                        {obligation, "cannot be carried out"}}) {
    auto compiled = compile(sources({c.rule}));
    EXPECT_FALSE(compiled.plan) << c.rule.id;
    ASSERT_FALSE(compiled.diagnostics.empty()) << c.rule.id;
    EXPECT_NE(compiled.diagnostics[0].message.find(c.message), std::string::npos) << compiled.diagnostics[0].message;
  }
  auto twice = compile(sources({rule("x", Verdict::allow), rule("x", Verdict::deny)}));
  EXPECT_FALSE(twice.plan);
}

TEST(TestRunner, SaysWhatWasExpectedAndWhatCame) {
  auto s = sources({rule("small", Verdict::allow, {"args.amount_usd <= 200"}, "small"),
                    rule("never", Verdict::deny, {"args.amount_usd > 5000"})});
  s.policies[0].tests.push_back(
      {.name = "small is allowed",
       .given = R"({"tool":"desk/refund","workflow":"desk","args":{"ticket":"T","amount_usd":5}})",
       .expect = Verdict::allow,
       .expect_rule = "small"});
  s.policies[0].tests.push_back(
      {.name = "wrong",
       .given = R"({"tool":"desk/refund","workflow":"desk","args":{"ticket":"T","amount_usd":500}})",
       .expect = Verdict::allow});
  auto report = run_tests(*plan_of(s));
  ASSERT_EQ(report.results.size(), 2U);
  EXPECT_TRUE(report.results[0].passed) << report.results[0].message;
  EXPECT_FALSE(report.results[1].passed);
  EXPECT_NE(report.results[1].message.find("expected allow, got deny"), std::string::npos);
  EXPECT_EQ(report.rules_uncovered, std::vector<std::string>{"never"});
}

// Where policy allows and a meter is full, an action is refused all the same.
TEST(TestRunner, LooksWhetherMetersHaveRoom) {
  auto s = sources({rule("small", Verdict::allow, {"args.amount_usd <= 200"}, "small"),
                    rule("large", Verdict::hold, {"args.amount_usd > 200"})});
  domain::Meter dollars{.name = "dollars", .sum = cel("int(args.amount_usd)"), .window_ms = 1000, .limit = 1000};
  dollars.match.tool = {"desk/refund"};
  s.meters = {dollars};
  auto test = [&](std::string amount, std::string meters, Verdict expect, std::string meter = {}) {
    std::string given =
        R"({"tool":"desk/refund","workflow":"desk","args":{"ticket":"T","amount_usd":)" + amount + "}" + meters + "}";
    s.policies[0].tests.push_back({.name = given, .given = given, .expect = expect, .expect_meter = std::move(meter)});
  };
  test("100", "", Verdict::allow);
  test("100", R"(,"meters":{"dollars":900})", Verdict::allow);
  test("100", R"(,"meters":{"dollars":901})", Verdict::deny, "dollars");
  test("100", R"(,"meters":{"dollars":9007199254740991})", Verdict::deny, "dollars");
  test("300", R"(,"meters":{"dollars":901})", Verdict::hold);  // reserved when it is approved
  std::size_t good = s.policies[0].tests.size();
  test("100", R"(,"meters":{"dollars":901})", Verdict::allow);
  test("100", R"(,"meters":{"dollars":900})", Verdict::deny, "dollars");
  test("100", R"(,"meters":{"dollars":"full"})", Verdict::deny);
  auto results = run_tests(*plan_of(s)).results;
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].passed, i < good) << results[i].name << results[i].message;
  EXPECT_EQ(results[good].message,
            "expected allow, got deny: meter dollars has no room for 100 more, its limit is 1000");
}

TEST(SchemaType, SaysWhatCelCanSay) {
  struct Case {
    std::string_view schema, type;
  };
  for (Case c : {Case{R"({"type":"integer"})", "int"},
                 {R"({"type":"array","items":{"type":"number"}})", "list(double)"},
                 {R"({"type":"object","additionalProperties":{"type":"string"}})", "map(string, string)"},
                 {R"({"type":["string","null"]})", "string"},
                 {R"({"oneOf":[]})", "dyn"},
                 {R"({"$defs":{"x":{"type":"boolean"}},"$ref":"#/$defs/x"})", "bool"},
                 {"true", "dyn"},
                 {R"({"$ref":"#"})", "dyn"}}) {
    auto schema = json::Document::parse(std::string(c.schema));
    EXPECT_EQ(schema_type(schema->root(), "args").to_string(), c.type) << c.schema;
  }
}

}  // namespace
}  // namespace bw::policy
