// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "registry/things.h"

namespace bw::gateway {

// What stands before the names of an upstream's tools and prompts where agents see them.
std::string prefix_of(const registry::Upstream& upstream);

// Gives out names that no two things share. The same things asked for in the same order always get the same names: who
// comes first keeps the plain one, a later one gets a suffix that depends on where it comes from.
class ExposedNames {
 public:
  void reserve(std::string_view name) { taken_.emplace(name); }

  // `origin` ("UPSTREAM/TOOL") is unique.
  std::string give(std::string_view wanted, std::string_view origin);

 private:
  std::unordered_set<std::string> taken_;
};

}  // namespace bw::gateway
