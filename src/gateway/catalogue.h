// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/action.h"
#include "execution/upstreams.h"
#include "gateway/list_changes.h"
#include "gateway/pins.h"
#include "mcp/param_headers.h"
#include "registry/snapshot.h"

namespace bw::gateway {

// One tool as an agent sees it.
struct ListedTool {
  std::string exposed;                    // at most 64 characters of [A-Za-z0-9_.-]
  std::string name;                       // "UPSTREAM/TOOL"
  std::string definition;                 // JSON of the tool with `name` replaced and nothing else touched
  std::vector<mcp::ParamHeader> headers;  // arguments that a stateless caller repeats in HTTP fields
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
  bool external = false;  // agents carry it out themselves
};

// All upstreams' tools, resources and prompts as one, for one principal: granted by the registry to its agent and its
// workflow, in its environment, pinned, in the order of registry and upstream. On the agents' loop; reads the live snapshot
// at each call.
//
// A tool is listed as its upstream's prefix and its own name. Names are given out once for all principals, so that a tool
// is called the same by everybody. Lists are computed when something they depend on has changed; a call that names a tool
// is two hash lookups. The pointers that a call returns are good until the next call.
//
// External tools are resolved and never listed: whoever carries a tool out itself knows of it.
//
// It is told when lists change and looks at once, before any agent asks: that is when a first definition is pinned, and a
// changed one comes to people's eyes.
class Catalogue : public ListChanges::Observer {
 public:
  void list_changed(std::string_view) override {}

  virtual std::vector<const ListedTool*> tools(const domain::Principal& principal) = 0;
  // "UPSTREAM/TOOL"; "" = nothing is called so. A tool that was not granted has a name too: asking for it is an action
  // that the path refuses and records. The answer must not tell the agent which of the two it was.
  virtual std::string exposed_to_name(const domain::Principal& principal, std::string_view exposed) = 0;
  // The tool as listed; null when it is unknown or cannot be called now.
  virtual const ListedTool* listed(const domain::Principal& principal, std::string_view exposed) = 0;

  // JSON objects, with prompt names made unique as tool names are, and URIs untouched.
  virtual std::vector<std::string> resources(const domain::Principal& principal) = 0;
  virtual std::vector<std::string> resource_templates(const domain::Principal& principal) = 0;
  virtual std::vector<std::string> prompts(const domain::Principal& principal) = 0;

  virtual std::string exposed_to_prompt(const domain::Principal& principal,
                                        std::string_view exposed) = 0;  // "" = unknown
  // The first upstream that lists the URI, or has a template for it, or else may be asked for it; "" = none.
  virtual std::string upstream_of_resource(const domain::Principal& principal, std::string_view uri) = 0;
  // The upstream that lists this template (a completion refers to it by its text); "" = none.
  virtual std::string upstream_of_template(const domain::Principal& principal, std::string_view uri_template) = 0;

  // The same for whoever asks: what was not granted has a name and an upstream too, so that asking for it is an action that
  // the path refuses and records. "" = no prompt is called so; no upstream is declared to have such a resource.
  virtual std::string any_prompt(std::string_view exposed) = 0;
  virtual std::string any_upstream_of_resource(std::string_view uri) = 0;

  // Upstreams of which the principal may use anything, in the registry's order. One that has not listed its resources or
  // prompts yet counts when it is declared to have any.
  virtual std::vector<execution::Upstream*> upstreams(const domain::Principal& principal) = 0;

  virtual Resolved resolve(const domain::Principal& principal, domain::ActionKind kind, std::string_view upstream,
                           std::string_view name) = 0;
};

// Where the catalogue finds the registry as it is now.
using LiveSnapshot = std::function<std::shared_ptr<const registry::Snapshot>()>;

// Everything it is given outlives it.
std::unique_ptr<Catalogue> make_catalogue(execution::Upstreams& upstreams, Pins& pins, LiveSnapshot live);

}  // namespace bw::gateway
