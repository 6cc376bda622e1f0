// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "analysis/replay.h"
#include "replay/rejudge.h"
#include "store/scan.h"

namespace bw::replay {

// Decides very many recorded actions again, by another registry, and adds up what changes. Each counts once, as it was first
// decided. One thread at a time; for more, use one Replay per thread and add up the reports.
//
//   replay.add(first);                       // each action; those whose rules look back over their run have to wait
//   if (replay.waits()) replay.look_back(*store::open_runs(data), progress);
class Replay {
 public:
  explicit Replay(gateway::Live live) : rejudge_(std::move(live)) {}

  void add(const store::FirstEntry& first);

  bool waits() const { return !waiting_.empty(); }
  // Decides those that wait, run by run. `progress` gets runs done and to do, after each.
  Status look_back(store::RunReader& reader, const std::function<void(std::size_t, std::size_t)>& progress);

  const analysis::ReplayReport& so_far() const { return report_; }
  analysis::ReplayReport report() && { return std::move(report_); }

 private:
  void note(const store::FirstEntry& first, const Result<domain::Decision>& decided);
  void note_money(const domain::Decision& decision, const domain::ToolProfile& profile);

  Rejudge rejudge_;
  analysis::ReplayReport report_;
  std::map<std::string, std::vector<std::uint64_t>> waiting_;  // by run: seqs of first entries, ascending
};

}  // namespace bw::replay
