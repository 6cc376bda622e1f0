// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cel/environment.h"
#include "domain/decision.h"
#include "policy/observe.h"
#include "policy/plan.h"

namespace bw::policy {

// Tells one rule's part in a decision, for values that are bound: whether it is satisfied, the terms that decided it with their
// values, and the error that went to the stricter side. The rule is read as its author wrote it, condition by condition; a comparison
// with constants says its part from the attribute that it reads, for anything else the evaluator says what it looked at.
//
// Keeps its memory: one for all rules of a decision. The values must outlive it.
class Explainer {
 public:
  Explainer(const cel::Activation& activation, cel::Arena& arena) : activation_(activation), arena_(arena) {}

  domain::RuleResult explain(const PlannedRule& planned);

 private:
  // What one condition said. What people read of it is written only for those that count.
  struct Said {
    Truth truth = Truth::error;
    const Condition* condition = nullptr;
    std::optional<Comparison::Seen> seen;  // else its trace
    std::size_t trace = 0;
  };

  Truth weigh(const PlannedRule& planned);
  Said one_of(const PlannedRule& planned);
  Said ask(const Condition& condition);
  void write(const Said& said, std::vector<domain::Term>& terms) const;

  const cel::Activation& activation_;
  cel::Arena& arena_;
  std::vector<Said> shown_;  // of the rule that is being told
  std::vector<cel::Trace> traces_;
  std::size_t traced_ = 0;
  std::string error_;  // of its first condition that failed
};

}  // namespace bw::policy
