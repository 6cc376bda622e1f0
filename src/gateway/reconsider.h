// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "domain/action.h"
#include "domain/decision.h"
#include "domain/history.h"
#include "gateway/live.h"
#include "policy/judge.h"

namespace bw::gateway {

// What a registry says of an action, asked without the action: as the path would resolve and judge it, from values alone. For
// what was decided before, by this registry or another. Pure.

// What an action refers to, before any policy is asked.
struct Standing {
  std::optional<domain::ToolProfile> profile = std::nullopt;  // none: it may not be used at all
  std::string refused = {};                                   // then the built-in that refuses it
  const policy::ToolPlan* plan = nullptr;                     // owned by the Live; null when no rule can concern it
  bool external = false;
};

// Declared, granted to agent and workflow, in the environment of the token, and not a misfit. Of `action` its principal, kind,
// upstream and name are read. Whether the upstream is there, and offers it, is a matter of the moment and not looked at.
Standing standing(const Live& live, const domain::Action& action);

// The decision on `action` with its arguments as they were asked for; its profile is the standing's. An action without arguments
// that can be read is denied.
domain::Decision reconsider(policy::Judge& judge, const Live& live, const Standing& standing, domain::Action action,
                            const policy::Facts& facts, const domain::RunHistory* history);

}  // namespace bw::gateway
