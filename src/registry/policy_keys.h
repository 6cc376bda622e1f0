// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "registry/keys.h"

// The part of the table in keys.h that policy is written in: rules, their tests, facts, meters, and terms that become them.
namespace bw::registry {

const std::vector<const Shape*>& policy_kinds();

}  // namespace bw::registry
