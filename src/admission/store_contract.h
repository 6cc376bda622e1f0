// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admission/store.h"

// What every Store keeps. A backend instantiates the suite with a maker of empty stores:
//   INSTANTIATE_TEST_SUITE_P(Memory, StoreContract, testing::Values(StoreMaker{"memory", [] { … }}));
namespace bw::admission {

// A store that is empty when made. reopen() gives what a new process would see.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  virtual void reopen() = 0;
};

struct StoreMaker {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
  friend std::ostream& operator<<(std::ostream& out, const StoreMaker& maker) { return out << maker.name; }
};

class StoreContract : public testing::TestWithParam<StoreMaker> {
 protected:
  std::unique_ptr<Transaction> begin() { return under_test->store().begin().value(); }

  // Appends one entry for the action and moves the head.
  static void append(Transaction& t, const std::string& action, const ledger::Contents& contents = {}) {
    auto head = t.head().value();
    ledger::Entry entry{
        .seq = head.frontier.size(), .kind = ledger::Kind::intent, .at_ms = 1'800'000'000'000, .action = action};
    entry.digest = "digest of " + action;
    entry.charges = {{"calls", action, 1, 10, 0}};
    auto leaf = encode(entry).value();
    auto hash = ledger::leaf_hash(leaf);
    ASSERT_TRUE(t.append(entry.seq, leaf, hash, contents).has_value());
    head.frontier.append(hash);
    head.at_ms = entry.at_ms;
    ASSERT_TRUE(t.set_head(head).has_value());
  }

  static ActionState action(const std::string& id, std::uint64_t seq) {
    ActionState state;
    state.row = {.action = id,
                 .run = "run_1",
                 .agent = "agent",
                 .workflow = "workflow",
                 .environment = "sandbox",
                 .upstream = "desk",
                 .tool = "desk/refund",
                 .tier = domain::Tier::write,
                 .verdict = domain::Verdict::allow,
                 .intent = seq,
                 .at_ms = 1'800'000'000'000,
                 .entries = {seq}};
    state.digest = "digest of " + id;
    state.charges = {{"calls", id, 1, 10, 0}};
    state.admitted_at_ms = 1'800'000'000'000;
    return state;
  }

  static TicketRow ticket(const std::string& id, std::uint64_t entry, domain::TicketState state) {
    return {.ticket = id,
            .action = "act_1",
            .digest = "d1",
            .run = "run_1",
            .agent = "agent",
            .workflow = "workflow",
            .environment = "sandbox",
            .upstream = "desk",
            .tool = "desk/refund",
            .tier = domain::Tier::execute,
            .state = state,
            .opened_at_ms = 1,
            .expires_at_ms = 2,
            .reviewers = {"maya", "o\"neil"},
            .entry = entry};
  }

  std::unique_ptr<StoreUnderTest> under_test = GetParam().make();
  domain::Principal who{.agent = "agent", .workflow = "workflow", .environment = "sandbox", .token = "tok"};
};

TEST_P(StoreContract, CommitsAreKeptAndOthersNeverHappened) {
  {
    auto t = begin();
    EXPECT_EQ(t->head()->frontier.size(), 0U);
    append(*t, "act_1");
    ASSERT_TRUE(t->insert_action(action("act_1", 0)).has_value());
    ASSERT_TRUE(t->put_meter("m", "k", {.limit = 5, .in_flight = 1}).has_value());
    ASSERT_TRUE(t->commit().has_value());
  }
  auto kept = begin()->head()->frontier.root();
  {
    auto t = begin();
    append(*t, "act_2");
    ASSERT_TRUE(t->insert_action(action("act_2", 1)).has_value());
    auto changed = action("act_1", 0);
    changed.row.outcome = domain::Outcome::failed;
    ASSERT_TRUE(t->update_action(changed).has_value());
    ASSERT_TRUE(t->put_meter("m", "k", {.limit = 5, .in_flight = 2}).has_value());
    ASSERT_TRUE(t->put_meter("m", "other", {.limit = 5, .in_flight = 2}).has_value());
    ASSERT_TRUE(t->put_switch({.scope = {}, .on = true, .entry = 1}).has_value());
    ASSERT_TRUE(t->put_ambiguous("d", "act_2").has_value());
    ASSERT_TRUE(t->put_token({.token = "tok", .agent = "agent"}).has_value());
    ASSERT_TRUE(t->put_agent_revoked("agent", 1).has_value());
    ASSERT_TRUE(t->put_ticket(ticket("tkt_1", 1, domain::TicketState::held)).has_value());
  }  // undone
  for (int pass = 0; pass < 2; ++pass) {
    auto t = begin();
    EXPECT_EQ(t->head()->frontier.size(), 1U);
    EXPECT_EQ(t->head()->frontier.root(), kept);
    EXPECT_FALSE(t->action("act_2")->has_value());
    EXPECT_FALSE(t->action("act_1")->value().row.outcome);
    EXPECT_EQ(t->meter("m", "k")->in_flight, 1);
    EXPECT_EQ(*t->meter("m", "other"), MeterState{});
    EXPECT_TRUE((*t->switches_on())->empty());
    EXPECT_EQ(*t->ambiguous("d"), "");
    EXPECT_EQ(*t->token("tok"), nullptr);
    EXPECT_FALSE(t->agent_revoked("agent")->has_value());
    EXPECT_FALSE(t->ticket("tkt_1")->has_value());
    EXPECT_EQ(t->unsettled()->size(), 1U);
    t.reset();
    under_test->reopen();
  }
}

