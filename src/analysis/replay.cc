// SPDX-License-Identifier: Apache-2.0
#include "analysis/replay.h"

#include <algorithm>
#include <utility>

namespace bw::analysis {
namespace {

using domain::Verdict;

constexpr std::uint64_t examples_max = 3;  // of each change

}  // namespace

std::uint64_t ReplayReport::replayed() const {
  std::uint64_t out = 0;
  for (const auto& row : matrix)
    for (auto cell : row) out += cell;
  return out;
}

std::uint64_t ReplayReport::missing() const {
  std::uint64_t out = 0;
  for (const auto& [reason, actions] : not_replayed) out += actions.actions;
  return out;
}

std::int64_t ReplayReport::extra_reviews() const {
  std::int64_t out = 0;
  for (auto other : {Verdict::allow, Verdict::deny})
    out +=
        static_cast<std::int64_t>(count(other, Verdict::hold)) - static_cast<std::int64_t>(count(Verdict::hold, other));
  return out;
}

double ReplayReport::days() const { return static_cast<double>(last_ms - first_ms) / 86'400'000.0; }

void ReplayReport::add(ReplayReport later) {
  actions += later.actions;
  for (std::size_t was = 0; was < 3; ++was)
    for (std::size_t is = 0; is < 3; ++is) matrix.at(was).at(is) += later.matrix.at(was).at(is);
  for (const auto& [change, counts] : later.rules)
    for (const auto& [rule, n] : counts) rules[change][rule] += n;
  for (auto& example : later.examples) {
    auto same = [&](const ReplayExample& e) { return e.was == example.was && e.is == example.is; };
    if (static_cast<std::uint64_t>(std::ranges::count_if(examples, same)) < examples_max)
      examples.push_back(std::move(example));
  }
  for (const auto& [meter, amount] : later.newly_allowed) newly_allowed[meter] += amount;
  money_unmetered += later.money_unmetered;
  for (const auto& [reason, skipped] : later.not_replayed) {
    NotReplayed& mine = not_replayed[reason];
    mine.actions += skipped.actions;
    if (mine.example.empty()) mine.example = skipped.example;
  }
  if (first_ms == 0) first_ms = later.first_ms;
  last_ms = std::max(last_ms, later.last_ms);
}

void ReplayReport::note(const ReplayExample& action) {
  auto [was, is] = std::pair(action.was, action.is);
  auto& cell = matrix.at(static_cast<std::size_t>(was)).at(static_cast<std::size_t>(is));
  ++cell;
  if (was == is) return;
  auto& counts = rules[{was, is}];
  if (action.rules_is.empty()) ++counts["(no rule)"];
  for (const auto& rule : action.rules_is) ++counts[rule];
  if (cell <= examples_max) examples.push_back(action);
}

void ReplayReport::skip(const std::string& action, const std::string& why) {
  NotReplayed& skipped = not_replayed[why];
  if (skipped.actions++ == 0) skipped.example = action;
}

}  // namespace bw::analysis
