// SPDX-License-Identifier: Apache-2.0
#include "cli/local.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/folder.h"
#include "cli/templates.h"
#include "json/writer.h"
#include "store/store.h"

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

int verify(const std::string& data, bool json) {
  auto progress = [](std::uint64_t at, std::uint64_t of) { show_progress(fmt::format("{} of {} entries", at, of)); };
  if (!std::filesystem::exists(data + "/ledger.db"))
    return fails({Code::unavailable, fmt::format("no ledger in `{}`", data)});
  auto report = store::verify(data, progress);
  show_progress("");
  if (!report) return fails(report.error());
  if (json) {
    json::Writer w;
    w.begin_object()
        .member("good", true)
        .member("entries", static_cast<std::int64_t>(report->entries))
        .member("actions", static_cast<std::int64_t>(report->actions));
    w.member("contents", static_cast<std::int64_t>(report->contents)).member("root", to_hex(report->root)).end_object();
    print(w.text() + "\n");
    return done;
  }
  print(fmt::format("the ledger adds up: {} entries, {} actions, {} contents checked\nroot {}\n", report->entries,
                    report->actions, report->contents, to_hex(report->root)));
  return done;
}

}  // namespace bw::cli
