// SPDX-License-Identifier: Apache-2.0
#include "registry/snapshot.h"

#include <algorithm>

#include "registry/refunds_for_test.h"

namespace bw::registry {
namespace {

TEST(Digest, DoesNotDependOnFilesOrderCommentsOrDefaults) {
  auto original = loaded(refunds());
  std::string all;
  for (const auto& [name, text] : refunds()) all.insert(0, text + "\n---\n");
  EXPECT_EQ(loaded({{"everything.yml", all}})->digest(), original->digest());

  auto spelled_out = with(refunds(), "upstreams/desk.yaml", "timeout: 20s", "timeout: 20000ms\nsessions: per_agent");
  EXPECT_EQ(loaded(spelled_out)->digest(), original->digest());
  auto listed =
      with(refunds(), "policies/refunds.yaml", "match: {tier: read}", "match: {\"tier\": [read]}  # what reads");
  EXPECT_EQ(loaded(listed)->digest(), original->digest());
}

TEST(Digest, ChangesWithMeaning) {
  auto original = loaded(refunds());
  EXPECT_NE(loaded(with(refunds(), "meters.yaml", "limit: 2000", "limit: 2001"))->digest(), original->digest());
  EXPECT_NE(loaded(with(refunds(), "policies/refunds.yaml", "<= 200.0", "<= 200.5"))->digest(), original->digest());
  EXPECT_NE(loaded(with(refunds(), "people.yaml", "[ana, ben]", "[ana]"))->digest(), original->digest());
}

TEST(Canonical, GivesTheSameSnapshotBackWithPlaces) {
  auto original = loaded(refunds());
  auto again = Snapshot::from_canonical(original->canonical(), original->places());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->digest(), original->digest());
  EXPECT_EQ((*again)->canonical(), original->canonical());
  const auto& rules = (*again)->policies().at(0).rules;
  ASSERT_EQ(rules.size(), original->policies().at(0).rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto& before = original->policies()[0].rules[i];
    EXPECT_EQ(rules[i].id, before.id);
    EXPECT_EQ(rules[i].where.file, "policies/refunds.yaml");
    EXPECT_EQ(rules[i].where.line, before.where.line);
    if (!before.all.empty()) {
      EXPECT_EQ(rules[i].all[0].where.column, before.all[0].where.column);
    }
  }
  EXPECT_EQ((*again)->upstream("desk")->tools.at("create_refund").where.line,
            original->tool("desk", "create_refund")->where.line);
}

TEST(Canonical, WithoutPlacesNamesTheDocument) {
  auto again = Snapshot::from_canonical(loaded(refunds())->canonical());
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->policies().at(0).rules.at(0).where.file, "Policy refunds");
  EXPECT_EQ((*again)->policies().at(0).rules.at(0).where.line, 0);
}

TEST(Canonical, RefusesWhatWasTamperedWith) {
  auto text = loaded(refunds())->canonical();
  for (auto bad : {std::string(), std::string("[]x"), text + " ", "{\"Persons\":{}}" + std::string(),
                   std::string("{\"Person\":{\"a\":1}}"), std::string("{\"Person\":{\"a\":{\"kind_of\":\"cat\"}}}"),
                   std::string("{\"Team\":{\"a\":{}}}")}) {
    EXPECT_FALSE(Snapshot::from_canonical(bad)) << bad.substr(0, 80);
  }
  EXPECT_FALSE(Snapshot::from_canonical(text, "{\"x\":\"nowhere\"}"));
}

TEST(Profile, TakesTheNearestOwner) {
  auto snapshot = loaded(with(refunds(), "upstreams/desk.yaml", "    touches: [public]",
                              "    touches: [public]\n    risk_owner: ana\n    accountable: ben"));
  auto refund = snapshot->profile("desk", "create_refund", "refund-desk");
  ASSERT_TRUE(refund);
  EXPECT_EQ(refund->tier, domain::Tier::execute);
  EXPECT_EQ(refund->environment, "production");
  EXPECT_EQ(refund->undo, "desk/cancel_refund");
  EXPECT_EQ(refund->accountable, "ana");
  EXPECT_EQ(refund->risk_owner, "rita");
  EXPECT_TRUE(refund->is_one_way_door());
  auto reply = snapshot->profile("desk", "send_reply", "refund-desk");
  EXPECT_EQ(reply->risk_owner, "ana");
  EXPECT_EQ(reply->accountable, "ben");
  EXPECT_EQ(reply->system_owner, "ben");
  EXPECT_FALSE(snapshot->profile("desk", "unlisted", "refund-desk"));
  EXPECT_FALSE(snapshot->profile("unlisted", "create_refund", "refund-desk"));
}

TEST(Profile, OfResourcesAndPromptsReads) {
  auto snapshot = loaded(with(refunds(), "upstreams/files.yaml", "sessions: shared",
                              "resources: [\"file:///terms/*\"]\nprompts: [greet*]"));
  auto terms = snapshot->read_profile("files", domain::ActionKind::resource, "file:///terms/eu.md", "refund-desk");
  ASSERT_TRUE(terms);
  EXPECT_EQ(terms->tier, domain::Tier::read);
  EXPECT_EQ(terms->accountable, "ana");
  EXPECT_FALSE(terms->is_one_way_door());
  EXPECT_TRUE(snapshot->read_profile("files", domain::ActionKind::prompt, "files/greeting", "refund-desk"));
  EXPECT_FALSE(snapshot->read_profile("files", domain::ActionKind::prompt, "desk/greeting", "refund-desk"));
  EXPECT_FALSE(snapshot->read_profile("files", domain::ActionKind::resource, "file:///etc/passwd", "refund-desk"));
}

