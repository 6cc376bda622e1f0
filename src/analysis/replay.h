// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/words.h"

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

// What another registry would have said of recorded actions, added up. Each action counts once, as it was first decided. A value.
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
  // Adds one action that was decided again. `rules_is` are those that decide it now, when that differs.
  void note(const ReplayExample& action);
  // Adds one that cannot be, and why.
  void skip(const std::string& action, const std::string& why);
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
