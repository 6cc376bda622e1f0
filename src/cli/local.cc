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

std::string many(std::size_t count, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

std::string counted(const registry::Snapshot& s) {
  std::size_t tools = 0, rules = 0;
  for (const auto& [name, upstream] : s.upstreams()) tools += upstream.tools.size();
  for (const auto& policy : s.policies()) rules += policy.rules.size();
  return fmt::format("{}, {}, {}, {} with {}, {}, {}", many(s.people().size(), "person", "people"),
                     many(s.agents().size(), "agent", "agents"), many(s.workflows().size(), "workflow", "workflows"),
                     many(s.upstreams().size(), "upstream", "upstreams"), many(tools, "tool", "tools"),
                     many(rules, "rule", "rules"), many(s.meters().size(), "meter", "meters"));
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
