// SPDX-License-Identifier: Apache-2.0
// What is told of comparisons without evaluating them is what the evaluator would have told.
#include "policy/explain.h"

#include <gtest/gtest.h>

#include "policy/binding.h"
#include "policy/generated_fake.h"
#include "policy/judge.h"

namespace bw::policy {
namespace {

void forget_comparisons(PlannedRule& rule) {
  for (auto* conditions : {&rule.all, &rule.any, &rule.unless}) {
    for (Condition& condition : *conditions) condition.comparison.reset();
  }
}

std::string all_of(const domain::RuleResult& told) {
  std::string out = fmt::format("{} {} error `{}` reason `{}` {}:{}", told.rule, told.satisfied, told.error,
                                told.reason, told.file, told.line);
  for (const auto& term : told.terms) out += fmt::format("\n  {} is {}", term.text, term.value);
  return out;
}

TEST(Explainer, TellsOfComparisonsWhatTheEvaluatorTells) {
  std::size_t told = 0, compared = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    generated::World world(seed, {.rules = 150, .tools = 3, .general_percent = 15, .failing_percent = 10});
    auto plan = compile(world.sources()).plan;
    ASSERT_TRUE(plan);
    for (int i = 0; i < 40; ++i) {
      auto action = world.action();
      std::string text = i % 2 == 0 ? world.arguments(0) : world.damaged_arguments();
      auto document = json::Document::parse(text).value();
      const ToolPlan& tool = *plan->tool(action.name);
      cel::Activation activation(plan->variables());
      cel::Arena arena;
      std::vector<json::Document> facts;
      Binding::bind(*plan, tool, action, document.root(), nullptr, activation, arena);
      activation.bind(plan->slots().facts, Binding::facts(*plan, nullptr, arena, facts));
      Explainer explainer(activation, arena);
      for (const PlannedRule& rule : tool.rules) {
        for (const Condition& condition : rule.all) compared += condition.comparison ? 1 : 0;
        PlannedRule evaluated = rule;
        forget_comparisons(evaluated);
        EXPECT_EQ(all_of(explainer.explain(rule)), all_of(Explainer(activation, arena).explain(evaluated))) << text;
        ++told;
      }
    }
  }
  EXPECT_GT(compared, told / 2);
}

// Written in other ways than the generated ones.
TEST(Explainer, ShowsComparisonsAsTheirAuthorsWroteThem) {
  Sources sources;
  sources.tools.push_back(
      {"desk/do", "desk", {.reversible = true}, R"({"type":"object","required":["n","f","flag","s","inner"],
      "properties":{"n":{"type":"integer"},"f":{"type":"number"},"flag":{"type":"boolean"},"s":{"type":"string"},
                    "inner":{"type":"object","required":["deep"],"properties":{"deep":{"type":"integer"}}}}})"});
  sources.workflows["work"] = domain::Autonomy::production;
  domain::Policy policy{.name = "p"};
  for (std::string_view text :
       {"5 < args.n", "( args . n )  ==  7", "args.f>=1.5", "args.flag", "args.flag == true", "args.s == 'a\"b'",
        "args.s in ['a', 'b']", "args.s.startsWith('a')", "args.inner.deep > 3", "!(args.n == 3)", "args.n > 1 + 2",
        "tool.name == 'desk/do'", "environment == 'production'", "args.n == 3.0", "args.f == 3"}) {
    domain::Rule rule{.id = std::string(text), .policy = "p", .effect = domain::Verdict::hold};
    rule.all.push_back({std::string(text), {}});
    policy.rules.push_back(std::move(rule));
  }
  sources.policies.push_back(std::move(policy));
  auto compiled = compile(sources);
  ASSERT_TRUE(compiled.plan) << format(compiled.diagnostics.front());
  const Plan& plan = *compiled.plan;
  domain::Action action;
  action.name = "desk/do";
  action.upstream = "desk";
  std::size_t compared = 0;
  for (std::string_view text : {R"({"n":7,"f":1.5,"flag":true,"s":"a\"b","inner":{"deep":4}})",
                                R"({"n":3,"f":3,"flag":false,"s":"b\u0007","inner":{"deep":3}})",
                                R"({"n":"7","f":null,"flag":1,"s":[],"inner":7})", R"({"f":"NaN"})", "[]"}) {
    auto document = json::Document::parse(std::string(text)).value();
    cel::Activation activation(plan.variables());
    cel::Arena arena;
    Binding::bind(plan, plan.tools().front(), action, document.root(), nullptr, activation, arena);
    Explainer explainer(activation, arena);
    for (const PlannedRule& rule : plan.tools().front().rules) {
      compared += rule.all.front().comparison ? 1 : 0;
      PlannedRule evaluated = rule;
      forget_comparisons(evaluated);
      EXPECT_EQ(all_of(explainer.explain(rule)), all_of(Explainer(activation, arena).explain(evaluated))) << text;
    }
  }
  EXPECT_GT(compared, 40U);
}

}  // namespace
}  // namespace bw::policy
