// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/diagnostic.h"
#include "registry/keys.h"
#include "registry/node.h"

namespace bw::registry {

// Checks a value that is no object of ours and brings it into its one spelling.
void check_leaf(Node& node, const Type& type, Diagnostics& diagnostics);

std::string mismatch(const Node& node, const Type& type);  // "expected a duration …, found a whole number"
std::string remedy(const Node& node, const Type& type);    // "put quotes around it"; may be empty

}  // namespace bw::registry
