// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "domain/decision.h"
#include "policy/observe.h"
#include "policy/plan.h"

namespace bw::policy {

// The tests that stand beside policies, run against the compiled plan.
struct TestResult {
  std::string policy;
  std::string name;
  bool passed = false;
  std::string message;  // what was expected and what came, with the values that decided
  Span where;
};

struct TestReport {
  std::vector<TestResult> results;
  std::vector<std::string> rules_uncovered;  // rules that determined no test's decision
  bool passed() const;
};

// Sees each test's decision with what judging it looked at.
using TestObserver = std::function<void(const domain::Decision&, const Observation&)>;

TestReport run_tests(const Plan& plan, const TestObserver& observer = {});

}  // namespace bw::policy
