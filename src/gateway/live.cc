// SPDX-License-Identifier: Apache-2.0
#include "gateway/live.h"

#include "gateway/subjects.h"
#include "json/document.h"
#include "policy/lint.h"

namespace bw::gateway {
namespace {

struct Schemas {
  std::string input, output;
};

Schemas schemas(const Definitions& definitions, const std::string& tool) {
  auto found = definitions.find(tool);
  if (found == definitions.end()) return {};
  auto definition = json::Document::parse(found->second);
  if (!definition) return {};
  return {std::string(definition->root()["inputSchema"].raw()), std::string(definition->root()["outputSchema"].raw())};
}

// A path that leads nowhere would find nothing when somebody is to be forgotten.
void check_subjects(const registry::Snapshot& snapshot, const Definitions& definitions, Diagnostics& diagnostics) {
  for (const auto& [upstream, declared] : snapshot.upstreams()) {
    for (const auto& [name, tool] : declared.tools) {
      if (tool.subjects.empty()) continue;
      auto text = declared.external ? tool.input_schema : schemas(definitions, upstream + "/" + name).input;
      auto schema = text.empty() ? json::Document::parse("{}") : json::Document::parse(text);
      if (!schema) continue;
      for (const auto& path : tool.subjects) {
        if (auto wrong = misfit_of(path, schema->root()))
          diagnostics.push_back(
              {Severity::error, tool.where, "subject " + *wrong, "name an argument that the tool has"});
      }
    }
  }
}

}  // namespace

policy::Sources policy_sources(const registry::Snapshot& snapshot, const Definitions& definitions) {
  policy::Sources sources{.policies = snapshot.policies(), .meters = snapshot.meters(), .facts = snapshot.facts()};
  for (const auto& [upstream, declared] : snapshot.upstreams()) {
    for (const auto& [tool, declared_tool] : declared.tools) {
      std::string name = upstream + "/" + tool;
      // Owners depend on the workflow; rules do not look at them, so none is named here.
      auto resolved = snapshot.profile(upstream, tool, "");
      if (!resolved) continue;
      auto known = declared.external ? Schemas{declared_tool.input_schema, declared_tool.output_schema}
                                     : schemas(definitions, name);
      sources.tools.push_back({name, upstream, std::move(*resolved), std::move(known.input), std::move(known.output)});
    }
  }
  for (const auto& [name, workflow] : snapshot.workflows()) sources.workflows[name] = workflow.autonomy;
  return sources;
}

policy::Compiled compile_policy(const registry::Snapshot& snapshot, const Definitions& definitions) {
  auto compiled = policy::compile(policy_sources(snapshot, definitions));
  if (!compiled.plan) return compiled;
  policy::lint(*compiled.plan, compiled.diagnostics);
  check_subjects(snapshot, definitions, compiled.diagnostics);
  sort(compiled.diagnostics);
  if (has_errors(compiled.diagnostics)) compiled.plan = nullptr;
  return compiled;
}

Prepared prepare(std::shared_ptr<const registry::Snapshot> snapshot, const Definitions& definitions) {
  auto misfits = std::make_shared<std::map<std::string, std::string>>();
  auto compiled = compile_policy(*snapshot, definitions);
  if (!compiled.plan) {
    Definitions fitting;
    for (const auto& [tool, definition] : definitions) {
      auto alone = compile_policy(*snapshot, {{tool, definition}});
      if (alone.plan) {
        fitting.emplace(tool, definition);
      } else {
        misfits->emplace(tool, format(alone.diagnostics.front()));
      }
    }
    compiled = compile_policy(*snapshot, fitting);
  }
  if (!compiled.plan) return {{}, std::move(compiled.diagnostics)};
  return {{std::move(snapshot), std::move(compiled.plan), std::move(misfits)}, std::move(compiled.diagnostics)};
}

}  // namespace bw::gateway
