// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/action.h"
#include "json/document.h"
#include "policy/judge.h"
#include "policy/plan.h"

namespace bw::policy {

// An imagined action, as a test's `given` and `bailiwick explain` write it: {"tool": "desk/create_refund", "args": {…},
// "agent", "workflow", "environment", "run", "facts", "now"}. What the run did before is {"called": {"crm/lookup": 2},
// "failed": {"crm/lookup": 1}, "returned": {"crm/lookup": {…a result…}}, "labels": ["untrusted"]}, or "unknown"; without `run`, it
// did nothing. A workflow that is left out is the only one there is; other
// names that are left out get one that no rule is likely to name, and time stands still at 2027-01-15T08:00:00Z. A fact that is
// not given, or is "unavailable", is unavailable.
class Request {
 public:
  // Errors: invalid_argument for what is no such JSON, not_found for a tool that the registry does not have.
  static Result<Request> parse(const Plan& plan, std::string_view text);

  const domain::Action& action() const { return action_; }
  const std::map<std::string, std::int64_t>& meters() const { return meters_; }  // what they count already
  Input input() const { return {.action = action_, .args = args_.root(), .facts = &facts_, .history = &history_}; }

 private:
  explicit Request(json::Document args) : args_(std::move(args)) {}
  domain::Action action_;
  json::Document args_;
  std::map<std::string, std::optional<std::string>> facts_;
  domain::RunHistory history_;
  std::map<std::string, std::int64_t> meters_;
};

}  // namespace bw::policy
