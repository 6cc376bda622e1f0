// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/diagnostic.h"
#include "registry/node.h"

namespace bw::registry {

// Rewrites the tests of a policy that say `like: FIXTURE` into tests that say everything themselves, and takes the fixtures
// away. What a test says itself counts; within `args`, `facts`, `meters` and `run` member by member.
void use_fixtures(Node& policy, Diagnostics& diagnostics);

}  // namespace bw::registry
