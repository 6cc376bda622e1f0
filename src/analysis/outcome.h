// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/decision.h"
#include "policy/plan.h"

namespace bw::analysis {

// What a version of policy says of one imagined request, as far as two versions can be compared by it.
struct Outcome {
  domain::Verdict verdict = domain::Verdict::deny;
  std::vector<std::string> rules;  // determining, sorted
  std::string obligations;         // as JSON
  std::string charges;             // what it adds to which meters, as JSON
  std::string reason;

  bool operator==(const Outcome&) const = default;
};

Outcome outcome_of(const domain::Decision& decision);

// A request that this version cannot judge (a tool that it does not have) is denied, by `builtin/unknown`.
Outcome outcome_of(const policy::Plan& plan, std::string_view request);

}  // namespace bw::analysis
