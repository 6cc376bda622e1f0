// SPDX-License-Identifier: Apache-2.0
#include "cli/run_replay.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/exit_code.h"
#include "cli/folder.h"
#include "cli/replay.h"
#include "replay/recorded_run.h"
#include "store/scan.h"
#include "store/store.h"

namespace bw::cli {
namespace {

Result<gateway::Live> live_now(admission::Records& records) {
  BW_TRY(auto stored, records.current_snapshot());
  BW_TRY(auto snapshot, registry::Snapshot::from_canonical(stored.text));
  BW_TRY(auto known, replay::known_definitions(records));
  auto prepared = gateway::prepare(std::move(snapshot), known.definitions);
  if (prepared.live.plan) return std::move(prepared.live);
  return fail(Code::failed_precondition, "the rules of the live registry do not compile");
}

Result<replay::RecordedRun> read(const RunReplayOptions& options) {
  BW_TRY(auto records, store::open_sqlite_records(options.data));
  BW_TRY(auto run, replay::read_run(*records, options.run));
  if (options.policy.empty()) return run;
  BW_TRY(auto reader, store::open_runs(options.data));
  if (options.policy == "then") {
    BW_OK(replay::decide_by_then(run, *records, *reader));
    return run;
  }
  BW_TRY(auto live, options.policy == "now" ? live_now(*records) : policy_of(options.policy, options.data));
  BW_OK(replay::decide_by(run, std::move(live), *reader));
  return run;
}

}  // namespace

int replay_run(const RunReplayOptions& options) {
  auto run = read(options);
  if (!run) return fails(run.error());
  print(options.json ? to_json(*run, options.policy) : to_text(*run, options.policy));
  bool contradicts = options.policy == "then" && std::ranges::any_of(run->steps, &replay::Step::differs);
  return contradicts ? bad : done;
}

}  // namespace bw::cli
