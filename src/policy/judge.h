// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "domain/action.h"
#include "domain/decision.h"
#include "domain/history.h"
#include "json/document.h"
#include "policy/observe.h"
#include "policy/plan.h"

namespace bw::policy {

// What is known of one action when it is judged. Borrowed for the call.
struct Input {
  const domain::Action& action;
  json::Value args;
  // Values of facts that were looked up: JSON, or nothing when the lookup failed. A fact that is not here is unavailable.
  const std::map<std::string, std::optional<std::string>>* facts = nullptr;
  const domain::RunHistory* history = nullptr;  // of its run, before it; null: not known
  Observation* observation = nullptr;           // filled when given; slower
};

// What policy says of an action. Pure: time is action.at_ms, facts are arguments; the same input gives the same decision.
//
// All matching rules count, in any order: deny > hold > allow > deny by default. An error in a condition makes an allow
// unsatisfied and a hold or deny satisfied; an error in a meter's amount denies. What the policy cannot loosen by
// forgetting: an allowed action above the workflow's autonomy is held (builtin/autonomy), and so is an allowed one-way door
// unless the rule that allows it says why it may pass unattended (builtin/one-way-door).
domain::Decision judge(const Plan& plan, const Input& input);

}  // namespace bw::policy
