// SPDX-License-Identifier: Apache-2.0
#include "analysis/replay.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/id.h"
#include "json/document.h"
#include "policy/judge.h"

namespace bw::analysis {
namespace {

using domain::Verdict;

constexpr std::uint64_t examples_max = 3;  // of each change

domain::Action action_of(const ledger::Entry& entry, const domain::ToolProfile& profile) {
  domain::Action action;
  action.id = entry.action;
  action.run = entry.run;
  action.principal = {entry.agent, entry.workflow, entry.environment, entry.token};
  action.kind = entry.what.value_or(domain::ActionKind::tool);
  action.upstream = entry.upstream;
  action.name = entry.tool;
  action.profile = profile;
  // It was judged when it arrived, which its id says; the entry has the time of the commit, milliseconds later.
  std::int64_t arrived = id_time_ms(entry.action);
  action.at_ms = arrived >= 0 ? arrived : entry.at_ms;
  return action;
}

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

void Replay::add(const ledger::Entry& entry, std::optional<std::string_view> args,
                 std::optional<std::string_view> checks) {
  ++report_.actions;
  if (report_.first_ms == 0) report_.first_ms = entry.at_ms;
  report_.last_ms = std::max(report_.last_ms, entry.at_ms);
  if (!entry.verdict || !entry.what) return skip(entry, "the record does not say what was decided");
  const Standing& known = standing(entry);
  if (!known.profile) return note(entry, {.rules = {known.refused}, .obligations = {}, .charges = {}, .reason = {}});
  if (!args) return skip(entry, "its arguments were erased");
  if (known.reads_history) return skip(entry, "its rules ask what its run did before, which replay does not rebuild");
  auto facts = facts_of(known, checks);
  if (!facts) return skip(entry, facts.error().message);
  decide(entry, known, *args, *facts);
}

const Replay::Standing& Replay::standing(const ledger::Entry& entry) {
  std::string key = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", entry.agent, entry.workflow, entry.environment,
                                name(*entry.what), entry.upstream, entry.tool);
  auto found = standings_.find(key);
  if (found == standings_.end()) found = standings_.emplace(std::move(key), look_up(entry)).first;
  return found->second;
}

// As the gateway resolves: declared, granted to agent and workflow, in the environment of the token, and not a misfit.
Replay::Standing Replay::look_up(const ledger::Entry& entry) const {
  bool tool = *entry.what == domain::ActionKind::tool;
  auto own_name = std::string_view(entry.tool).substr(std::min(entry.tool.size(), entry.upstream.size() + 1));
  auto profile = tool ? snapshot_->profile(entry.upstream, own_name, entry.workflow)
                      : snapshot_->read_profile(entry.upstream, *entry.what, entry.tool, entry.workflow);
  if (!profile) return {.refused = "builtin/unknown"};
  bool granted = profile->environment == entry.environment && snapshot_
                                                                  ->granted({.agent = entry.agent,
                                                                             .workflow = entry.workflow,
                                                                             .kind = *entry.what,
                                                                             .upstream = entry.upstream,
                                                                             .name = entry.tool,
                                                                             .tier = profile->tier})
                                                                  .has_value();
  if (!granted) return {.refused = "builtin/not_granted"};
  if (misfits_->contains(entry.tool)) return {.refused = "builtin/misfit"};
  const policy::ToolPlan* planned = tool ? plan_->tool(entry.tool) : &plan_->of_kind(*entry.what);
  Standing out{.profile = std::move(profile)};
  if (planned) {
    out.facts = planned->facts;
    out.reads_history = planned->reads_history;
  }
  return out;
}

// What the record says of the facts that the rules read now. That a fact was unavailable is recorded too.
Result<Replay::Facts> Replay::facts_of(const Standing& standing, std::optional<std::string_view> checks) const {
  Facts out;
  if (standing.facts.empty()) return out;
  auto document = json::Document::parse(std::string(checks.value_or("{}")));
  if (!document) return fail(Code::data_loss, "its explanation cannot be read");
  for (json::Value reading : document->root()["facts"].elements()) {
    auto value = reading["value"];
    out[std::string(reading["fact"].string().value_or(""))] =
        value ? std::optional(std::string(value.raw())) : std::nullopt;
  }
  for (const auto& fact : standing.facts) {
    if (!out.contains(fact)) return fail(Code::not_found, fmt::format("fact `{}` was not recorded", fact));
  }
  return out;
}

void Replay::decide(const ledger::Entry& entry, const Standing& standing, std::string_view args, const Facts& facts) {
  auto document = json::Document::parse(std::string(args));
  if (!document) return skip(entry, "its arguments cannot be read");
  auto action = action_of(entry, *standing.profile);
  auto decision = policy::judge(*plan_, {.action = action, .args = document->root(), .facts = &facts});
  Outcome is{.verdict = decision.verdict, .obligations = {}, .charges = {}, .reason = {}};
  if (decision.verdict != *entry.verdict) {
    for (const auto& rule : decision.determining) is.rules.push_back(rule.rule);
    if (decision.verdict == Verdict::allow) note_money(decision, *standing.profile);
  }
  note(entry, is);
}

void Replay::note(const ledger::Entry& entry, const Outcome& is) {
  Verdict was = *entry.verdict;
  auto& cell = report_.matrix.at(static_cast<std::size_t>(was)).at(static_cast<std::size_t>(is.verdict));
  ++cell;
  if (was == is.verdict) return;
  auto& counts = report_.rules[{was, is.verdict}];
  if (is.rules.empty()) ++counts["(no rule)"];
  for (const auto& rule : is.rules) ++counts[rule];
  if (cell <= examples_max)
    report_.examples.push_back(
        {entry.action, entry.tool, entry.agent, entry.at_ms, was, is.verdict, entry.rules, is.rules});
}

void Replay::note_money(const domain::Decision& decision, const domain::ToolProfile& profile) {
  if (std::ranges::find(profile.touches, domain::Touch::money) == profile.touches.end()) return;
  bool summed = false;
  for (const auto& charge : decision.charges) {
    auto meter = std::ranges::find(plan_->meters(), charge.meter, &domain::Meter::name);
    if (meter == plan_->meters().end() || !meter->sum) continue;
    report_.newly_allowed[charge.meter] += charge.amount;
    summed = true;
  }
  report_.money_unmetered += summed ? 0 : 1;
}

void Replay::skip(const ledger::Entry& entry, const std::string& why) {
  NotReplayed& skipped = report_.not_replayed[why];
  if (skipped.actions++ == 0) skipped.example = entry.action;
}

}  // namespace bw::analysis
