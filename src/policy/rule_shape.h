// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cel/shape.h"
#include "policy/attribute_index.h"
#include "policy/plan.h"

namespace bw::policy {

// A rule's conditions for one tool, taken apart for checks that compare rules: which values of each attribute leave the rule
// standing, as far as comparisons with constants say so. For authors, at load: it allocates freely.
class RuleShape {
 public:
  // One predicate that the rule rests on, by itself.
  struct Part {
    cel::Program program;
    Role role;
    std::optional<cel::Test> test;  // when it is a comparison that can be reasoned about
  };

  RuleShape(const PlannedRule& planned, const cel::Environment& environment);

  const domain::Rule& rule() const { return *planned_->rule; }
  const std::vector<Part>& parts() const { return parts_; }

  // The parts that no value of their attribute can satisfy together; empty when there is none such attribute.
  std::vector<const Part*> contradiction() const;

  // The `any` of which some item holds whatever the value: "args.n > 3", "args.n <= 3".
  std::vector<const Part*> tautology() const;

  // Whether `other` is satisfied by everything that satisfies this: for the same tool, and as far as this can see.
  bool is_covered_by(const RuleShape& other) const;

 private:
  bool implies(const Part& part) const;
  std::vector<const Part*> about(const cel::Reading& reading) const;

  const PlannedRule* planned_;
  std::vector<Part> parts_;
};

}  // namespace bw::policy
