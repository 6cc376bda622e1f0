// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "registry/documents.h"

namespace bw::registry {

// What a Refunds document means: a Policy with the rules NAME.auto, NAME.human and NAME.never, and Meters, both called like it.
// Every part stands at the line of the terms that it comes from. Reports terms that contradict each other.
std::vector<Document> become_refunds(const Document& terms, Diagnostics& diagnostics);

}  // namespace bw::registry
