// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "analysis/mutants.h"
#include "policy/compile.h"

namespace bw::analysis {

// A mutant under which every test still passes: a mistake that nobody would notice.
struct Survivor {
  std::string rule;
  Span where;
  std::string change, before, after;
  // A request that the two decide differently, as a test's `given`, and what is said of it without and with the mistake:
  // the test that is missing.
  std::string request;
  domain::Verdict right = domain::Verdict::deny, wrong = domain::Verdict::deny;
};

struct MutationReport {
  std::size_t made = 0;
  std::size_t killed = 0;   // a test failed
  std::size_t refused = 0;  // it does not compile: `bailiwick check` finds it
  std::vector<Survivor> survivors;
  // No request was found that it changes, because another rule says the same: no test can kill it. They do not count
  // against the tests, and show where rules overlap.
  std::vector<Survivor> indifferent;

  bool passed() const { return survivors.empty(); }
};

// Called with mutants done and to do.
using Progress = std::function<void(std::size_t, std::size_t)>;

// Makes every mutant of every rule and runs the tests against each. The tests must pass on `sources` as they are. Pure; the
// cost is one compilation and one run of the rule's own tests per mutant.
MutationReport run_mutation(const policy::Sources& sources, const Progress& progress = {});

// What one rule can make a difference to: the tools that it speaks of (of these only the tested ones, when `tested` and there
// are any), the rules that speak of them too, and their tests. Everything that judges these is left in.
policy::Sources concern(const policy::Sources& sources, const domain::Rule& rule, bool tested);

}  // namespace bw::analysis
