// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "registry/keys.h"

// What more than one part of the table in keys.h refers to.
namespace bw::registry {

const std::vector<std::string>& environments();
const Shape& credential_shape();

inline std::vector<std::string> spelled(std::span<const std::string> words) { return {words.begin(), words.end()}; }

}  // namespace bw::registry