TEST_P(StoreContract, ActionsAreFoundUntilAndAfterTheySettle) {
  {
    auto t = begin();
    append(*t, "act_1");
    append(*t, "act_2");
    ASSERT_TRUE(t->insert_action(action("act_2", 1)).has_value());
    ASSERT_TRUE(t->insert_action(action("act_1", 0)).has_value());
    EXPECT_EQ(t->insert_action(action("act_1", 0)).error().code, Code::already_exists);
    ASSERT_TRUE(t->commit().has_value());
  }
  under_test->reopen();
  {
    auto t = begin();
    auto unsettled = t->unsettled().value();
    ASSERT_EQ(unsettled.size(), 2U);
    EXPECT_EQ(unsettled[0].row.action, "act_1");
    auto state = t->action("act_1")->value();
    EXPECT_EQ(state.digest, "digest of act_1");
    EXPECT_EQ(state.charges[0].key, "act_1");
    EXPECT_EQ(state.admitted_at_ms, 1'800'000'000'000);
    append(*t, "act_1");
    state.row.outcome = domain::Outcome::succeeded;
    state.row.settled_at_ms = 7;
    state.row.entries = {0, 2};
    ASSERT_TRUE(t->update_action(state).has_value());
    EXPECT_EQ(t->unsettled()->size(), 1U);
    ASSERT_TRUE(t->commit().has_value());
  }
  under_test->reopen();
  auto t = begin();
  auto state = t->action("act_1")->value();
  EXPECT_EQ(state.row.outcome, domain::Outcome::succeeded);
  EXPECT_EQ(state.row.entries, (std::vector<std::uint64_t>{0, 2}));
  EXPECT_EQ(state.row.tier, domain::Tier::write);
  EXPECT_EQ(state.charges.size(), 1U);
  EXPECT_EQ(t->unsettled()->size(), 1U);
  EXPECT_FALSE(t->action("act_9")->has_value());
}

TEST_P(StoreContract, SwitchesTokensAndAmbiguousActionsSurvive) {
  domain::Scope agent{domain::Scope::Kind::agent, "a"}, all{};
  {
    auto t = begin();
    ASSERT_TRUE(t->put_switch({.scope = agent, .on = true, .by = "maya", .entry = 1}).has_value());
    ASSERT_TRUE(t->put_switch({.scope = all, .on = true, .by = "maya", .entry = 2}).has_value());
    ASSERT_TRUE(t->put_switch({.scope = all, .on = false, .by = "maya", .entry = 3}).has_value());
    ASSERT_TRUE(
        t->put_token({.token = "tok_1", .agent = "a", .by = "maya", .issued_at_ms = 5, .entry = 4}).has_value());
    ASSERT_TRUE(t->put_token({.token = "tok_2", .agent = "b", .entry = 5}).has_value());
    EXPECT_EQ(*t->token("tok_3"), nullptr);
    ASSERT_TRUE(t->put_token({.token = "tok_3", .agent = "a", .revoked_at_ms = 9, .entry = 6}).has_value());
    ASSERT_TRUE(t->put_agent_revoked("a", 7).has_value());
    ASSERT_TRUE(t->put_agent_revoked("a", 8).has_value());
    ASSERT_TRUE(t->put_ambiguous("d1", "act_1").has_value());
    ASSERT_TRUE(t->put_ambiguous("d1", "act_2").has_value());
    ASSERT_TRUE(t->put_ambiguous("d2", "act_3").has_value());
    ASSERT_TRUE(t->drop_ambiguous("d2", "act_3").has_value());
    ASSERT_TRUE(t->drop_ambiguous("d1", "act_1").has_value());
    ASSERT_TRUE(t->commit().has_value());
  }
  for (int pass = 0; pass < 2; ++pass) {
    auto t = begin();
    EXPECT_EQ(**t->switches_on(), std::set{agent});
    ASSERT_NE(*t->token("tok_1"), nullptr);
    EXPECT_EQ((*t->token("tok_1"))->issued_at_ms, 5);
    EXPECT_EQ((*t->token("tok_3"))->revoked_at_ms, 9);
    EXPECT_EQ(*t->token("tok_4"), nullptr);
    EXPECT_EQ(t->tokens_of("a")->size(), 2U);
    EXPECT_EQ(**t->agent_revoked("a"), 8U);
    EXPECT_FALSE(t->agent_revoked("b")->has_value());
    EXPECT_EQ(*t->ambiguous("d1"), "act_2");
    EXPECT_EQ(*t->ambiguous("d2"), "");
    EXPECT_EQ(*t->ambiguous("d"), "");
    t.reset();
    under_test->reopen();
  }
}

