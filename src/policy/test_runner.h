// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

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

TestReport run_tests(const Plan& plan);

}  // namespace bw::policy
