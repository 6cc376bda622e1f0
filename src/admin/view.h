// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "admission/records.h"
#include "base/clock.h"
#include "base/result.h"
#include "gateway/live.h"

namespace bw::admin {

// One answer to a question, in both forms: JSON for programs, text for people. The CLI and the console show the same.
struct View {
  std::string json;
  std::string text;
};

// What a view may look at. Views read only, may block, and run on a pool.
struct Sight {
  admission::Records& records;
  gateway::Live live;
  std::int64_t now_ms = 0;
};

// Parameters of a question, by name, as they stand in the query.
using Parameter = std::function<std::string(std::string_view name)>;

Result<View> why(const Sight& sight, const std::string& id);     // an action, a ticket or a run
Result<View> can(const Sight& sight, const std::string& agent);  // every action an agent can take
Result<View> actions(const Sight& sight,
                     const Parameter& parameter);  // agent, workflow, run, tool, verdict, outcome, since, limit, cursor
Result<View> runs(const Sight& sight, const Parameter& parameter);     // agent, workflow, limit, cursor
Result<View> reviews(const Sight& sight, const Parameter& parameter);  // all=1 for those that ended too
Result<View> switches(const Sight& sight);
Result<View> legal_holds(const Sight& sight);
Result<View> tokens(const Sight& sight, const std::string& agent);
Result<View> snapshots(const Sight& sight);
Result<View> snapshot(const Sight& sight, const std::string& digest);
Result<View> meters(const Sight& sight);
Result<View> ambiguous(const Sight& sight);

}  // namespace bw::admin
