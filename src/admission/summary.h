// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admission/change.h"

namespace bw::admission {

// What is recorded of a decision. `checks` is JSON {"reason","determining":[…],"unmet":[…],"facts":[…],"changes":[…],"obligations":[…]}
// with each rule's terms and the values that decided them, and each fact's source, value and age.
DecisionSummary summarize(const domain::Decision& decision);

}  // namespace bw::admission
