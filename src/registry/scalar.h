// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "registry/node.h"

namespace bw::registry {

// What an unquoted scalar is by the core schema of YAML 1.2. Errors: a number that other readers would take differently
// (leading zeros) or that nobody can hold.
Result<Node> read_plain(std::string_view text);

}  // namespace bw::registry
