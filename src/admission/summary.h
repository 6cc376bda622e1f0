// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admission/change.h"

namespace bw::admission {

// What is recorded of a decision. `checks` is JSON {"reason","determining":[…],"unmet":[…],"facts":[…],"changes":[…],"run":{…},
// "obligations":[…]} with each rule's terms and the values that decided them, each fact's source, value and age, and how much of
// its run was known to rules that look back.
DecisionSummary summarize(const domain::Decision& decision);

}  // namespace bw::admission
