// SPDX-License-Identifier: Apache-2.0
#include "execution/external.h"

#include "base/text.h"
#include "crypto/hash.h"
#include "json/writer.h"

namespace bw::execution {
namespace {

// Members in the order of the canonical form, from parts that are canonical: the text is what the digest is over.
ToolDefinition definition_of(const registry::Tool& tool) {
  json::Writer w;
  w.begin_object().optional("description", tool.description);
  w.member_raw("inputSchema", tool.input_schema.empty() ? R"({"type":"object"})" : std::string_view(tool.input_schema));
  w.member("name", tool.name);
  if (!tool.output_schema.empty()) w.member_raw("outputSchema", tool.output_schema);
  ToolDefinition definition{.name = tool.name, .definition = std::move(w.end_object()).text(), .digest = {}};
  definition.digest = to_hex(crypto::sha256(definition.definition));
  return definition;
}

}  // namespace

std::shared_ptr<const Catalog> external_catalog(const registry::Upstream& upstream) {
  auto catalog = std::make_shared<Catalog>();
  catalog->capabilities = "{}";
  for (const auto& [name, tool] : upstream.tools) catalog->tools.push_back(definition_of(tool));
  return catalog;
}

}  // namespace bw::execution