TEST_P(StoreContract, TicketsAreFoundByIdByRequestAndWhileOpen) {
  using domain::TicketState;
  {
    auto t = begin();
    ASSERT_TRUE(t->put_ticket(ticket("tkt_2", 1, TicketState::held)).has_value());
    ASSERT_TRUE(t->put_ticket(ticket("tkt_1", 2, TicketState::approved)).has_value());
    auto other = ticket("tkt_3", 3, TicketState::held);
    other.environment = "production";
    ASSERT_TRUE(t->put_ticket(other).has_value());
    auto over = ticket("tkt_2", 1, TicketState::denied);
    over.by = "maya";
    over.decided_at_ms = 11;
    over.decision_entry = 4;
    ASSERT_TRUE(t->put_ticket(over).has_value());
    ASSERT_TRUE(t->commit().has_value());
  }
  for (int pass = 0; pass < 2; ++pass) {
    auto t = begin();
    auto denied = t->ticket("tkt_2")->value();
    EXPECT_EQ(denied.state, TicketState::denied);
    EXPECT_EQ(denied.reviewers, (std::vector<std::string>{"maya", "o\"neil"}));
    EXPECT_EQ(denied.decision_entry, 4U);
    EXPECT_EQ(denied.tier, domain::Tier::execute);
    EXPECT_FALSE(t->ticket("tkt_1")->value().decision_entry);
    EXPECT_EQ(t->ticket_for(who, "d1")->value().ticket, "tkt_1");  // the newest
    EXPECT_FALSE(t->ticket_for(who, "d2")->has_value());
    auto open = t->open_tickets().value();
    ASSERT_EQ(open.size(), 2U);
    EXPECT_EQ(open[0].ticket, "tkt_1");
    EXPECT_EQ(open[1].ticket, "tkt_3");
    t.reset();
    under_test->reopen();
  }
}

TEST_P(StoreContract, MetersSurvive) {
  MeterState state{.window_ms = 6400, .limit = 10, .in_flight = 3, .buckets = {{7, 2}, {9, 4}}};
  {
    auto t = begin();
    EXPECT_EQ(*t->meter("m", "a"), MeterState{});
    ASSERT_TRUE(t->put_meter("m", "a", state).has_value());
    ASSERT_TRUE(t->put_meter("m:a", "", {.in_flight = 1}).has_value());
    ASSERT_TRUE(t->commit().has_value());
  }
  for (int pass = 0; pass < 2; ++pass) {
    auto t = begin();
    EXPECT_EQ(*t->meter("m", "a"), state);
    EXPECT_EQ(*t->meter("m", ":a"), MeterState{});
    EXPECT_EQ(t->meter("m:a", "")->in_flight, 1);
    t.reset();
    under_test->reopen();
  }
}

TEST_P(StoreContract, TheHeadGrowsOverManyTilesAndRestarts) {
  for (int round = 0; round < 6; ++round) {
    auto t = begin();
    EXPECT_EQ(t->head()->frontier.size(), static_cast<std::uint64_t>(round) * 130);
    for (int i = 0; i < 130; ++i) append(*t, "act", {.args = ledger::salt_content("{}")});
    ASSERT_TRUE(t->commit().has_value());
    t.reset();
    under_test->reopen();
  }
}

TEST_P(StoreContract, TendingEndsAndChangesNothing) {
  {
    auto t = begin();
    append(*t, "act_1");
    ASSERT_TRUE(t->put_meter("idle", "", {}).has_value());
    ASSERT_TRUE(t->put_meter("busy", "", {.in_flight = 2}).has_value());
    ASSERT_TRUE(t->commit().has_value());
  }
  int steps = 0;
  while (under_test->store().tend(true, 1'800'000'000'000).value()) ASSERT_LT(++steps, 100);
  auto t = begin();
  EXPECT_EQ(t->head()->frontier.size(), 1U);
  EXPECT_EQ(t->meter("busy", "")->in_flight, 2);
}

}  // namespace bw::admission
