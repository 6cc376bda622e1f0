// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/diagnostic.h"
#include "policy/plan.h"

namespace bw::policy {

// What compiles and is wrong all the same. Errors: a rule that no action can satisfy, and one that could by itself cost more
// than a decision may (decision_cost_max). Warnings: a condition that is always true; a rule that another always outranks
// or repeats; an allow, or an exception to a hold or deny, that rests on what the agent says of itself. A rule is reported
// when it is so for every tool it speaks of.
void lint(const Plan& plan, Diagnostics& diagnostics);

}  // namespace bw::policy
