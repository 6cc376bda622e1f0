// SPDX-License-Identifier: Apache-2.0
#include "cli/author.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "analysis/difference.h"
#include "analysis/explanation.h"
#include "analysis/test_report.h"
#include "cli/exit_code.h"
#include "cli/folder.h"
#include "json/document.h"
#include "prove/prove.h"
#include "prove/report.h"

namespace bw::cli {
namespace {

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(Code::unavailable, fmt::format("cannot write `{}`", path));
  return {};
}

constexpr std::size_t request_bytes_max = 1 << 20;

Result<std::string> read_request(const std::string& path) {
  std::string text;
  if (path == "-") {
    char buffer[4096];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, stdin)) > 0 && text.size() <= request_bytes_max;)
      text.append(buffer, n);
  } else {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(Code::unavailable, fmt::format("cannot read `{}`", path));
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (text.size() > request_bytes_max)
    return fail(Code::invalid_argument, fmt::format("`{}` has more than {} bytes", path, request_bytes_max));
  return text;
}

// One policy of the canonical form as YAML whose values are JSON, a rule or test a line, with the place that it came from.
std::string lowered(std::string_view name, json::Value body, const domain::Policy& policy) {
  std::string out = fmt::format("---\nkind: Policy\nname: {}\n", name);
  for (auto [key, value] : body.members()) {
    if (key != "rules" && key != "tests") {
      out += fmt::format("{}: {}\n", key, value.raw());
      continue;
    }
    out += fmt::format("{}:\n", key);
    for (json::Value item : value.elements()) {
      auto id = item["id"].string().value_or("");
      auto rule = std::ranges::find(policy.rules, id, &domain::Rule::id);
      if (key == "rules" && rule != policy.rules.end())
        out += fmt::format("# {}:{}\n", rule->where.file, rule->where.line);
      out += fmt::format("- {}\n", item.raw());
    }
  }
  return out;
}

analysis::Version version_of(const Folder& folder) {
  return {gateway::policy_sources(*folder.loaded.snapshot, folder.definitions), folder.compiled.plan};
}

analysis::MutationReport mutate(const Folder& folder) {
  auto sources = gateway::policy_sources(*folder.loaded.snapshot, folder.definitions);
  auto report = analysis::run_mutation(
      sources, [](std::size_t done, std::size_t all) { show_progress(fmt::format("{} of {} mutants", done, all)); });
  show_progress("");
  return report;
}

}  // namespace

int test(const TestOptions& options) {
  auto folder = open_good_folder(options.folder);
  if (!folder) return fails(folder.error());
  auto run = analysis::run_covered(*folder->compiled.plan);
  if (options.mutate && run.passed()) run.mutation = mutate(*folder);
  print(options.json ? to_json(run) : to_text(run, options.folder));
  if (!options.junit.empty()) {
    auto written = write_file(options.junit, to_junit(run, options.folder));
    if (!written) return fails(written.error());
  }
  if (run.tests.results.empty()) {
    return fails({Code::invalid_argument, fmt::format("no policy in `{}` has tests", options.folder)});
  }
  if (options.mutate && !run.mutation) {
    return fails({Code::failed_precondition, "the tests must pass before mutants are tried on them"});
  }
  return run.passed() ? done : bad;
}

int prove(const ProveOptions& options) {
  auto folder = open_good_folder(options.folder);
  if (!folder) return fails(folder.error());
  auto report = prove::prove(*folder->compiled.plan, {.work_max = options.work}, [](std::size_t done, std::size_t all) {
    show_progress(fmt::format("{} of {} invariants", done, all));
  });
  show_progress("");
  if (!report) return fails(report.error());
  if (report->proofs.empty())
    return fails({Code::invalid_argument, fmt::format("no policy in `{}` has invariants", options.folder)});
  print(options.json ? to_json(*report) : to_text(*report, options.folder));
  if (!options.junit.empty()) {
    auto written = write_file(options.junit, to_junit(*report, options.folder));
    if (!written) return fails(written.error());
  }
  return report->verified() ? done : bad;
}

int explain(const std::string& path, const std::string& file, bool json) {
  auto folder = open_good_folder(path);
  if (!folder) return fails(folder.error());
  auto request = read_request(file);
  if (!request) return fails(request.error());
  auto explanation = analysis::explain(*folder->compiled.plan, *request);
  if (!explanation) return fails(std::move(explanation.error()).with(file));
  print(json ? to_json(*explanation) : to_text(*explanation, path));
  return done;
}

int lower(const std::string& path) {
  auto folder = open_good_folder(path);
  if (!folder) return fails(folder.error());
  const auto& snapshot = *folder->loaded.snapshot;
  auto canonical = json::Document::parse(snapshot.canonical());
  if (!canonical) return fails(canonical.error());
  std::string out = fmt::format("# registry {}\n", snapshot.digest());
  for (const auto& policy : snapshot.policies())
    out += lowered(policy.name, canonical->root()["Policy"][policy.name], policy);
  for (auto [name, body] : canonical->root()["Meters"].members())
    out += fmt::format("---\nkind: Meters\nname: {}\nmeters: {}\n", name, body["meters"].raw());
  print(out);
  return done;
}

int diff(const std::string& before, const std::string& after, bool json) {
  auto old_folder = open_good_folder(before);
  if (!old_folder) return fails(old_folder.error());
  auto new_folder = open_good_folder(after);
  if (!new_folder) return fails(new_folder.error());
  auto report = analysis::compare(version_of(*old_folder), version_of(*new_folder));
  print(json ? to_json(report) : to_text(report));
  return report.differences.empty() ? done : bad;
}

}  // namespace bw::cli
