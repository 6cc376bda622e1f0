// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "gateway/live.h"
#include "registry/load.h"

// Registries for tests that judge by one.
namespace bw::gateway {

// `rest` declares upstreams and rules; before it stand ana, who answers for everything, and the agent `bot` in the workflow `desk`, who
// both may use `tools` ("desk/*, mail/send") in `environment`.
inline std::string desk_registry(std::string_view environment, std::string_view tools, std::string_view rest) {
  return fmt::format(
      "kind: Person\nname: ana\n---\n"
      "kind: Agent\nname: bot\nowner: ana\nsteward: ana\nmay: {{environments: [{0}], tools: [{1}]}}\n---\n"
      "kind: Workflow\nname: desk\naccountable: ana\nrisk_owner: ana\nsystem_owner: ana\nagents: [bot]\n"
      "autonomy: production\nmay: {{environments: [{0}], tools: [{1}]}}\n---\n{2}",
      environment, tools, rest);
}

// Loaded, without a definition of any tool, and ready to judge by.
inline Live live_of(std::string_view text) {
  auto loaded = registry::load(registry::Sources{{"r.yaml", std::string(text)}});
  EXPECT_TRUE(loaded.snapshot) << registry::format(loaded);
  auto prepared = prepare(loaded.snapshot, {});
  for (const auto& d : prepared.diagnostics) EXPECT_NE(d.severity, Severity::error) << d.message;
  return prepared.live;
}

}  // namespace bw::gateway
