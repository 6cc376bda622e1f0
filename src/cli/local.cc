// SPDX-License-Identifier: Apache-2.0
#include "cli/local.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/folder.h"
#include "cli/templates.h"
#include "json/writer.h"

namespace bw::cli {
namespace {

std::string counted(const registry::Snapshot& s) {
  std::size_t tools = 0, rules = 0;
  for (const auto& [name, upstream] : s.upstreams()) tools += upstream.tools.size();
  for (const auto& policy : s.policies()) rules += policy.rules.size();
  return fmt::format("{} people, {} agents, {} workflows, {} upstreams with {} tools, {} rules, {} meters",
                     s.people().size(), s.agents().size(), s.workflows().size(), s.upstreams().size(), tools, rules,
                     s.meters().size());
}

}  // namespace

int check(const std::string& folder) {
  auto checked = open_folder(folder);
  if (!checked) return fails(checked.error());
  print_diagnostics(*checked);
  if (!checked->good()) return bad;
  print(fmt::format("{}: good; {}; digest {}\n", folder, counted(*checked->loaded.snapshot),
                    checked->loaded.snapshot->digest().substr(0, 16)));
  return done;
}

int init(const std::string& name, const std::string& folder) {
  auto written = write_template(name, folder);
  if (!written) return fails(written.error());
  for (const auto& path : *written) print(path + "\n");
  print(fmt::format(
      "\nnext:\n  bailiwick check {0}\n  bailiwick test {0}\n  bailiwick serve --registry {0} --data data\n", folder));
  return done;
}

}  // namespace bw::cli
