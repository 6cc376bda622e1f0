// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/diagnostic.h"
#include "registry/documents.h"

namespace bw::registry {

// Follows every name that one document gives of another: it must exist, an owner must be an active human, a team that
// decides or is told must have one. A pattern that fits nothing is a warning.
void resolve(const Documents& documents, Diagnostics& diagnostics);

}  // namespace bw::registry
