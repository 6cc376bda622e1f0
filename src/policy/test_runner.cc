// SPDX-License-Identifier: Apache-2.0
#include "policy/test_runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "policy/judge.h"

namespace bw::policy {
namespace {

// A test's `given` as an action. A workflow that is left out is the only one there is; other names that are left out get one
// that no rule is likely to name.
struct Given {
  domain::Action action;
  std::string args = "{}";
  std::map<std::string, std::optional<std::string>> facts;
};

std::string text(json::Value value, std::string_view otherwise = {}) {
  return std::string(value.string().value_or(otherwise));
}

Result<Given> read(const Plan& plan, const domain::PolicyTest& test) {
  BW_TRY(auto document, json::Document::parse(test.given));
  auto root = document.root();
  Given given;
  given.action.kind = root["resource"] ? domain::ActionKind::resource
                      : root["prompt"] ? domain::ActionKind::prompt
                                       : domain::ActionKind::tool;
  given.action.name = text(root["resource"], text(root["prompt"], text(root["tool"])));
  given.action.upstream = text(root["upstream"], given.action.name.substr(0, given.action.name.find('/')));
  given.action.principal = {
      text(root["agent"], "test-agent"),
      text(root["workflow"], plan.only_workflow().empty() ? "test-workflow" : plan.only_workflow()), "", "test"};
  given.action.run = text(root["run"], "run_test");
  given.action.at_ms = 1'800'000'000'000;
  if (auto now = root["now"].string()) {
    BW_TRY(given.action.at_ms, parse_time(*now));
  }
  if (given.action.kind == domain::ActionKind::tool) {
    const auto* profile = plan.profile(given.action.name);
    if (!profile) return fail(Code::not_found, fmt::format("no tool `{}` in the registry", given.action.name));
    given.action.profile = *profile;
  } else {
    given.action.profile.tier = domain::Tier::read;
  }
  if (auto environment = root["environment"].string()) given.action.profile.environment = *environment;
  given.action.principal.environment = given.action.profile.environment;
  if (root["args"]) given.args = root["args"].raw();
  for (auto [name, value] : root["facts"].members()) {
    bool unavailable = value.string() == "unavailable";
    given.facts[std::string(name)] = unavailable ? std::nullopt : std::optional(std::string(value.raw()));
  }
  return given;
}

std::string describe(const domain::Decision& decision) {
  std::string out = decision.reason;
  auto add = [&out](const domain::RuleResult& rule, std::string_view how) {
    for (const auto& term : rule.terms)
      out += fmt::format("\n      {} {}: {} is {}", rule.rule, how, term.text, term.value);
    if (!rule.error.empty()) out += fmt::format("\n      {} {}: {}", rule.rule, how, rule.error);
  };
  for (const auto& rule : decision.determining) add(rule, "satisfied");
  for (const auto& rule : decision.unmet) add(rule, "not satisfied");
  return out;
}

bool determined_by(const domain::Decision& decision, std::string_view rule) {
  return std::ranges::any_of(decision.determining, [&](const auto& r) { return r.rule == rule; });
}

TestResult run_test(const Plan& plan, const domain::Policy& policy, const domain::PolicyTest& test,
                    std::set<std::string>& covered) {
  TestResult result{policy.name, test.name, false, {}, test.where};
  auto given = read(plan, test);
  if (!given) {
    result.message = given.error().message;
    return result;
  }
  auto args = json::Document::parse(given->args);
  auto decision = judge(plan, {.action = given->action, .args = args->root(), .facts = &given->facts});
  for (const auto& rule : decision.determining) covered.insert(rule.rule);
  bool same_rule = test.expect_rule.empty() || determined_by(decision, test.expect_rule);
  result.passed = decision.verdict == test.expect && same_rule;
  if (!result.passed) {
    std::string by = test.expect_rule.empty() ? "" : fmt::format(" by {}", test.expect_rule);
    result.message =
        fmt::format("expected {}{}, got {}: {}", name(test.expect), by, name(decision.verdict), describe(decision));
  }
  return result;
}

}  // namespace

bool TestReport::passed() const {
  return std::ranges::all_of(results, [](const TestResult& r) { return r.passed; });
}

TestReport run_tests(const Plan& plan) {
  TestReport report;
  std::set<std::string> covered;
  for (const domain::Policy& policy : plan.policies()) {
    for (const domain::PolicyTest& test : policy.tests) report.results.push_back(run_test(plan, policy, test, covered));
  }
  for (const domain::Policy& policy : plan.policies()) {
    for (const domain::Rule& rule : policy.rules) {
      if (!covered.contains(rule.id)) report.rules_uncovered.push_back(rule.id);
    }
  }
  return report;
}

}  // namespace bw::policy
