// SPDX-License-Identifier: Apache-2.0
#include "admin/upstream_views.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "admin/table.h"
#include "base/clock.h"
#include "base/text.h"
#include "json/writer.h"

namespace bw::admin {
namespace {

std::string_view name(execution::Health::State state) {
  switch (state) {
    case execution::Health::State::connecting: return "connecting";
    case execution::Health::State::ready: return "ready";
    case execution::Health::State::failing: return "failing";
    case execution::Health::State::stopped: return "stopped";
  }
  return "stopped";
}

// What an owner should know of one upstream beside its health.
std::vector<std::string> remarks(const execution::Upstream& upstream, const gateway::Live& live,
                                 const gateway::Pins& pins) {
  std::vector<std::string> out;
  const auto* declared = live.snapshot->upstream(upstream.name());
  auto catalog = upstream.catalog();
  std::vector<std::string> undeclared;
  for (const auto& tool : catalog->tools) {
    std::string full = fmt::format("{}/{}", upstream.name(), tool.name);
    if (declared && !declared->tools.contains(tool.name)) undeclared.push_back(tool.name);
    const gateway::Pin* pin = pins.find(upstream.name(), tool.name);
    if (pin && !pin->changed_digest.empty())
      out.push_back(fmt::format("{} changed and is in quarantine: bailiwick pins accept {}", tool.name, full));
    if (auto misfit = live.misfits->find(full); misfit != live.misfits->end())
      out.push_back(fmt::format("policy does not fit {}: {}", tool.name, trim(misfit->second)));
  }
  if (!undeclared.empty())
    out.push_back(
        fmt::format("offered but not declared in the registry, so nobody can call: {}", join(undeclared, ", ")));
  if (upstream.health().state != execution::Health::State::ready || !declared) return out;
  std::vector<std::string> missing;
  for (const auto& [tool, profile] : declared->tools) {
    bool offered = std::ranges::any_of(catalog->tools, [&](const auto& t) { return t.name == tool; });
    if (!offered) missing.push_back(tool);
  }
  if (!missing.empty()) out.push_back(fmt::format("declared but not offered: {}", join(missing, ", ")));
  return out;
}

long resident_bytes() {
  long total = 0, resident = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * ::sysconf(_SC_PAGESIZE);
}

void family(std::string& out, std::string_view metric, std::string_view type, std::string_view help) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", metric, help, metric, type);
}

}  // namespace

View upstreams(execution::Upstreams& all, const gateway::Live& live, const gateway::Pins& pins, std::int64_t now_ms) {
  Table table({"UPSTREAM", "STATE", "FOR", "PROTOCOL", "TOOLS", "RESTARTS", "DETAIL"});
  std::string notes;
  json::Writer w;
  w.begin_object().key("upstreams").begin_array();
  for (execution::Upstream* upstream : all.all()) {
    auto health = upstream->health();
    auto seconds = std::max<std::int64_t>(0, (now_ms - health.since_ms) / 1000);
    auto tools = upstream->catalog()->tools.size();
    table.add({std::string(upstream->name()), std::string(name(health.state)), fmt::format("{}s", seconds),
               health.protocol, std::to_string(tools), std::to_string(health.restarts), health.detail});
    w.begin_object()
        .member("upstream", upstream->name())
        .member("state", name(health.state))
        .member("since", format_time(health.since_ms))
        .optional("detail", health.detail);
    w.member("protocol", health.protocol)
        .member("tools", tools)
        .member("restarts", static_cast<std::int64_t>(health.restarts))
        .key("remarks")
        .begin_array();
    for (const auto& remark : remarks(*upstream, live, pins)) {
      notes += fmt::format("{}: {}\n", upstream->name(), printable(remark, 1000));
      w.string(remark);
    }
    w.end_array().end_object();
  }
  return {std::move(w.end_array().end_object()).text(), (table.empty() ? "no upstreams\n" : table.text()) + notes};
}

View pins(const gateway::Pins& all) {
  std::string text;
  json::Writer w;
  w.begin_object().key("quarantined").begin_array();
  for (const auto& pin : all.quarantined()) {
    text += fmt::format("{}/{}\n  accepted {}  {}\n  now      {}  {}\n", pin.upstream, pin.tool,
                        pin.digest.substr(0, 16), printable(pin.definition, 1500), pin.changed_digest.substr(0, 16),
                        printable(pin.changed_definition, 1500));
    w.begin_object()
        .member("tool", pin.upstream + "/" + pin.tool)
        .member("digest", pin.digest)
        .member_raw("definition", pin.definition.empty() ? "null" : pin.definition);
    w.member("changed_digest", pin.changed_digest)
        .member_raw("changed_definition", pin.changed_definition.empty() ? "null" : pin.changed_definition)
        .end_object();
  }
  return {std::move(w.end_array().end_object()).text(), text.empty() ? "no tool is in quarantine\n" : text};
}

std::string metrics(const admission::Counts& counts, execution::Upstreams& upstreams, const gateway::Pins& pins) {
  std::string out;
  family(out, "bailiwick_entries", "counter", "Entries of the ledger.");
  out += fmt::format("bailiwick_entries {}\n", counts.entries);
  family(out, "bailiwick_open_tickets", "gauge",
         "Held actions that wait for a person, or are approved and not yet executed.");
  out += fmt::format("bailiwick_open_tickets {}\n", counts.open_tickets);
  family(out, "bailiwick_ambiguous_actions", "gauge", "Actions whose outcome nobody knows; each blocks its retry.");
  out += fmt::format("bailiwick_ambiguous_actions {}\n", counts.ambiguous);
  family(out, "bailiwick_ledger_entries", "counter", "Entries of the ledger by kind, and outcomes by word.");
  for (const auto& [word, count] : counts.by_word)
    out += fmt::format("bailiwick_ledger_entries{{word=\"{}\"}} {}\n", word, count);
  family(out, "bailiwick_upstream_ready", "gauge", "Whether an upstream answers.");
  for (auto* upstream : upstreams.all()) {
    out += fmt::format("bailiwick_upstream_ready{{upstream=\"{}\"}} {}\n", upstream->name(),
                       upstream->health().state == execution::Health::State::ready ? 1 : 0);
  }
  family(out, "bailiwick_upstream_restarts", "counter", "How often an upstream was started again.");
  for (auto* upstream : upstreams.all())
    out += fmt::format("bailiwick_upstream_restarts{{upstream=\"{}\"}} {}\n", upstream->name(),
                       upstream->health().restarts);
  family(out, "bailiwick_quarantined_tools", "gauge", "Tools whose definition changed and waits for a person.");
  out += fmt::format("bailiwick_quarantined_tools {}\n", pins.quarantined().size());
  family(out, "process_resident_memory_bytes", "gauge", "Resident memory.");
  out += fmt::format("process_resident_memory_bytes {}\n", resident_bytes());
  return out;
}

}  // namespace bw::admin
