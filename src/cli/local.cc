// SPDX-License-Identifier: Apache-2.0
#include "cli/local.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/templates.h"
#include "gateway/live.h"
#include "json/document.h"
#include "json/writer.h"
#include "policy/test_runner.h"
#include "registry/load.h"
#include "store/store.h"

namespace bw::cli {
namespace {

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int fails(const Error& error) {
  std::fprintf(stderr, "bailiwick: %s\n", error.message.c_str());
  return exit_code(error);
}

// Tool definitions beside a registry, so that rules can be typed without a server: DIR/tools.json, an object from
// "UPSTREAM/TOOL" to the tool as its upstream defines it.
Result<gateway::Definitions> read_definitions(const std::string& folder) {
  gateway::Definitions out;
  std::string path = folder + "/tools.json";
  std::ifstream file(path, std::ios::binary);
  if (!file) return out;
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto document = json::Document::parse(std::move(text));
  if (!document) return fail(Code::invalid_argument, fmt::format("{}: {}", path, document.error().message));
  for (auto [tool, definition] : document->root().members())
    out.emplace(std::string(tool), std::string(definition.raw()));
  return out;
}

struct Checked {
  registry::Loaded loaded;
  policy::Compiled compiled;
  bool good() const { return loaded.snapshot && compiled.plan; }
};

Result<Checked> load_and_compile(const std::string& folder) {
  if (!std::filesystem::is_directory(folder)) return fail(Code::unavailable, fmt::format("no folder `{}`", folder));
  Checked checked{registry::load(folder), {}};
  if (!checked.loaded.snapshot) return checked;
  BW_TRY(auto definitions, read_definitions(folder));
  checked.compiled = gateway::compile_policy(*checked.loaded.snapshot, definitions);
  return checked;
}

void print_diagnostics(const Checked& checked, const std::string& folder) {
  print(registry::format(checked.loaded, folder + "/"));
  for (Diagnostic d : checked.compiled.diagnostics) {
    auto source = checked.loaded.sources.find(d.where.file);
    std::string_view text = source == checked.loaded.sources.end() ? std::string_view() : source->second;
    d.where.file = folder + "/" + d.where.file;
    print(format(d, text));
  }
}

std::string counted(const registry::Snapshot& s) {
  std::size_t tools = 0, rules = 0;
  for (const auto& [name, upstream] : s.upstreams()) tools += upstream.tools.size();
  for (const auto& policy : s.policies()) rules += policy.rules.size();
  return fmt::format("{} people, {} agents, {} workflows, {} upstreams with {} tools, {} rules, {} meters",
                     s.people().size(), s.agents().size(), s.workflows().size(), s.upstreams().size(), tools, rules,
                     s.meters().size());
}

std::string to_json(const policy::TestReport& report) {
  json::Writer w;
  w.begin_object().member("passed", report.passed()).key("tests").begin_array();
  for (const auto& result : report.results) {
    w.begin_object()
        .member("policy", result.policy)
        .member("name", result.name)
        .member("passed", result.passed)
        .optional("message", result.message);
    w.member("file", result.where.file).member("line", result.where.line).end_object();
  }
  w.end_array().key("rules_uncovered").begin_array();
  for (const auto& rule : report.rules_uncovered) w.string(rule);
  return std::move(w.end_array().end_object()).text() + "\n";
}

std::string to_text(const policy::TestReport& report, const std::string& folder) {
  std::string out;
  std::size_t failed = 0;
  for (const auto& result : report.results) {
    failed += result.passed ? 0 : 1;
    out += fmt::format("{}  {}: {}\n", result.passed ? "ok  " : "FAIL", result.policy, result.name);
    if (!result.passed)
      out += fmt::format("      {}/{}:{}: {}\n", folder, result.where.file, result.where.line, result.message);
  }
  if (!report.rules_uncovered.empty())
    out += fmt::format("no test is decided by: {}\n", join(report.rules_uncovered, ", "));
  out += fmt::format("{} passed, {} failed\n", report.results.size() - failed, failed);
  return out;
}

}  // namespace

int check(const std::string& folder) {
  auto checked = load_and_compile(folder);
  if (!checked) return fails(checked.error());
  print_diagnostics(*checked, folder);
  if (!checked->good()) return bad;
  print(fmt::format("{}: good; {}; digest {}\n", folder, counted(*checked->loaded.snapshot),
                    checked->loaded.snapshot->digest().substr(0, 16)));
  return done;
}

int test(const std::string& folder, bool json) {
  auto checked = load_and_compile(folder);
  if (!checked) return fails(checked.error());
  if (!checked->good()) {
    print_diagnostics(*checked, folder);
    return bad;
  }
  auto report = policy::run_tests(*checked->compiled.plan);
  print(json ? to_json(report) : to_text(report, folder));
  if (report.results.empty()) std::fprintf(stderr, "bailiwick: no policy in `%s` has tests\n", folder.c_str());
  return report.passed() && !report.results.empty() ? done : bad;
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
  bool shows_progress = ::isatty(STDERR_FILENO) != 0;
  auto progress = [shows_progress](std::uint64_t at, std::uint64_t of) {
    if (shows_progress)
      std::fprintf(stderr, "\r%llu of %llu entries", static_cast<unsigned long long>(at),
                   static_cast<unsigned long long>(of));
  };
  if (!std::filesystem::exists(data + "/ledger.db"))
    return fails({Code::unavailable, fmt::format("no ledger in `{}`", data)});
  auto report = store::verify(data, progress);
  if (shows_progress) std::fprintf(stderr, "\r\x1b[K");
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
