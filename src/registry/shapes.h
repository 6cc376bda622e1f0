// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "registry/keys.h"

namespace bw::registry {

// Every shape of the table: each kind, followed by the shapes of its parts that were not met before.
std::vector<const Shape*> all_shapes();

}  // namespace bw::registry
