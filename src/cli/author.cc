// SPDX-License-Identifier: Apache-2.0
#include "cli/author.h"

#include <fmt/format.h>

#include <fstream>

#include "analysis/test_report.h"
#include "cli/exit_code.h"
#include "cli/folder.h"

namespace bw::cli {
namespace {

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(Code::unavailable, fmt::format("cannot write `{}`", path));
  return {};
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

}  // namespace bw::cli
