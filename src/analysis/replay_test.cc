// SPDX-License-Identifier: Apache-2.0
#include "analysis/replay.h"

#include <gtest/gtest.h>

#include "analysis/policies_for_test.h"
#include "base/id.h"
#include "json/document.h"
#include "registry/load.h"

namespace bw::analysis {
namespace {

using domain::Verdict;

constexpr std::int64_t noon = 1'800'000'000'000;

// A registry whose allow ends at `limit`, with a fact when `rule` reads one.
std::string registry_text(std::string_view limit, std::string_view rule = "") {
  return std::string(R"(
kind: Person
name: ana
---
kind: Agent
name: desk-agent
owner: ana
steward: ana
may: {environments: [production], tools: [desk/refund, desk/look]}
---
kind: Workflow
name: desk
accountable: ana
risk_owner: ana
system_owner: ana
agents: [desk-agent]
autonomy: production
may: {environments: [production], tools: [desk/refund, desk/look]}
---
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
         std::string(limit) + "\", effect: hold, reason: ask}\n" + std::string(rule);
}

Replay replay_by(const std::string& text) {
  auto loaded = registry::load(registry::Sources{{"r.yaml", text}});
  EXPECT_TRUE(loaded.snapshot) << registry::format(loaded);
  policy::Sources sources{.policies = loaded.snapshot->policies(),
                          .meters = loaded.snapshot->meters(),
                          .facts = loaded.snapshot->facts(),
                          .tools = {}};
  for (const auto* tool : {"refund", "look"})
    sources.tools.push_back({std::string("desk/") + tool, "desk", *loaded.snapshot->profile("desk", tool, ""), ""});
  sources.workflows["desk"] = domain::Autonomy::production;
  auto compiled = policy::compile(sources);
  for (const auto& d : compiled.diagnostics) EXPECT_NE(d.severity, Severity::error) << d.message;
  return {loaded.snapshot, compiled.plan, std::make_shared<std::map<std::string, std::string>>()};
}

ledger::Entry entry(Verdict verdict, std::string tool = "desk/refund", std::int64_t at_ms = noon) {
  ledger::Entry out{.kind = verdict == Verdict::allow ? ledger::Kind::intent : ledger::Kind::refusal, .at_ms = at_ms};
  out.action = make_id("act", at_ms, std::string(16, 'x'));
  out.agent = "desk-agent";
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
  auto text = to_text(report);
  EXPECT_NE(text.find("1 fewer reviews, 0.2 a day over 4.0 days"), std::string::npos) << text;
  EXPECT_NE(text.find("newly allowed money: 549 by meter dollars"), std::string::npos) << text;
  auto json = json::Document::parse(to_json(report));
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
  auto report = std::move(replay).report();
  EXPECT_EQ(report.actions, 5U);
  EXPECT_EQ(report.missing(), 3U);
  EXPECT_EQ(report.not_replayed.at("its arguments were erased").actions, 1U);
  EXPECT_EQ(report.not_replayed.at("fact `risk` was not recorded").actions, 1U);
  // A fact that was unavailable is recorded as such, and goes to the stricter side as it did then.
  EXPECT_EQ(report.count(Verdict::allow, Verdict::allow), 1U);
  EXPECT_EQ(report.count(Verdict::allow, Verdict::deny), 1U);
}

TEST(Replay, DoesNotPretendToKnowWhatARunDidBefore) {
  std::string once =
      "- {id: once, match: {tool: desk/refund}, when: \"'mail' in run.labels\", effect: deny, reason: r}\n";
  auto replay = replay_by(registry_text("300.0", once));
  replay.add(entry(Verdict::allow), R"({"amount":1})", "{}");
  auto report = std::move(replay).report();
  EXPECT_EQ(report.replayed(), 0U);
  EXPECT_EQ(report.missing(), 1U);
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
  ReplayReport sum;
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

TEST(FailOn, ReadsBoundsAndRefusesEverythingElse) {
  ReplayReport report;
  report.matrix[2][0] = 3;
  report.matrix[1][0] = 2;
  report.not_replayed["why"].actions = 1;
  for (auto [text, met] : std::initializer_list<std::pair<const char*, bool>>{{"deny->allow>0", true},
                                                                              {"deny->allow>3", false},
                                                                              {"any->allow>4", true},
                                                                              {"any->allow>5", false},
                                                                              {"allow->any>0", false},
                                                                              {"not-replayed>0", true},
                                                                              {"not-replayed>1", false}}) {
    auto bound = parse_fail_on(text);
    ASSERT_TRUE(bound) << text;
    EXPECT_EQ(bound->met(report), met) << text;
  }
  for (const char* text : {"", "deny->allow", "deny->allow>", "deny->allow>x", "deny->allow>-1", "deny>0",
                           "deny->deny>0", "maybe->allow>0", "deny->allow>99999999999999999999"})
    EXPECT_FALSE(parse_fail_on(text)) << text;
}

}  // namespace
}  // namespace bw::analysis
