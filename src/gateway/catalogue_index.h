// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "execution/upstreams.h"
#include "gateway/catalogue.h"
#include "gateway/pins.h"
#include "registry/snapshot.h"

namespace bw::gateway {

// A declared tool under its name for agents. When it cannot be called now, `code` and `refused` say why (see Resolved), and
// its definition is empty. An external tool is listed nowhere and has no name for agents.
struct IndexedTool {
  ListedTool listed;
  std::string upstream;
  std::string tool;  // the upstream's own name
  std::string digest;
  std::string code;
  std::string refused;
  bool external = false;
};

struct IndexedPrompt {
  std::string exposed;
  std::string upstream;
  std::string name;        // "UPSTREAM/PROMPT"
  std::string definition;  // JSON with `name` replaced
};

struct IndexedResource {
  std::string upstream;
  std::string uri;  // or the template
  std::string definition;
};

// Everything that any agent could be shown, from one state of registry, pins and upstreams. Immutable.
struct Index {
  std::shared_ptr<const registry::Snapshot> snapshot;
  std::uint64_t pins_version = 0;
  std::vector<std::pair<std::string, std::shared_ptr<const execution::Catalog>>> catalogs;  // in the registry's order

  std::vector<IndexedTool> tools;
  std::vector<IndexedPrompt> prompts;
  std::vector<IndexedResource> resources;
  std::vector<IndexedResource> templates;
  std::unordered_map<std::string_view, std::size_t> by_exposed;  // of `tools`; views into them

  const IndexedTool* tool_by_exposed(std::string_view exposed) const;

  // Whether it was made from what is true now; `upstream` says so of that one alone.
  bool is_current(const registry::Snapshot& live, execution::Upstreams& upstreams, const Pins& pins) const;
  bool is_current(const registry::Snapshot& live, const execution::Upstream& upstream, const Pins& pins) const;
};

std::shared_ptr<const Index> make_index(std::shared_ptr<const registry::Snapshot> live, execution::Upstreams& upstreams,
                                        Pins& pins);

}  // namespace bw::gateway
