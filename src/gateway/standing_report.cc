// SPDX-License-Identifier: Apache-2.0
#include "gateway/standing_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "admission/change.h"
#include "gateway/passage.h"

namespace bw::gateway {

using domain::Outcome;

Answer standing_report(const admission::ActionRecord& record, const Report& report) {
  Passage passage;
  passage.receipt = {.action = record.row.action, .run = record.row.run, .ticket = record.row.ticket};
  bool is_agents = std::ranges::any_of(record.entries, [](const admission::StoredEntry& stored) {
    return stored.entry.credential == admission::agents_own_credential;
  });
  if (!is_agents)
    return answer(passage, Answer::Kind::denied, "invalid",
                  fmt::format("{} is not carried out by its agent, so there is nothing to report", record.row.action));
  const auto& said = record.contents.back();
  bool is_same = record.row.outcome == report.outcome && said.out == report.result && said.why == report.error;
  if (!is_same) {
    std::string outcome(record.row.outcome ? name(*record.row.outcome) : "not recorded");
    return answer(passage, Answer::Kind::denied, "reported",
                  fmt::format("the outcome of {} is {}{}; another report is not taken{}", record.row.action, outcome,
                              said.why.empty() ? "" : " (" + said.why + ")",
                              record.row.outcome == Outcome::ambiguous
                                  ? ": a person finds out what happened, and says so with `bailiwick reconcile`"
                                  : ""));
  }
  passage.receipt.entry = record.entries.back().entry.seq;
  passage.receipt.leaf = record.entries.back().leaf_hash;
  passage.receipt.replayed = true;
  Answer out = answer(passage, Answer::Kind::reported, "", "");
  out.outcome = report.outcome;
  return out;
}

}  // namespace bw::gateway
