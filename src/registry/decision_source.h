// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "registry/documents.h"

namespace bw::registry {

// What a DecisionSource means: Facts with one fact that asks it, and a Policy with the rules NAME.deny and NAME.hold, which read
// that fact. Both are called like it. A fact that cannot be known makes both rules count, so whatever keeps the source from
// answering denies; the hold only tightens, so nothing that the source says opens anything.
std::vector<Document> become_decision_source(const Document& source, Diagnostics& diagnostics);

}  // namespace bw::registry
