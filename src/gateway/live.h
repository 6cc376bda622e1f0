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
  // Tools ("UPSTREAM/TOOL") that policy does not fit, with why: they cannot be called until one of the two changes.
  std::shared_ptr<const std::map<std::string, std::string>> misfits;
};

// Tool definitions by "UPSTREAM/TOOL", as JSON; what the plan types arguments with.
using Definitions = std::map<std::string, std::string>;

// Everything the policy room needs of a snapshot, with the schemas of the definitions that are known.
policy::Sources policy_sources(const registry::Snapshot& snapshot, const Definitions& definitions);

// The rules of `snapshot` compiled; diagnostics say what does not fit. `plan` is null when something is wrong.
policy::Compiled compile_policy(const registry::Snapshot& snapshot, const Definitions& definitions);

// A snapshot made ready to judge by. A tool whose definition the rules do not fit becomes a misfit instead of keeping
// everything else from running. Errors are in `diagnostics` (and `live.plan` is null) only when the rules are wrong by
// themselves, whatever the definitions. Pure; takes milliseconds, so do it on a pool.
struct Prepared {
  Live live;
  Diagnostics diagnostics;
};
Prepared prepare(std::shared_ptr<const registry::Snapshot> snapshot, const Definitions& definitions);

}  // namespace bw::gateway
