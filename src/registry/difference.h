// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "registry/keys.h"
#include "registry/node.h"

namespace bw::registry {

// One difference between two lowered bodies of the same kind. The deepest place that explains it is named: a list without
// order differs in its elements, a map in its members, and only what is indivisible differs as a whole.
struct Difference {
  std::vector<std::string> steps;  // {"rules", "refund.small", "effect"}
  std::string path;                // "rules[refund.small].effect"
  const Node* before = nullptr;    // null: added
  const Node* after = nullptr;     // null: removed
};

// The nodes of the result are those of `before` and `after`.
std::vector<Difference> differences(const Node& before, const Node& after, const Shape& shape);

}  // namespace bw::registry
