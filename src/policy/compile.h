// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "domain/action.h"
#include "domain/rules.h"
#include "policy/plan.h"

namespace bw::policy {

// A tool that rules may speak of, with what is known of its arguments.
struct ToolShape {
  std::string name;  // "UPSTREAM/TOOL"
  std::string upstream;
  domain::ToolProfile profile;
  std::string input_schema;  // JSON Schema, or empty while the upstream has not been seen: arguments are then untyped
  std::string output_schema = {};  // of its structured result; empty when it declares none
};

// Everything a plan is made from. The registry and the pinned tool definitions provide it; this room knows neither.
struct Sources {
  std::vector<domain::Policy> policies;
  std::vector<domain::Meter> meters;
  std::vector<domain::Fact> facts;
  std::vector<ToolShape> tools;
  std::map<std::string, domain::Autonomy> workflows;
};

struct Compiled {
  std::shared_ptr<const Plan> plan;  // null when there are errors
  Diagnostics diagnostics;           // sorted; warnings too
};

// Checks every rule and meter against every tool it speaks of and makes the plan. Pure.
Compiled compile(const Sources& sources);

}  // namespace bw::policy
