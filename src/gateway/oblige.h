// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "domain/action.h"
#include "domain/decision.h"
#include "gateway/path.h"
#include "policy/obligations.h"

namespace bw::gateway {

// An action whose arguments policy obliges to change is judged twice: as it was asked for, and as it will be sent. These are the
// steps between and after; all are pure. `obligations` are those of the decision, joined.

// Joins what the decision obliges to, and changes the arguments as it asks for. What cannot be carried out makes it a deny. No
// change: the decision stands.
std::vector<domain::ArgumentChange> oblige(domain::Decision& decision, policy::Obligations& obligations,
                                           domain::Action& action, CarriedOutBy by);

// `decision` is about the action with these changes. It is a deny when its own obligations would change the action again, and
// what was said of the action as it was asked for counts too, where that is stricter.
void conclude(domain::Decision& decision, policy::Obligations& obligations, domain::Action& action, CarriedOutBy by,
              domain::Decision asked, std::vector<domain::ArgumentChange> changes);

}  // namespace bw::gateway
