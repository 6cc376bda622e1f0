// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/document.h"
#include "mcp/param_headers.h"

namespace bw::gateway::bridge {

// Which arguments of which tool are repeated in HTTP fields, as the tool lists that passed by have said. A client on
// standard input knows nothing of HTTP fields; the bridge fills them in.
class ToolFields {
 public:
  void learn(json::Value list_result);   // of tools/list
  void learn_missing(std::string tool);  // no list has it: nothing to repeat
  void forget(std::string_view tool);
  void forget_all() { known_.clear(); }

  bool knows(std::string_view tool) const { return known_.contains(tool); }

  // Names and encoded values; none for a tool that is unknown.
  std::vector<std::pair<std::string, std::string>> fields(std::string_view tool, json::Value arguments) const;

 private:
  void put(std::string tool, std::vector<mcp::ParamHeader> declared);
  std::map<std::string, std::vector<mcp::ParamHeader>, std::less<>> known_;
};

}  // namespace bw::gateway::bridge
