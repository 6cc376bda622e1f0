// SPDX-License-Identifier: Apache-2.0
#include "replay/replay.h"

#include <gtest/gtest.h>

#include "base/id.h"
#include "gateway/live_for_test.h"
#include "json/document.h"

namespace bw::replay {
namespace {

using domain::Verdict;

constexpr std::int64_t noon = 1'800'000'000'000;

// A registry whose allow ends at `limit`, with a fact when `rule` reads one.
std::string registry_text(std::string_view limit, std::string_view rule = "") {
  return gateway::desk_registry("production", "desk/refund, desk/look",
                                std::string(R"(
kind: Upstream
name: desk
url: https://desk.example.com/mcp
environment: production
tools:
  refund: {tier: execute, touches: [money], reversible: true, system_owner: ana}
  look: {tier: read}
---
kind: Facts
name: facts
facts:
  risk: {tool: desk/look, value: result.risk, type: double}
---
kind: Meters
name: meters
meters:
  dollars: {match: {tool: desk/refund}, sum: int(args.amount), window: 1d, limit: 5000}
---
kind: Policy
name: p
rules:
- {id: look, match: {tool: desk/look}, effect: allow}
- {id: small, match: {tool: desk/refund}, when: "args.amount <= )") +
                                    std::string(limit) + R"(", effect: allow, unattended: owed}
- {id: large, match: {tool: desk/refund}, when: "args.amount > )" +
                                    std::string(limit) + "\", effect: hold, reason: ask}\n" + std::string(rule));
}

// What is recorded, as a ledger would hand it out.
struct Told {
  Replay replay;

  void add(const ledger::Entry& entry, std::optional<std::string_view> args, std::optional<std::string_view> checks) {
    replay.add({entry, args, checks});
  }
  analysis::ReplayReport report() && { return std::move(replay).report(); }
};

Told replay_by(const std::string& text) { return {Replay(gateway::live_of(text))}; }

ledger::Entry entry(Verdict verdict, std::string tool = "desk/refund", std::int64_t at_ms = noon) {
  ledger::Entry out{.kind = verdict == Verdict::allow ? ledger::Kind::intent : ledger::Kind::refusal, .at_ms = at_ms};
  out.action = make_id("act", at_ms, std::string(16, 'x'));
  out.agent = "bot";
  out.workflow = "desk";
  out.environment = "production";
  out.upstream = "desk";
  out.what = domain::ActionKind::tool;
  out.tool = std::move(tool);
  out.verdict = verdict;
  return out;
}

TEST(Replay, CountsWhatChangedAndWhatItCosts) {
  auto replay = replay_by(registry_text("300.0"));
  replay.add(entry(Verdict::allow), R"({"amount":100})", "{}");
  replay.add(entry(Verdict::hold, "desk/refund", noon + 86'400'000), R"({"amount":250})", "{}");
  replay.add(entry(Verdict::hold, "desk/refund", noon + 2 * 86'400'000), R"({"amount":299.5})", "{}");
  replay.add(entry(Verdict::deny, "desk/refund", noon + 4 * 86'400'000), R"({"amount":301})", "{}");
  auto report = std::move(replay).report();
  EXPECT_EQ(report.replayed(), 4U);
  EXPECT_EQ(report.count(Verdict::allow, Verdict::allow), 1U);
  EXPECT_EQ(report.count(Verdict::hold, Verdict::allow), 2U);
  EXPECT_EQ(report.count(Verdict::deny, Verdict::hold), 1U);
  EXPECT_EQ(report.extra_reviews(), -1);
  EXPECT_EQ(report.newly_allowed.at("dollars"), 549);
  EXPECT_EQ(report.rules.at({Verdict::hold, Verdict::allow}).at("small"), 2U);
  EXPECT_EQ(report.examples.size(), 3U);
  auto text = analysis::to_text(report);
  EXPECT_NE(text.find("1 fewer reviews, 0.2 a day over 4.0 days"), std::string::npos) << text;
  EXPECT_NE(text.find("newly allowed money: 549 by meter dollars"), std::string::npos) << text;
  auto json = json::Document::parse(analysis::to_json(report));
  ASSERT_TRUE(json);
  EXPECT_EQ(json->root()["matrix"]["hold"]["allow"].integer(), 2);
}

// Grants are asked anew: what the new registry does not offer, or not to this agent, is denied.
TEST(Replay, AsksForGrantsAnew) {
  auto replay = replay_by(registry_text("300.0"));
  replay.add(entry(Verdict::allow, "desk/gone"), "{}", "{}");
  auto stranger = entry(Verdict::allow, "desk/look");
  stranger.agent = "stranger";
  replay.add(stranger, "{}", "{}");
  auto elsewhere = entry(Verdict::allow, "desk/look");
  elsewhere.environment = "sandbox";
  replay.add(elsewhere, "{}", "{}");
  auto report = std::move(replay).report();
  const auto& rules = report.rules.at({Verdict::allow, Verdict::deny});
  EXPECT_EQ(rules.at("builtin/unknown"), 1U);
  EXPECT_EQ(rules.at("builtin/not_granted"), 2U);
}

// What a record lacks is said with its reason, and never guessed.
TEST(Replay, SaysWhatItCannotDecide) {
  std::string risky = "- {id: risky, match: {tool: desk/refund}, when: facts.risk > 0.5, effect: deny, reason: r}\n";
  auto replay = replay_by(registry_text("300.0", risky));
  replay.add(entry(Verdict::allow), std::nullopt, "{}");
  replay.add(entry(Verdict::allow), R"({"amount":1})", R"({"facts":[]})");
  replay.add(entry(Verdict::allow), R"({"amount":1})", R"({"facts":[{"fact":"risk","state":"known","value":0.2}]})");
  replay.add(entry(Verdict::allow), R"({"amount":1})", R"({"facts":[{"fact":"risk","state":"timeout"}]})");
  auto blank = entry(Verdict::allow);
  blank.verdict.reset();
  replay.add(blank, "{}", "{}");
  auto away = entry(Verdict::deny);
  away.refused = "quarantined";
  replay.add(away, "{}", "{}");
  auto report = std::move(replay).report();
  EXPECT_EQ(report.actions, 6U);
  EXPECT_EQ(report.missing(), 4U);
  EXPECT_EQ(report.not_replayed.at("its arguments were erased").actions, 1U);
  EXPECT_EQ(report.not_replayed.at("needs fact `risk`, which the record does not have").actions, 1U);
  // A fact that was unavailable is recorded as such, and goes to the stricter side as it did then.
  EXPECT_EQ(report.count(Verdict::allow, Verdict::allow), 1U);
  EXPECT_EQ(report.count(Verdict::allow, Verdict::deny), 1U);
}

// Where obligations changed what was sent, it is the action as it was asked for that is decided again.
TEST(Replay, DecidesWhatWasAskedFor) {
  auto replay = replay_by(registry_text("300.0"));
  std::string_view checks = R"({"changes":[{"argument":"amount","from":900,"to":100}]})";
  replay.add(entry(Verdict::hold), R"({"amount":100})", checks);
  replay.add(entry(Verdict::hold), R"({"amount":100})", "{}");
  auto report = std::move(replay).report();
  EXPECT_EQ(report.count(Verdict::hold, Verdict::hold), 1U);
  EXPECT_EQ(report.count(Verdict::hold, Verdict::allow), 1U);
}

TEST(Replay, CountsAHoldThatNobodyCouldDecideAsAHold) {
  auto replay = replay_by(registry_text("300.0"));
  auto alone = entry(Verdict::deny);
  alone.refused = "no_reviewer";
  replay.add(alone, R"({"amount":400})", "{}");
  EXPECT_EQ(std::move(replay).report().count(Verdict::hold, Verdict::hold), 1U);
}

// `now` is when the action arrived, which its id says.
TEST(Replay, TakesTheTimeFromTheRecord) {
  std::string late =
      "- {id: late, match: {tool: desk/refund}, when: \"now >= timestamp('2027-01-15T08:00:00.001Z')\", effect: deny, reason: r}\n";
  auto replay = replay_by(registry_text("300.0", late));
  auto committed_later = entry(Verdict::allow);
  committed_later.at_ms = noon + 5;
  replay.add(committed_later, R"({"amount":1})", "{}");
  replay.add(entry(Verdict::allow, "desk/refund", noon + 1), R"({"amount":1})", "{}");
  auto report = std::move(replay).report();
  EXPECT_EQ(report.count(Verdict::allow, Verdict::allow), 1U);
  EXPECT_EQ(report.count(Verdict::allow, Verdict::deny), 1U);
}

TEST(Replay, ReportsAddUp) {
  analysis::ReplayReport sum;
  for (int part = 0; part < 3; ++part) {
    auto replay = replay_by(registry_text("300.0"));
    for (int i = 0; i < 2; ++i)
      replay.add(entry(Verdict::hold, "desk/refund", noon + part * 1000), R"({"amount":250})", "{}");
    sum.add(std::move(replay).report());
  }
  EXPECT_EQ(sum.count(Verdict::hold, Verdict::allow), 6U);
  EXPECT_EQ(sum.newly_allowed.at("dollars"), 1500);
  EXPECT_EQ(sum.examples.size(), 3U);
  EXPECT_EQ(sum.first_ms, noon);
  EXPECT_EQ(sum.last_ms, noon + 2000);
}

}  // namespace
}  // namespace bw::replay
