// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/diagnostic.h"
#include "cel/environment.h"
#include "domain/rules.h"
#include "policy/plan.h"

namespace bw::policy {

// What the tool behind a fact takes and answers, as far as its definition says: dyn otherwise.
struct FactSource {
  cel::Type arguments;
  cel::Type result;
};

// Makes ready what looking up `fact` takes, for an action whose variables these are. Reports arguments that its tool does
// not take or misses, a value of another type than declared, and a fact that reads facts: a look-up waits for no other.
PlannedFact compile_fact(const domain::Fact& fact, const cel::Environment& variables, const FactSource& source,
                         Diagnostics& diagnostics);

}  // namespace bw::policy
