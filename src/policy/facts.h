// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "domain/action.h"
#include "json/document.h"
#include "policy/plan.h"

namespace bw::policy {

// One thing to ask before an action can be judged. Points into the plan.
struct LookUp {
  const PlannedFact* planned = nullptr;
  std::string arguments;  // JSON object, keys sorted: equal questions are spelled alike
  std::string problem;    // why it cannot even be asked: an argument that is an error; else empty

  const domain::Fact& fact() const { return *planned->fact; }
};

// Whether rules or meters that can speak of this action read any fact.
bool reads_facts(const Plan& plan, const domain::Action& action);

// What to look up for this action: the facts that its rules and meters read, and no others. Pure.
std::vector<LookUp> look_ups(const Plan& plan, const domain::Action& action, json::Value args);

// The fact's value in what its source answered, as JSON of the declared type. A whole number that was written with a
// fraction of zero is an int. Errors: invalid_argument, which says what was found instead; strings are at most 4 KiB.
Result<std::string> fact_value(const Plan& plan, const LookUp& asked, const domain::Action& action, json::Value args,
                               json::Value result);

}  // namespace bw::policy
