// SPDX-License-Identifier: Apache-2.0
#include "gateway/bridge/tool_fields.h"

#include "gateway/bridge/limits.h"

namespace bw::gateway::bridge {

void ToolFields::learn(json::Value list_result) {
  for (auto tool : list_result["tools"].elements()) {
    auto name = tool["name"].string();
    if (name) put(std::string(*name), mcp::param_headers(tool["inputSchema"]));
  }
}

void ToolFields::learn_missing(std::string tool) { put(std::move(tool), {}); }

void ToolFields::forget(std::string_view tool) {
  auto found = known_.find(tool);
  if (found != known_.end()) known_.erase(found);
}

std::vector<std::pair<std::string, std::string>> ToolFields::fields(std::string_view tool,
                                                                    json::Value arguments) const {
  auto found = known_.find(tool);
  if (found == known_.end()) return {};
  return mcp::param_fields(found->second, arguments);
}

// What is forgotten is asked for again.
void ToolFields::put(std::string tool, std::vector<mcp::ParamHeader> declared) {
  if (known_.size() >= kToolsMax && !known_.contains(tool)) known_.clear();
  known_.insert_or_assign(std::move(tool), std::move(declared));
}

}  // namespace bw::gateway::bridge
