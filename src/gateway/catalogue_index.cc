// SPDX-License-Identifier: Apache-2.0
#include "gateway/catalogue_index.h"

#include <fmt/core.h>

#include <set>

#include "gateway/companion_names.h"
#include "gateway/exposed_names.h"
#include "json/document.h"
#include "json/writer.h"
#include "mcp/splice.h"

namespace bw::gateway {

namespace {

std::vector<mcp::ParamHeader> declared_headers(const std::string& definition) {
  if (definition.find("x-mcp-header") == std::string::npos) return {};
  auto document = json::Document::parse(definition);
  return document ? mcp::param_headers(document->root()["inputSchema"]) : std::vector<mcp::ParamHeader>{};
}

std::string text_member(const std::string& object, std::string_view key) {
  auto document = json::Document::parse(object);
  if (!document) return {};
  return std::string(document->root()[key].string().value_or(""));
}

IndexedTool callable(const registry::Upstream& upstream, const execution::ToolDefinition& tool, std::string exposed) {
  IndexedTool entry{.upstream = upstream.name, .tool = tool.name, .digest = tool.digest};
  entry.listed.name = fmt::format("{}/{}", upstream.name, tool.name);
  entry.listed.definition = mcp::set_member(tool.definition, "name", json::quoted(exposed));
  entry.listed.headers = declared_headers(tool.definition);
  entry.listed.exposed = std::move(exposed);
  return entry;
}

void quarantine(IndexedTool& tool) {
  tool.code = "quarantined";
  tool.refused = fmt::format("the definition of `{}` has changed since it was accepted; a person must review it first",
                             tool.listed.exposed);
  tool.listed.definition.clear();
}

IndexedTool missing(const registry::Upstream& upstream, const std::string& tool, std::string exposed, bool is_ready) {
  IndexedTool entry{.upstream = upstream.name, .tool = tool};
  entry.listed.name = fmt::format("{}/{}", upstream.name, tool);
  entry.code = "unavailable";
  entry.refused = is_ready
                      ? fmt::format("`{}` is not offered by its server at present", exposed)
                      : fmt::format("the server behind `{}` cannot be reached at present; try again later", exposed);
  entry.listed.exposed = std::move(exposed);
  return entry;
}

// The declared tools of one upstream: those it offers in its order, then those it does not.
void add_tools(Index& index, ExposedNames& names, const registry::Upstream& upstream, const execution::Catalog& catalog,
               bool is_ready, Pins& pins) {
  auto name_for = [&](const std::string& tool) {
    return names.give(prefix_of(upstream) + tool, fmt::format("{}/{}", upstream.name, tool));
  };
  std::set<std::string_view> offered;
  for (const auto& tool : catalog.tools) {
    if (!upstream.tools.contains(tool.name) || !offered.insert(tool.name).second) continue;
    auto entry = callable(upstream, tool, name_for(tool.name));
    if (pins.observe(upstream.name, tool) == Pins::Standing::quarantined) quarantine(entry);
    index.tools.push_back(std::move(entry));
  }
  for (const auto& [tool, declared] : upstream.tools) {
    if (!offered.contains(tool)) index.tools.push_back(missing(upstream, tool, name_for(tool), is_ready));
  }
}

// The registry defines these itself, and whoever applied it accepted them.
void add_external(Index& index, const registry::Upstream& upstream, const execution::Catalog& catalog) {
  for (const auto& tool : catalog.tools) {
    auto entry = callable(upstream, tool, "");
    entry.external = true;
    index.tools.push_back(std::move(entry));
  }
}

void add_prompts(Index& index, ExposedNames& names, const registry::Upstream& upstream,
                 const execution::Catalog& catalog) {
  for (const auto& definition : catalog.prompts) {
    auto own_name = text_member(definition, "name");
    if (own_name.empty()) continue;
    IndexedPrompt entry{.upstream = upstream.name, .name = fmt::format("{}/{}", upstream.name, own_name)};
    entry.exposed = names.give(prefix_of(upstream) + own_name, entry.name);
    entry.definition = mcp::set_member(definition, "name", json::quoted(entry.exposed));
    index.prompts.push_back(std::move(entry));
  }
}

void add_resources(std::vector<IndexedResource>& to, const registry::Upstream& upstream,
                   const std::vector<std::string>& definitions, std::string_view key) {
  for (const auto& definition : definitions) {
    IndexedResource entry{.upstream = upstream.name, .uri = text_member(definition, key), .definition = definition};
    if (!entry.uri.empty()) to.push_back(std::move(entry));
  }
}

}  // namespace

bool Index::is_current(const registry::Snapshot& live, execution::Upstreams& upstreams, const Pins& pins) const {
  if (snapshot.get() != &live || pins_version != pins.version()) return false;
  auto all = upstreams.all();
  if (all.size() != catalogs.size()) return false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i]->name() != catalogs[i].first || all[i]->catalog() != catalogs[i].second) return false;
  }
  return true;
}

bool Index::is_current(const registry::Snapshot& live, const execution::Upstream& upstream, const Pins& pins) const {
  if (snapshot.get() != &live || pins_version != pins.version()) return false;
  for (const auto& [name, catalog] : catalogs) {
    if (name == upstream.name()) return catalog == upstream.catalog();
  }
  return false;
}

const IndexedTool* Index::tool_by_exposed(std::string_view exposed) const {
  auto at = by_exposed.find(exposed);
  return at == by_exposed.end() ? nullptr : &tools[at->second];
}

std::shared_ptr<const Index> make_index(std::shared_ptr<const registry::Snapshot> live, execution::Upstreams& upstreams,
                                        Pins& pins) {
  auto index = std::make_shared<Index>();
  ExposedNames tool_names;
  ExposedNames prompt_names;
  for (auto name : companion::all) tool_names.reserve(name);
  for (auto* upstream : upstreams.all()) {
    auto catalog = upstream->catalog();
    index->catalogs.emplace_back(upstream->name(), catalog);
    const auto* declared = live->upstream(upstream->name());
    if (declared == nullptr || catalog == nullptr) continue;
    if (declared->external) {
      add_external(*index, *declared, *catalog);
      continue;
    }
    bool is_ready = upstream->health().state == execution::Health::State::ready;
    add_tools(*index, tool_names, *declared, *catalog, is_ready, pins);
    add_prompts(*index, prompt_names, *declared, *catalog);
    add_resources(index->resources, *declared, catalog->resources, "uri");
    add_resources(index->templates, *declared, catalog->resource_templates, "uriTemplate");
  }
  for (std::size_t i = 0; i < index->tools.size(); ++i) {
    if (!index->tools[i].external) index->by_exposed.emplace(index->tools[i].listed.exposed, i);
  }
  index->snapshot = std::move(live);
  index->pins_version = pins.version();
  return index;
}

}  // namespace bw::gateway
