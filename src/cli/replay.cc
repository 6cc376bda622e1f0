// SPDX-License-Identifier: Apache-2.0
#include "cli/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

#include "analysis/replay.h"
#include "cli/exit_code.h"
#include "cli/folder.h"
#include "cli/moment.h"
#include "replay/recorded_run.h"
#include "replay/replay.h"
#include "store/scan.h"
#include "store/store.h"

namespace bw::cli {
namespace {

constexpr unsigned threads_max = 8;

// The range cut into as many parts as there are threads. Each reads for itself; reports add up in the order of the parts.
class Crew {
 public:
  Crew(const gateway::Live& live, const std::string& data, store::EntryRange range, unsigned threads)
      : live_(live), data_(data), range_(range), parts_(threads) {}

  Result<analysis::ReplayReport> run() {
    {
      std::vector<std::jthread> crew;
      for (std::size_t i = 1; i < parts_.size(); ++i) crew.emplace_back([this, i] { work(i); });
      work(0);
    }
    show_progress("");
    analysis::ReplayReport report;
    for (Part& part : parts_) {
      BW_OK(part.status);
      report.add(std::move(part.report));
    }
    return report;
  }

 private:
  struct Part {
    Status status;
    analysis::ReplayReport report;
  };

  void work(std::size_t i) {
    std::uint64_t all = range_.end - range_.begin, n = parts_.size();
    store::EntryRange mine{range_.begin + all * i / n, range_.begin + all * (i + 1) / n};
    replay::Replay replay(live_);
    parts_[i].status = run(replay, mine, i == 0);
    parts_[i].report = std::move(replay).report();
  }

  Status run(replay::Replay& replay, store::EntryRange mine, bool shows) {
    std::uint64_t all = range_.end - range_.begin;
    BW_OK(store::scan_actions(
        data_, mine, [&](const store::FirstEntry& first) { replay.add(first); },
        [&](std::uint64_t passed) {
          std::uint64_t done = passed_.fetch_add(passed) + passed;
          if (shows) show_progress(fmt::format("{} of {} entries", done, all));
        }));
    if (!replay.waits()) return {};
    BW_TRY(auto runs, store::open_runs(data_));
    return replay.look_back(*runs, [&](std::size_t done, std::size_t of) {
      if (shows) show_progress(fmt::format("rules that look back: {} of {} runs", done, of));
    });
  }

  const gateway::Live& live_;
  const std::string& data_;
  store::EntryRange range_;
  std::vector<Part> parts_;
  std::atomic<std::uint64_t> passed_ = 0;
};

Result<analysis::ReplayReport> run(const ReplayOptions& options) {
  BW_TRY(auto from, parse_moment(options.from, 0));
  BW_TRY(auto to, parse_moment(options.to, std::numeric_limits<std::int64_t>::max()));
  BW_TRY(auto live, policy_of(options.policy, options.data));
  BW_TRY(auto range, store::entries_between(options.data, from, to));
  unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  unsigned threads = options.threads ? options.threads : std::min(cores, threads_max);
  return Crew(live, options.data, range, threads).run();
}

}  // namespace

Result<gateway::Live> policy_of(const std::string& path, const std::string& data) {
  BW_TRY(auto folder, open_folder(path));
  if (!folder.loaded.snapshot) {
    print_diagnostics(folder);
    return fail(Code::invalid_argument, fmt::format("`{}` does not load", path));
  }
  if (folder.definitions.empty()) {
    BW_TRY(auto records, store::open_sqlite_records(data));
    BW_TRY(auto known, replay::known_definitions(*records));
    folder.definitions = std::move(known.definitions);
  }
  auto prepared = gateway::prepare(folder.loaded.snapshot, folder.definitions);
  if (prepared.live.plan) return std::move(prepared.live);
  folder.compiled.diagnostics = std::move(prepared.diagnostics);
  print_diagnostics(folder);
  return fail(Code::invalid_argument, fmt::format("the rules in `{}` do not compile", path));
}

int replay(const ReplayOptions& options) {
  std::vector<analysis::FailOn> bounds;
  for (const auto& text : options.fail_on) {
    auto bound = analysis::parse_fail_on(text);
    if (!bound) {
      fails(bound.error());
      return usage;
    }
    bounds.push_back(std::move(*bound));
  }
  auto report = run(options);
  if (!report) return fails(report.error());
  print(options.json ? to_json(*report) : to_text(*report));
  int code = done;
  for (const auto& bound : bounds) {
    if (!bound.met(*report)) continue;
    fails({Code::failed_precondition, fmt::format("{} is met", bound.text)});
    code = bad;
  }
  return code;
}

}  // namespace bw::cli
