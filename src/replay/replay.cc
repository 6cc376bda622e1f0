// SPDX-License-Identifier: Apache-2.0
#include "replay/replay.h"

#include <algorithm>

#include "replay/past.h"

namespace bw::replay {

using domain::Verdict;

void Replay::add(const store::FirstEntry& first) {
  ++report_.actions;
  if (report_.first_ms == 0) report_.first_ms = first.entry.at_ms;
  report_.last_ms = std::max(report_.last_ms, first.entry.at_ms);
  bool asks = first.entry.verdict && first.args && rejudge_.reads_history(first.entry);
  if (asks) {
    waiting_[first.entry.run].push_back(first.entry.seq);
  } else {
    note(first, rejudge_.decide(first, nullptr));
  }
}

Status Replay::look_back(store::RunReader& reader, const std::function<void(std::size_t, std::size_t)>& progress) {
  std::size_t runs = 0;
  for (const auto& [run, seqs] : waiting_) {
    auto wanted = [&seqs](const ledger::Entry& entry) { return std::ranges::binary_search(seqs, entry.seq); };
    auto told = [this](const store::FirstEntry& first, const Result<domain::Decision>& decided) {
      note(first, decided);
    };
    BW_OK(decide_run(reader, run, rejudge_, wanted, told));
    progress(++runs, waiting_.size());
  }
  waiting_.clear();
  return {};
}

void Replay::note(const store::FirstEntry& first, const Result<domain::Decision>& decided) {
  const auto& entry = first.entry;
  if (!decided) return report_.skip(entry.action, decided.error().message);
  analysis::ReplayExample action{.action = entry.action,
                                 .tool = entry.tool,
                                 .agent = entry.agent,
                                 .at_ms = entry.at_ms,
                                 .was = verdict_then(entry),
                                 .is = decided->verdict,
                                 .rules_was = {},
                                 .rules_is = {}};
  if (action.was != action.is) {
    action.rules_was = entry.rules;
    for (const auto& rule : decided->determining) action.rules_is.push_back(rule.rule);
    const auto* profile = rejudge_.profile(entry);
    if (action.is == Verdict::allow && profile) note_money(*decided, *profile);
  }
  report_.note(action);
}

void Replay::note_money(const domain::Decision& decision, const domain::ToolProfile& profile) {
  if (std::ranges::find(profile.touches, domain::Touch::money) == profile.touches.end()) return;
  bool summed = false;
  const auto& meters = rejudge_.live().plan->meters();
  for (const auto& charge : decision.charges) {
    auto meter = std::ranges::find(meters, charge.meter, &domain::Meter::name);
    if (meter == meters.end() || !meter->sum) continue;
    report_.newly_allowed[charge.meter] += charge.amount;
    summed = true;
  }
  report_.money_unmetered += summed ? 0 : 1;
}

}  // namespace bw::replay
