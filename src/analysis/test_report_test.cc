// SPDX-License-Identifier: Apache-2.0
#include "analysis/test_report.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "analysis/policies_for_test.h"
#include "json/document.h"

namespace bw::analysis {
namespace {

using domain::Verdict;

TestRun run(const policy::Sources& sources) { return run_covered(*policy::compile(sources).plan); }

const Survivor* find(const MutationReport& report, std::string_view after) {
  auto found = std::ranges::find(report.survivors, after, &Survivor::after);
  return found == report.survivors.end() ? nullptr : &*found;
}

TEST(Coverage, CountsRulesThatDecidedAndTermsSeenBothWays) {
  auto sources = refunds_for_test();
  auto full = run(sources);
  EXPECT_TRUE(full.passed());
  EXPECT_EQ(full.coverage.rules_decided(), 3U);
  EXPECT_EQ(full.coverage.terms_full(), 4U);

  sources.policies[0].tests.pop_back();  // nothing above 5000
  std::erase_if(sources.policies[0].tests, [](const auto& test) { return test.name == "nothing"; });
  auto less = run(sources);
  EXPECT_EQ(less.coverage.rules_decided(), 2U);
  ASSERT_EQ(less.coverage.terms().size(), 4U);
  EXPECT_EQ(less.coverage.terms()[0].missing(), "never false");
  EXPECT_EQ(less.coverage.terms()[0].where.column, 11);
  EXPECT_EQ(less.coverage.terms()[1].missing(), "");
  EXPECT_EQ(less.coverage.terms()[1].where.column, 32);
  EXPECT_EQ(less.coverage.terms()[3].missing(), "never true");
}

TEST(Coverage, ATermBehindAFalseIsNeverReached) {
  auto sources = refunds_for_test();
  sources.policies[0].rules[2].all = {at_line("args.amount > 9000.0 && args.?urgent.orValue(false)", 31)};
  std::erase_if(sources.policies[0].tests, [](const auto& test) { return test.name == "too much"; });
  EXPECT_EQ(run(sources).coverage.terms()[4].missing(), "never reached");
}

// Each kind of mistake is made once per place, and says where it is.
TEST(Mutants, AreEverySmallMistake) {
  auto rule = rule_for_test("r", Verdict::allow, {at_line("args.amount <= 200.0 && args.kind == 'full'", 5)});
  std::vector<std::string> after;
  for (const auto& mutant : mutants(rule)) after.push_back(mutant.change + ": " + mutant.after);
  EXPECT_EQ(after, (std::vector<std::string>{
                       "term dropped: true && args.kind == 'full'",
                       "term negated: !(args.amount <= 200.0) && args.kind == 'full'",
                       "comparator flipped: args.amount < 200.0 && args.kind == 'full'",
                       "constant shifted: args.amount <= 200.1 && args.kind == 'full'",
                       "constant shifted: args.amount <= 199.9 && args.kind == 'full'",
                       "term dropped: args.amount <= 200.0 && true",
                       "term negated: args.amount <= 200.0 && !(args.kind == 'full')",
                       "comparator flipped: args.amount <= 200.0 && args.kind != 'full'",
                       "constant shifted: args.amount <= 200.0 && args.kind == 'full~'",
                       "dropped from `all`: ",
                       "effect changed: effect: hold",
                       "effect changed: effect: deny",
                   }));
  auto flipped = mutants(rule)[2];
  EXPECT_EQ(flipped.where.line, 5);
  EXPECT_EQ(flipped.where.column, 11 + 12);
}

TEST(Mutation, ATestAtTheEdgeKillsWhatATestInTheMiddleLetsLive) {
  auto sources = refunds_for_test();
  auto edge = run_mutation(sources);
  EXPECT_EQ(find(edge, "args.amount > 0.0 && args.amount < 200.0"), nullptr);
  EXPECT_EQ(find(edge, "args.amount >= 5000.0"), nullptr);
  EXPECT_GT(edge.killed, 20U);

  sources.policies[0].tests[1].given = R"({"tool":"desk/refund","args":{"amount":120.0}})";
  auto middle = run_mutation(sources);
  const Survivor* survivor = find(middle, "args.amount > 0.0 && args.amount < 200.0");
  ASSERT_TRUE(survivor);
  EXPECT_EQ(survivor->rule, "small");
  EXPECT_EQ(survivor->where.line, 11);
}

// The missing test is printed ready to be copied: with it, the mutant dies.
TEST(Mutation, ASurvivorComesWithTheTestThatKillsIt) {
  auto sources = refunds_for_test();
  sources.policies[0].tests[1].given = R"({"tool":"desk/refund","args":{"amount":120.0}})";
  auto report = run_mutation(sources);
  ASSERT_FALSE(report.survivors.empty());
  int number = 0;
  for (const Survivor& survivor : report.survivors) {
    sources.policies[0].tests.push_back(
        {.name = std::to_string(++number), .given = survivor.request, .expect = survivor.right});
  }
  EXPECT_TRUE(run(sources).passed());
  EXPECT_TRUE(run_mutation(sources).passed());
}

// Above 200 the hold decides whatever the allow says, so its upper bound can be left out without any decision changing.
TEST(Mutation, AMutantThatChangesNoDecisionIsNotTheTestsFault) {
  auto report = run_mutation(refunds_for_test());
  auto dropped = std::ranges::find(report.indifferent, "args.amount > 0.0 && true", &Survivor::after);
  ASSERT_NE(dropped, report.indifferent.end());
  EXPECT_TRUE(dropped->request.empty());
}

TEST(Mutation, ARuleWithoutTestsLetsEverythingLive) {
  auto sources = refunds_for_test();
  auto tests = std::exchange(sources.policies[0].tests, {});
  auto report = run_mutation(sources);
  EXPECT_EQ(report.killed, 0U);
  EXPECT_EQ(report.survivors.size() + report.indifferent.size() + report.refused, report.made);
  EXPECT_GT(report.survivors.size(), 20U);
}

TEST(Mutation, AMistakeThatTheCompilerFindsIsRefused) {
  auto sources = refunds_for_test();
  sources.policies[0].rules[2].all = {at_line("has(args.kind) && args.kind == 'full' && args.amount > 5000.0", 31)};
  auto report = run_mutation(sources);
  // Without its guard the optional field is an error, and 'full~' is no member of the enum.
  EXPECT_GE(report.refused, 3U);
}

TEST(TestReport, IsReadByPeopleAndMachines) {
  auto sources = refunds_for_test();
  sources.policies[0].tests[1].expect = Verdict::deny;
  sources.policies[0].tests[1].name = "200 <is> \"paid\"";
  auto failed = run(sources);
  EXPECT_FALSE(failed.passed());
  EXPECT_NE(to_text(failed, "reg").find("      reg/p.yaml:90: expected deny by small, got allow"), std::string::npos);
  auto json = json::Document::parse(to_json(failed));
  ASSERT_TRUE(json);
  EXPECT_EQ(json->root()["passed"].boolean(), false);
  EXPECT_EQ(json->root()["coverage"]["terms"].integer(), 4);
  auto junit = to_junit(failed, "reg");
  EXPECT_NE(junit.find(R"(<testsuite name="p" tests="5" failures="1">)"), std::string::npos);
  EXPECT_NE(junit.find(R"(name="200 &lt;is&gt; &quot;paid&quot;" file="reg/p.yaml" line="90">)"), std::string::npos);
}

}  // namespace
}  // namespace bw::analysis
