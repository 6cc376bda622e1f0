// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "registry/difference.h"

namespace bw::registry {

// Why this difference in a document of that kind can make something possible that was not, or empty.
std::string widens(const std::string& kind, const Difference& difference);

}  // namespace bw::registry
