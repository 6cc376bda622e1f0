// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cel/environment.h"
#include "domain/decision.h"
#include "policy/plan.h"

namespace bw::policy {

// One rule's part in a decision, for values that are bound: whether it is satisfied, the terms that decided it with their
// values, and the error that went to the stricter side. The values come out of the evaluator that decides, while it
// decides; the rule is read as its author wrote it, condition by condition.
domain::RuleResult explain(const PlannedRule& planned, const cel::Activation& activation, cel::Arena& arena);

}  // namespace bw::policy