TEST(Granted, NeedsAgentWorkflowAndEnvironment) {
  auto snapshot = loaded(refunds_without_access());
  auto ask = [&](std::string_view upstream, std::string_view name, domain::Tier tier) {
    return snapshot->granted(
        {.agent = "desk-agent", .workflow = "refund-desk", .upstream = upstream, .name = name, .tier = tier});
  };
  EXPECT_TRUE(ask("desk", "desk/get_ticket", domain::Tier::read));
  EXPECT_TRUE(ask("desk", "desk/create_refund", domain::Tier::execute));
  EXPECT_TRUE(ask("files", "files/list_directory", domain::Tier::read));

  auto access = ask("desk", "desk/grant_access", domain::Tier::execute);
  ASSERT_FALSE(access);
  EXPECT_EQ(access.error().code, Code::permission_denied);
  EXPECT_EQ(
      access.error().message,
      "agent `desk-agent` is granted `desk/grant_access` by a pattern, and a pattern grants only reading: name it in may.tools");
  EXPECT_FALSE(ask("files", "desk/create_refund", domain::Tier::execute)) << "a tool of another upstream";
  EXPECT_FALSE(
      snapshot->granted({.agent = "nobody", .workflow = "refund-desk", .upstream = "desk", .name = "desk/get_ticket"}));
  EXPECT_FALSE(
      snapshot->granted({.agent = "desk-agent", .workflow = "nothing", .upstream = "desk", .name = "desk/get_ticket"}));
}

TEST(Granted, IsTheIntersection) {
  auto agent_only = R"(kind: Workflow
name: other
accountable: ana
agents: [desk-agent]
may: {environments: [production], tools: [desk/get_ticket]}
---
kind: Workflow
name: sandbox-only
accountable: ana
agents: [desk-agent]
may: {environments: [sandbox], tools: ["desk/*"]}
---
kind: Workflow
name: of-nobody
accountable: ana
agents: [other-agent]
may: {environments: [production], tools: ["desk/*"]}
---
kind: Agent
name: other-agent
owner: ana
steward: ben
)";
  auto sources = refunds();
  sources["other.yaml"] = agent_only;
  auto snapshot = loaded(sources);
  auto ask = [&](std::string_view agent, std::string_view workflow, std::string_view name) {
    auto may = snapshot->granted(
        {.agent = agent, .workflow = workflow, .upstream = "desk", .name = name, .tier = domain::Tier::read});
    return may ? std::string() : may.error().message;
  };
  EXPECT_EQ(ask("desk-agent", "other", "desk/get_ticket"), "");
  EXPECT_EQ(ask("desk-agent", "other", "desk/list_tickets"),
            "workflow `other` is not granted `desk/list_tickets`: name it in may.tools");
  EXPECT_EQ(ask("desk-agent", "sandbox-only", "desk/get_ticket"),
            "workflow `sandbox-only` may not act in production: its may.environments does not list it");
  EXPECT_EQ(ask("desk-agent", "of-nobody", "desk/get_ticket"),
            "agent `desk-agent` does not work in workflow `of-nobody`");
  EXPECT_EQ(ask("other-agent", "of-nobody", "desk/get_ticket"),
            "agent `other-agent` may not act in production: its may.environments does not list it");
}

TEST(Humans, AreTheActiveOnesBehindNames) {
  auto sources = refunds();
  sources["more.yaml"] =
      "kind: Person\nname: otto\nleft: 2026-03-01\n---\nkind: Team\nname: mixed\nmembers: [otto, rita, ana]\n";
  auto snapshot = loaded(sources);
  EXPECT_EQ(snapshot->humans({"support", "mixed", "otto", "nobody"}), (std::vector<std::string>{"ana", "ben", "rita"}));
  EXPECT_TRUE(snapshot->humans({"otto"}).empty());
}

TEST(Rules, AreLoweredWithTheirPlaces) {
  auto snapshot = loaded(refunds());
  const auto& rules = snapshot->policies().at(0).rules;
  auto small = std::ranges::find(rules, "refund.small", &domain::Rule::id);
  ASSERT_NE(small, rules.end());
  ASSERT_EQ(small->all.size(), 1U);
  EXPECT_EQ(small->all[0].text, "args.amount_usd > 0.0 && args.amount_usd <= 200.0");
  EXPECT_EQ(small->all[0].where.column, 11);
  EXPECT_FALSE(small->unattended.empty());
  auto large = std::ranges::find(rules, "refund.large", &domain::Rule::id);
  ASSERT_EQ(large->obligations.size(), 1U);
  EXPECT_EQ(large->obligations[0].type, "approve");
  EXPECT_EQ(large->obligations[0].arguments,
            R"({"criteria":"Does the ticket justify the amount, and does it go to the customer who paid?",)"
            R"("expires":"4h","from":["support"]})");
  auto meter = std::ranges::find(snapshot->meters(), "refund_dollars_a_day", &domain::Meter::name);
  EXPECT_EQ(meter->window_ms, 86'400'000);
  EXPECT_EQ(meter->limit, 2000);
  EXPECT_EQ(std::ranges::find(snapshot->meters(), "refunds_in_flight", &domain::Meter::name)->window_ms, 0);
}

}  // namespace
}  // namespace bw::registry
