// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cel/arena.h"
#include "cel/environment.h"
#include "domain/action.h"
#include "domain/history.h"
#include "json/document.h"
#include "policy/input.h"
#include "policy/plan.h"

namespace bw::policy {

// Gives the variables of an action their values: those that expressions of its tool read, all but `facts`. What is bound
// lives in `arena`, the action, `args` and `history` (null: not known).
class Binding {
 public:
  static void bind(const Plan& plan, const ToolPlan& tool, const domain::Action& action, json::Value args,
                   const domain::RunHistory* history, cel::Activation& activation, cel::Arena& arena);

  // The same for every variable, whether the tool's rules read it or not.
  static void bind_all(const Plan& plan, const ToolPlan& tool, const domain::Action& action, json::Value args,
                       const domain::RunHistory* history, cel::Activation& activation, cel::Arena& arena);

  // The value of `facts`. It lives in `arena` and in the `texts` that it adds.
  static cel::Value facts(const Plan& plan, const Facts* known, cel::Arena& arena, std::vector<json::Document>& texts);
};

// Everything that can concern this action; null for a tool that the plan does not know.
const ToolPlan* plan_for(const Plan& plan, const domain::Action& action);

// Whether a rule or meter speaks of this action, as far as its tool does not say so already.
bool concerns(const domain::Match& match, const domain::Action& action);

}  // namespace bw::policy
