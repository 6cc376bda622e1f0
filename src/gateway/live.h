// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/diagnostic.h"
#include "policy/compile.h"
#include "registry/snapshot.h"

namespace bw::gateway {

// What is in force at one moment. An action takes both once and keeps them to its end.
struct Live {
  std::shared_ptr<const registry::Snapshot> snapshot;
  std::shared_ptr<const policy::Plan> plan;
};

// Tool definitions by "UPSTREAM/TOOL", as JSON; what the plan types arguments with.
using Definitions = std::map<std::string, std::string>;

// Everything the policy room needs of a snapshot, with the schemas of the definitions that are known.
policy::Sources policy_sources(const registry::Snapshot& snapshot, const Definitions& definitions);

// The rules of `snapshot` compiled; diagnostics say what does not fit. `plan` is null when something is wrong.
policy::Compiled compile_policy(const registry::Snapshot& snapshot, const Definitions& definitions);

}  // namespace bw::gateway
