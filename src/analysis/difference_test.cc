// SPDX-License-Identifier: Apache-2.0
#include "analysis/difference.h"

#include <gtest/gtest.h>

#include "analysis/explanation.h"
#include "analysis/policies_for_test.h"
#include "analysis/request_tree.h"
#include "analysis/values.h"
#include "json/document.h"
#include "policy/schema_type.h"

namespace bw::analysis {
namespace {

using domain::Verdict;

Version version(policy::Sources sources) {
  auto compiled = policy::compile(sources);
  for (const auto& d : compiled.diagnostics) EXPECT_NE(d.severity, Severity::error) << d.message;
  return {std::move(sources), compiled.plan};
}

TEST(Compare, ARegistryDoesNotDifferFromItself) {
  auto same = version(refunds_for_test());
  auto report = compare(same, same);
  EXPECT_TRUE(report.differences.empty());
  EXPECT_TRUE(report.rules.empty());
  EXPECT_EQ(report.requests, 0U);
}

// A limit moved by one cent is found, at exactly that cent.
TEST(Compare, FindsTheEdgeThatMoved) {
  auto before = version(refunds_for_test());
  auto sources = refunds_for_test();
  sources.policies[0].rules[1].all = {at_line("args.amount > 200.01", 21)};
  sources.policies[0].rules[0].all = {at_line("args.amount > 0.0 && args.amount <= 200.01", 11)};
  auto report = compare(before, version(sources));
  ASSERT_EQ(report.differences.size(), 1U);
  const auto& found = report.differences[0];
  EXPECT_EQ(found.before.verdict, Verdict::hold);
  EXPECT_EQ(found.after.verdict, Verdict::allow);
  auto request = json::Document::parse(found.witness);
  EXPECT_DOUBLE_EQ(*request->root()["args"]["amount"].number(), 200.01);
  EXPECT_EQ(report.rules, (std::vector<std::string>{"large", "small"}));
}

// Several attributes must come together: an enum, a list's element, a flag that may be absent, a fact, a time.
TEST(Compare, PutsAttributesTogether) {
  auto base = refunds_for_test();
  base.facts.push_back({.name = "risk", .file = "risk.json", .value = at_line("result", 60), .type = "double"});
  auto before = version(base);
  base.policies[0].rules.push_back(rule_for_test(
      "night", Verdict::deny,
      {at_line(
           "has(args.kind) && args.kind == 'partial' && has(args.to) && args.to.exists(t, t.endsWith('@evil.example'))",
           41),
       at_line("args.?urgent.orValue(false) && facts.risk >= 0.7 && now.getHours() >= 22", 42)}));
  auto report = compare(before, version(base));
  ASSERT_FALSE(report.differences.empty());
  EXPECT_EQ(report.differences[0].after.verdict, Verdict::deny);
  EXPECT_EQ(report.differences[0].after.rules, std::vector<std::string>{"night"});
}

TEST(Compare, OtherReviewersAreADifference) {
  auto sources = refunds_for_test();
  sources.policies[0].rules[1].obligations = {{"approve", R"({"from":["ana"]})", {}}};
  auto before = version(sources);
  sources.policies[0].rules[1].obligations = {{"approve", R"({"from":["ben"]})", {}}};
  auto report = compare(before, version(sources));
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_EQ(report.differences[0].what, "obligations");
}

TEST(Compare, AToolThatIsGoneIsDenied) {
  auto sources = refunds_for_test();
  auto before = version(sources);
  sources.tools.clear();
  sources.policies[0].rules.clear();
  auto report = compare(before, version(sources));
  ASSERT_FALSE(report.differences.empty());
  EXPECT_EQ(report.differences[0].after.rules, std::vector<std::string>{"builtin/unknown"});
}

TEST(Compare, LessAutonomyIsADifference) {
  auto sources = refunds_for_test();
  auto before = version(sources);
  sources.workflows["desk"] = domain::Autonomy::read_only;
  auto report = compare(before, version(sources));
  ASSERT_FALSE(report.differences.empty());
  EXPECT_EQ(report.differences[0].before.verdict, Verdict::allow);
  EXPECT_EQ(report.differences[0].after.verdict, Verdict::hold);
}

TEST(Compare, SaysWhatItDidNotTry) {
  auto sources = refunds_for_test();
  auto before = version(sources);
  sources.policies[0].rules[2].all = {at_line("args.amount > 4000.0", 31)};
  auto report = compare(before, version(sources), {.requests_max = 3});
  EXPECT_EQ(report.cut, std::vector<std::string>{"desk/refund"});
  EXPECT_NE(to_text(report).find("not every combination"), std::string::npos);
}

TEST(Explain, ShowsRulesConditionsTermsAndValues) {
  auto version_now = version(refunds_for_test());
  auto explanation = explain(*version_now.plan, R"({"tool":"desk/refund","args":{"amount":940}})");
  ASSERT_TRUE(explanation);
  auto text = to_text(*explanation, "reg");
  EXPECT_TRUE(text.starts_with("hold: rule large holds it")) << text;
  EXPECT_NE(text.find("  allow small: does not count   reg/p.yaml:10\n"), std::string::npos) << text;
  EXPECT_NE(text.find("         * false  args.amount <= 200.0   (args.amount = 940.0)\n"), std::string::npos) << text;
  auto json = json::Document::parse(to_json(*explanation));
  ASSERT_TRUE(json);
  EXPECT_EQ(json->root()["rules"].size(), 3U);
  EXPECT_EQ(json->root()["rules"].at(0)["conditions"].at(0)["terms"].at(1)["read"]["args.amount"].string(), "940.0");
}

TEST(Explain, RefusesWhatIsNoRequest) {
  auto version_now = version(refunds_for_test());
  struct Case {
    std::string_view request, message;
  };
  for (Case c : {Case{R"({"tool":"desk/refund","arg":{}})", "unknown key `arg`: did you mean `args`?"},
                 {R"({"tool":"desk/refund","args":[]})", "`args` must be an object"},
                 {R"({"tool":7})", "`tool` must be a string"},
                 {"[]", "a request is a JSON object"},
                 {R"({"tool":"desk/x"})", "no tool `desk/x` in the registry"}}) {
    auto explanation = explain(*version_now.plan, c.request);
    ASSERT_FALSE(explanation) << c.request;
    EXPECT_EQ(explanation.error().message, c.message);
  }
}

TEST(Values, AreTheConstantsAndTheirNeighbours) {
  auto schema = json::Document::parse(
      R"({"type":"object","required":["n","s","kind"],"properties":{"n":{"type":"integer"},"s":{"type":"string"},
          "kind":{"enum":["a","b"]},"tags":{"type":"array","items":{"type":"string"}},"x":{"type":"number"}}})");
  auto of = [&](std::string text, const std::string& path) {
    Values values(policy::schema_type(schema->root(), "args"));
    values.add(at_line(std::move(text), 1));
    std::string out;
    auto all = values.all();
    for (const auto& value : all[path]) out += (out.empty() ? "" : " ") + value.value_or("absent");
    return out;
  };
  EXPECT_EQ(of("args.n >= 5", "args.n"), "4 5 6");
  EXPECT_EQ(of("args.x < 0.25", "args.x"), "absent 0.24 0.25 0.26");
  EXPECT_EQ(of("args.kind == 'a'", "args.kind"), R"("a" "b")");
  EXPECT_EQ(of("args.s.startsWith('ab')", "args.s"), R"("ab" "abx" "xab" "")");
  EXPECT_EQ(of("size(args.s) > 2", "args.s"), R"("x" "xx" "xxx")");
  EXPECT_EQ(of("args.tags.all(t, t == 'q')", "args.tags"), R"([] ["q"] ["qx"] ["xq"] [""] ["q","qx"])");
  EXPECT_EQ(of("args.s in ['a', 'b']", "args.s"), R"("a" "ax" "xa" "" "b" "bx" "xb")");
  EXPECT_EQ(of("now < timestamp('2027-01-01T00:00:00Z')", "now"),
            R"("2026-12-31T23:59:59.000Z" "2027-01-01T00:00:00.000Z" "2027-01-01T00:00:01.000Z")");
}

TEST(RequestTree, ChangesOnePlaceAndKeepsTheRest) {
  auto document = json::Document::parse(R"({"b":{"x":1.50,"y":[1, 2]},"a":"q"})");
  auto tree = RequestTree::from(document->root());
  std::vector<std::string> x{"b", "x"}, deep{"c", "d", "e"}, a{"a"};
  tree.set(x, "2");
  tree.set(deep, "{\"f\":null}");
  tree.set(a, std::nullopt);
  EXPECT_EQ(tree.text(), R"({"b":{"x":2,"y":[1, 2]},"c":{"d":{"e":{"f":null}}}})");
  EXPECT_TRUE(tree.has(deep));
  EXPECT_FALSE(tree.has(a));
}

}  // namespace
}  // namespace bw::analysis
