// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "analysis/coverage.h"
#include "analysis/mutation.h"
#include "policy/test_runner.h"

namespace bw::analysis {

// What `bailiwick test` found out.
struct TestRun {
  policy::TestReport tests;
  Coverage coverage;
  std::optional<MutationReport> mutation;  // when it was asked for and the tests passed

  bool passed() const { return tests.passed() && !tests.results.empty() && (!mutation || mutation->passed()); }
};

// Runs the tests and records what they covered.
TestRun run_covered(const policy::Plan& plan);

// For people. `folder` goes before file names.
std::string to_text(const TestRun& run, const std::string& folder);
std::string to_json(const TestRun& run);

// JUnit XML as CI systems read it: one suite per policy and one for the mutants, in which each survivor is a failure.
std::string to_junit(const TestRun& run, const std::string& folder);

}  // namespace bw::analysis
