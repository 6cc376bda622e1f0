// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analysis/outcome.h"
#include "base/result.h"
#include "domain/action.h"
#include "ledger/entry.h"
#include "policy/plan.h"
#include "registry/snapshot.h"

namespace bw::analysis {

// What policy was and would be of recorded actions: [was][is].
using Matrix = std::array<std::array<std::uint64_t, 3>, 3>;

struct ReplayExample {
  std::string action, tool, agent;
  std::int64_t at_ms = 0;
  domain::Verdict was = domain::Verdict::deny, is = domain::Verdict::deny;
  std::vector<std::string> rules_was, rules_is;
};

struct NotReplayed {
  std::uint64_t actions = 0;
  std::string example;  // an action's id
};

struct ReplayReport {
  std::uint64_t actions = 0;  // recorded
  Matrix matrix{};            // of those that were re-decided
  // Of each change, how many actions each rule decides now; and the first few actions.
  std::map<std::pair<domain::Verdict, domain::Verdict>, std::map<std::string, std::uint64_t>> rules;
  std::vector<ReplayExample> examples;
  // What the newly allowed actions that touch money add to each meter that sums, and how many no meter sums.
  std::map<std::string, std::int64_t> newly_allowed;
  std::uint64_t money_unmetered = 0;
  std::map<std::string, NotReplayed> not_replayed;  // by reason
  std::int64_t first_ms = 0, last_ms = 0;           // times of the first and the last action

  std::uint64_t count(domain::Verdict was, domain::Verdict is) const {
    return matrix[static_cast<std::size_t>(was)][static_cast<std::size_t>(is)];
  }
  std::uint64_t replayed() const;
  std::uint64_t missing() const;
  std::int64_t extra_reviews() const;  // actions held now less those held then
  double days() const;                 // between the first and the last action

  // Adds a report of later actions.
  void add(ReplayReport later);
};

// Judges recorded actions again by another registry. Each counts once, as it was first decided: grants, rules and
// built-ins are asked anew, with the arguments, the time and the facts of the record. What depends on the moment of
// admission is not: meters, switches, tickets. What the record lacks is said, never guessed. One thread at a time; for more,
// use one Replay per thread and add up the reports.
class Replay {
 public:
  // `misfits`: tools that policy does not fit, with why; they cannot be called.
  Replay(std::shared_ptr<const registry::Snapshot> snapshot, std::shared_ptr<const policy::Plan> plan,
         std::shared_ptr<const std::map<std::string, std::string>> misfits)
      : snapshot_(std::move(snapshot)), plan_(std::move(plan)), misfits_(std::move(misfits)) {}

  // The first entry of an action with its contents; none means that they were erased.
  void add(const ledger::Entry& entry, std::optional<std::string_view> args, std::optional<std::string_view> checks);

  ReplayReport report() && { return std::move(report_); }

 private:
  using Facts = std::map<std::string, std::optional<std::string>>;
  struct Standing {
    std::optional<domain::ToolProfile> profile = std::nullopt;  // none: it may not be used at all
    std::vector<std::string> facts = {};                        // that its rules read
    bool reads_history = false;                                 // whether they ask what the run did before
    std::string refused = {};                                   // the built-in that refuses it, when it may not
  };

  const Standing& standing(const ledger::Entry& entry);
  Standing look_up(const ledger::Entry& entry) const;
  Result<Facts> facts_of(const Standing& standing, std::optional<std::string_view> checks) const;
  void decide(const ledger::Entry& entry, const Standing& standing, std::string_view args, const Facts& facts);
  void note(const ledger::Entry& entry, const Outcome& is);
  void note_money(const domain::Decision& decision, const domain::ToolProfile& profile);
  void skip(const ledger::Entry& entry, const std::string& why);

  std::shared_ptr<const registry::Snapshot> snapshot_;
  std::shared_ptr<const policy::Plan> plan_;
  std::shared_ptr<const std::map<std::string, std::string>> misfits_;
  std::unordered_map<std::string, Standing> standings_;  // by agent, workflow and what is asked for
  ReplayReport report_;
};

// A bound on a report that fails a build: "deny->allow>0", "any->hold>100", "not-replayed>0".
struct FailOn {
  std::optional<domain::Verdict> was, is;  // none: any other than `is` or `was`
  bool not_replayed = false;
  std::uint64_t more_than = 0;
  std::string text;

  bool met(const ReplayReport& report) const;
};
Result<FailOn> parse_fail_on(std::string_view text);

std::string to_text(const ReplayReport& report);
std::string to_json(const ReplayReport& report);

}  // namespace bw::analysis
