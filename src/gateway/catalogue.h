// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/action.h"
#include "execution/upstreams.h"
#include "gateway/pins.h"
#include "registry/snapshot.h"

namespace bw::gateway {

// One tool as an agent sees it.
struct ListedTool {
  std::string exposed;     // at most 64 characters of [A-Za-z0-9_.-]
  std::string name;        // "UPSTREAM/TOOL"
  std::string definition;  // JSON of the tool with `name` replaced and nothing else touched
};

// What an action refers to, looked up for one principal. `refused` says why it may not be used, in the agent's words; the
// code is "unknown", "not_granted", "quarantined" or "unavailable". A name that was not granted reads like an unknown one.
struct Resolved {
  execution::Upstream* upstream = nullptr;
  std::string tool;  // the upstream's own name
  domain::ToolProfile profile;
  std::string tool_digest;
  std::string refused;
  std::string code;
};

// All upstreams' tools, resources and prompts as one, for one principal: granted by the registry, pinned, in the order of
// registry and upstream. On the agents' loop; reads the live snapshot at each call.
class Catalogue {
 public:
  virtual ~Catalogue() = default;

  virtual std::vector<ListedTool> tools(const domain::Principal& principal) = 0;
  virtual std::string exposed_to_name(const domain::Principal& principal, std::string_view exposed) = 0;  // "" = unknown

  // JSON objects, with prompt names made unique as tool names are, and URIs untouched.
  virtual std::vector<std::string> resources(const domain::Principal& principal) = 0;
  virtual std::vector<std::string> resource_templates(const domain::Principal& principal) = 0;
  virtual std::vector<std::string> prompts(const domain::Principal& principal) = 0;
  virtual std::string upstream_of_resource(const domain::Principal& principal, std::string_view uri) = 0;

  virtual Resolved resolve(const domain::Principal& principal, domain::ActionKind kind, std::string_view upstream,
                           std::string_view name) = 0;
};

}  // namespace bw::gateway
