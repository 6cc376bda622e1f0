// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "analysis/outcome.h"
#include "analysis/requests.h"
#include "policy/compile.h"

namespace bw::analysis {

// A version of policy, ready to judge.
struct Version {
  policy::Sources sources;
  std::shared_ptr<const policy::Plan> plan;
};

// One way in which two versions decide differently, with a request that shows it.
struct Difference {
  Subject subject;
  std::string what;  // "verdict", "obligations" (the same verdict, other conditions), "meters"
  Outcome before, after;
  std::string witness;  // JSON that `bailiwick explain` and a test's `given` take
};

struct DifferenceReport {
  std::vector<Difference> differences;  // by subject; the first witness of each way
  std::vector<std::string> rules;       // ids of rules that were added, removed or changed
  std::size_t subjects = 0;             // looked at
  std::size_t requests = 0;             // judged by both
  std::vector<std::string> cut;         // subjects with more combinations than were tried
};

// Looks for requests that the two decide differently. What it finds is real: both were judged. That it finds nothing says
// that no combination of boundary values shows a difference, not that there is none. Pure and deterministic.
DifferenceReport compare(const Version& before, const Version& after, const RequestLimits& limits = {});

std::string to_text(const DifferenceReport& report);
std::string to_json(const DifferenceReport& report);

}  // namespace bw::analysis
