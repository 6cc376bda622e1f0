// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/action.h"
#include "domain/decision.h"
#include "policy/observe.h"
#include "policy/plan.h"

namespace bw::analysis {

// What policy says of one imagined request, with every rule that concerns it, every condition and every value. Borrows the
// rules from the plan.
struct Explanation {
  domain::Action action;
  domain::Decision decision;
  policy::Observation observation;
};

// `request` is JSON as a test's `given` writes it. Errors: those of policy::Request.
Result<Explanation> explain(const policy::Plan& plan, std::string_view request);

// A tree for people: the verdict, then each rule with its conditions and, below, their terms. `folder` goes before files.
std::string to_text(const Explanation& explanation, const std::string& folder);
std::string to_json(const Explanation& explanation);

}  // namespace bw::analysis
