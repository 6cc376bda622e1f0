// SPDX-License-Identifier: Apache-2.0
#include "policy/test_runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/judge.h"
#include "policy/request.h"

namespace bw::policy {
namespace {

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

// The first meter without room for what policy allows, as admission would find it; null when there is room.
const domain::Charge* refusing(const domain::Decision& decision, const std::map<std::string, std::int64_t>& counted) {
  if (decision.verdict != domain::Verdict::allow) return nullptr;
  auto full = std::ranges::find_if(decision.charges, [&](const domain::Charge& charge) {
    auto so_far = counted.find(charge.meter);
    return charge.amount > charge.limit - (so_far == counted.end() ? 0 : std::min(so_far->second, charge.limit));
  });
  return full == decision.charges.end() ? nullptr : &*full;
}

TestResult run_test(const Plan& plan, const domain::Policy& policy, const domain::PolicyTest& test,
                    std::set<std::string>& covered, const TestObserver& observer) {
  TestResult result{policy.name, test.name, false, {}, test.where};
  auto request = Request::parse(plan, test.given);
  if (!request) {
    result.message = request.error().message;
    return result;
  }
  Observation observation;
  auto input = request->input();
  if (observer) input.observation = &observation;
  auto decision = judge(plan, input);
  if (observer) observer(decision, observation);
  for (const auto& rule : decision.determining) covered.insert(rule.rule);
  const domain::Charge* full = refusing(decision, request->meters());
  auto verdict = full ? domain::Verdict::deny : decision.verdict;
  bool same_rule = test.expect_rule.empty() || determined_by(decision, test.expect_rule);
  bool same_meter = test.expect_meter.empty() || (full && full->meter == test.expect_meter);
  result.passed = verdict == test.expect && same_rule && same_meter;
  if (!result.passed) {
    std::string by = test.expect_rule.empty() ? "" : fmt::format(" by {}", test.expect_rule);
    if (!test.expect_meter.empty()) by += fmt::format(" by meter {}", test.expect_meter);
    std::string what =
        full ? fmt::format("meter {} has no room for {} more, its limit is {}", full->meter, full->amount, full->limit)
             : describe(decision);
    result.message = fmt::format("expected {}{}, got {}: {}", name(test.expect), by, name(verdict), what);
  }
  return result;
}

}  // namespace

bool TestReport::passed() const {
  return std::ranges::all_of(results, [](const TestResult& r) { return r.passed; });
}

TestReport run_tests(const Plan& plan, const TestObserver& observer) {
  TestReport report;
  std::set<std::string> covered;
  for (const domain::Policy& policy : plan.policies()) {
    for (const domain::PolicyTest& test : policy.tests)
      report.results.push_back(run_test(plan, policy, test, covered, observer));
  }
  for (const domain::Policy& policy : plan.policies()) {
    for (const domain::Rule& rule : policy.rules) {
      if (!covered.contains(rule.id)) report.rules_uncovered.push_back(rule.id);
    }
  }
  return report;
}

}  // namespace bw::policy
