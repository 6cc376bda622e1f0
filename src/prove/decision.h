// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/plan.h"
#include "prove/universe.h"

namespace bw::prove {

// What the judge (policy/judge.h) says of all requests at once: rules with their errors to the stricter side, the built-ins
// that no policy can loosen, and meters whose amount cannot be computed. Exactly one of the verdicts holds.
struct Decision {
  z3::expr deny, hold, allow;
  Value verdict, approvers, obligations;  // as an invariant's `must` reads them
};

Decision decide(Universe& universe);

// Whether a rule, meter or invariant whose tool is matched already speaks of the request.
z3::expr concerns(const Universe& universe, const domain::Match& match);

}  // namespace bw::prove
