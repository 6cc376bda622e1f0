// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "domain/decision.h"
#include "policy/observe.h"
#include "policy/plan.h"

namespace bw::analysis {

// How far the tests went into one term: it should have been seen both true and false.
struct TermCoverage {
  std::string rule;
  std::string text;
  Span where;
  bool seen_true = false, seen_false = false, seen_error = false;

  bool full() const { return seen_true && seen_false; }
  // "never true", "never false", "never reached", or "" when nothing is missing.
  std::string_view missing() const;
};

struct RuleCoverage {
  std::string rule;
  Span where;
  bool decided = false;  // it was a determining rule of some test
};

// What the tests of a plan showed of its rules. Feed it the decision and the observation of each test.
class Coverage {
 public:
  explicit Coverage(const policy::Plan& plan);
  void add(const domain::Decision& decision, const policy::Observation& observation);

  const std::vector<RuleCoverage>& rules() const { return rules_; }
  const std::vector<TermCoverage>& terms() const { return terms_; }  // in the order of the files
  std::size_t rules_decided() const;
  std::size_t terms_full() const;

 private:
  using Spot = std::tuple<std::string, int, int, std::string>;  // file, line, column, text
  std::vector<RuleCoverage> rules_;
  std::vector<TermCoverage> terms_;
  std::map<std::string, std::size_t, std::less<>> rule_at_;
  std::map<Spot, std::size_t> term_at_;
};

}  // namespace bw::analysis
