// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cel/environment.h"
#include "domain/decision.h"
#include "policy/input.h"
#include "policy/plan.h"

namespace bw::policy {

// Adds what an invariant's `must` reads of a decision: `verdict`, `approvers` and `obligations`.
void declare_outcome(cel::Environment& environment, Slots& slots);

// Kinds of what a decision obliges to, sorted, each once; and whom its approvals name, likewise.
std::vector<std::string> obligation_kinds(const std::vector<domain::Obligation>& obligations);
std::vector<std::string> approvers(const std::vector<domain::Obligation>& obligations);

enum class Kept : std::uint8_t {
  silent,  // it does not speak of this action: it does not match, or `when` is not true
  kept,
  broken,  // `must` is false, or cannot be evaluated
};

// Whether a decision about this action keeps an invariant of its tool. Pure; for authors, it allocates freely.
Kept check(const Plan& plan, const PlannedInvariant& invariant, const Input& input, const domain::Decision& decision);

}  // namespace bw::policy
