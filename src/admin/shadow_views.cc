// SPDX-License-Identifier: Apache-2.0
#include "admin/shadow_views.h"

#include <fmt/format.h>

#include "base/diagnostic.h"
#include "gateway/live.h"
#include "registry/snapshot.h"
#include "replay/recorded_run.h"

namespace bw::admin {
namespace {

Result<View> view(const std::optional<replay::ShadowReport>& report) {
  if (!report) return fail(Code::not_found, "no candidate is in shadow mode; `bailiwick shadow start` starts one");
  return View{to_json(*report), to_text(*report)};
}

std::string metric(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
  return fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
}

}  // namespace

Result<View> shadow(const replay::Shadow& shadow) { return view(shadow.report()); }

Result<View> start_shadow(const Sight& sight, replay::Shadow& shadow, const std::string& data_dir,
                          const std::string& canonical, const std::string& by) {
  auto snapshot = registry::Snapshot::from_canonical(canonical);
  if (!snapshot)
    return fail(Code::invalid_argument, fmt::format("the candidate does not load: {}", snapshot.error().message));
  BW_TRY(auto known, replay::known_definitions(sight.records));
  auto prepared = gateway::prepare(std::move(*snapshot), known.definitions);
  if (!prepared.live.plan) {
    std::string wrong = "the rules of the candidate do not compile:";
    for (const auto& diagnostic : prepared.diagnostics) wrong += "\n" + format(diagnostic);
    return fail(Code::invalid_argument, std::move(wrong));
  }
  BW_TRY(auto candidate, replay::Candidate::make(data_dir, sight.records, std::move(prepared.live), by, sight.now_ms));
  shadow.start(std::move(candidate));
  return view(shadow.report());
}

Result<View> stop_shadow(replay::Shadow& shadow) { return view(shadow.stop()); }

std::string metrics(const replay::Shadow& shadow) {
  auto found = shadow.report();
  bool on = found.has_value();
  if (!on) found.emplace();
  const auto& report = found->report;
  std::uint64_t same = 0;
  for (std::size_t i = 0; i < report.matrix.size(); ++i) same += report.matrix.at(i).at(i);
  return metric("bailiwick_shadow_candidates", "gauge", "Candidate registries in shadow mode.", on ? 1 : 0) +
         metric("bailiwick_shadow_same", "gauge", "Actions that the candidate decides as they were.", same) +
         metric("bailiwick_shadow_different", "gauge", "Actions that it decides otherwise.", report.replayed() - same) +
         metric("bailiwick_shadow_not_decided", "gauge", "Actions that it cannot decide.", report.missing()) +
         metric("bailiwick_shadow_behind", "gauge", "Entries that it has not come to yet.", found->behind) +
         metric("bailiwick_shadow_dropped", "gauge", "Entries that it passed over.", found->dropped);
}

}  // namespace bw::admin
