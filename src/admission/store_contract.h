// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "admission/records.h"
#include "admission/store.h"

// What every Store keeps. A backend instantiates the suite with a maker of empty stores:
//   INSTANTIATE_TEST_SUITE_P(Memory, StoreContract, testing::Values(StoreMaker{"memory", [] { … }}));
namespace bw::admission {

// A store that is empty when made. reopen() gives what a new process would see.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  virtual Records& records() = 0;  // what readers see of it
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

  // Does it twice: undone, which must leave what `check` finds before, and kept, which must show at once and to a new process.
  template <class Change, class Check>
  void change(Change make, Check check) {
    check(false);
    {
      auto t = begin();
      make(*t);
    }  // undone
    check(false);
    {
      auto t = begin();
      make(*t);
      ASSERT_TRUE(t->commit().has_value());
    }
    check(true);
    under_test->reopen();
    check(true);
  }

  static ledger::Fields fields(std::initializer_list<ledger::Field> which) {
    ledger::Fields out;
    for (auto field : which) out.add(field);
    return out;
  }

  // Entries with nothing beside them, for rows to name.
  void append_entries(int count) {
    auto t = begin();
    for (int i = 0; i < count; ++i) append(*t, "act_" + std::to_string(i));
    ASSERT_TRUE(t->commit().has_value());
  }

  Records& records() { return under_test->records(); }

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

TEST_P(StoreContract, EntriesAreReadBack) {
  append_entries(2);
  auto t = begin();
  append(*t, "act_2");
  EXPECT_EQ(t->entry(1)->action, "act_1");
  EXPECT_EQ(t->entry(2)->digest, "digest of act_2");  // its own, before it is committed
  EXPECT_EQ(t->entry(3).error().code, Code::data_loss);
  t.reset();
  under_test->reopen();
  EXPECT_EQ(begin()->entry(0)->charges.at(0).key, "act_0");
  EXPECT_EQ(begin()->entry(2).error().code, Code::data_loss);
}

TEST_P(StoreContract, ContentsAreErasedFieldByField) {
  using ledger::Field;
  auto sent = ledger::salt_content("{}");
  {
    auto t = begin();
    append(*t, "act_1", {.args = sent, .out = sent, .subject = ledger::salt_content(R"(["C-1","C-2"])")});
    append(*t, "act_2", {.args = sent, .subject = ledger::salt_content(R"(["C-1"])")});
    append(*t, "act_3");
    ASSERT_TRUE(t->commit().has_value());
  }
  using Names = std::vector<std::string>;
  auto about = [&](const char* subject) { return records().actions_of_subject(subject, 0, 9)->actions; };
  change(
      [&](Transaction& t) {
        ASSERT_TRUE(t.erase_contents(0, fields({Field::args, Field::why})).has_value());
        EXPECT_EQ(t.contents_of(0).value(), fields({Field::out, Field::subject}));
      },
      [&](bool done) {
        EXPECT_EQ(begin()->contents_of(0).value(),
                  done ? fields({Field::out, Field::subject}) : fields({Field::args, Field::out, Field::subject}));
        auto values = records().contents(0).value();
        EXPECT_EQ(values.args, done ? "" : "{}");
        EXPECT_EQ(values.out, "{}");
        EXPECT_EQ(begin()->contents_of(1).value(), fields({Field::args, Field::subject}));
        EXPECT_EQ(about("C-1"), (Names{"act_1", "act_2"}));
      });
  change([&](Transaction& t) { ASSERT_TRUE(t.erase_contents(0, ledger::Fields::all()).has_value()); },
         [&](bool done) {
           EXPECT_EQ(begin()->contents_of(0)->empty(), done);
           EXPECT_EQ(about("C-1"), done ? Names{"act_2"} : (Names{"act_1", "act_2"}));
           EXPECT_EQ(about("C-2"), done ? Names{} : Names{"act_1"});
           EXPECT_EQ(records().salted_contents(1)->args, sent);
         });
  EXPECT_TRUE(begin()->contents_of(2)->empty());
  EXPECT_TRUE(begin()->contents_of(9)->empty());
}

TEST_P(StoreContract, TheFirstErasureOfAContentIsTheOneThatIsKept) {
  using ledger::Field;
  append_entries(2);
  auto by = [&](std::uint64_t seq, Field field) {
    return records().contents(seq)->erased_by[static_cast<std::size_t>(field)];
  };
  using By = std::optional<std::uint64_t>;
  change([&](Transaction& t) { ASSERT_TRUE(t.put_erasure(0, fields({Field::args, Field::reviewers}), 5).has_value()); },
         [&](bool done) {
           EXPECT_EQ(by(0, Field::args), done ? By(5) : By());
           EXPECT_EQ(by(0, Field::reviewers), done ? By(5) : By());
           EXPECT_EQ(by(0, Field::out), By());
         });
  change([&](Transaction& t) { ASSERT_TRUE(t.put_erasure(0, ledger::Fields::all(), 9).has_value()); },
         [&](bool done) {
           EXPECT_EQ(by(0, Field::args), By(5));
           EXPECT_EQ(by(0, Field::reviewers), By(5));
           for (auto field : {Field::out, Field::why, Field::checks, Field::text, Field::subject})
             EXPECT_EQ(by(0, field), done ? By(9) : By()) << name(field);
           EXPECT_EQ(by(1, Field::args), By());
         });
}

TEST_P(StoreContract, WhatExpiresIsFoundByItsClassAndPeriod) {
  append_entries(4);
  auto groups = [&] {
    std::string out;
    for (const auto& group : records().retained().value())
      out += group.name + ' ' + std::to_string(group.ms) + " from " + std::to_string(group.oldest) + "; ";
    return out;
  };
  auto entries = [&](const std::string& name, std::int64_t ms, std::uint64_t from, std::size_t limit) {
    std::vector<std::uint64_t> out;
    for (const auto& one : records().retained(name, ms, from, limit).value()) out.push_back(one.seq);
    return out;
  };
  using Seqs = std::vector<std::uint64_t>;
  change(
      [&](Transaction& t) {
        for (auto [name, ms, seq] : {std::tuple{"b", 10, 1}, {"a", 20, 0}, {"a", 10, 3}, {"a", 10, 1}, {"a", 10, 2}})
          ASSERT_TRUE(t.put_retention(name, ms, static_cast<std::uint64_t>(seq)).has_value());
      },
      [&](bool done) {
        EXPECT_EQ(groups(), done ? "a 10 from 1; a 20 from 0; b 10 from 1; " : "");
        EXPECT_EQ(entries("a", 10, 0, 9), done ? (Seqs{1, 2, 3}) : Seqs{});
      });
  EXPECT_EQ(entries("a", 10, 2, 1), Seqs{2});
  EXPECT_EQ(records().retained("a", 10, 0, 1)->front().at_ms, 1'800'000'000'000);
  change(
      [&](Transaction& t) {
        ASSERT_TRUE(t.drop_retention("a", 10, 1).has_value());
        ASSERT_TRUE(t.drop_retention("a", 20, 0).has_value());
        ASSERT_TRUE(t.drop_retention("b", 20, 1).has_value());  // not there
      },
      [&](bool done) {
        EXPECT_EQ(groups(), done ? "a 10 from 2; b 10 from 1; " : "a 10 from 1; a 20 from 0; b 10 from 1; ");
      });
}

TEST_P(StoreContract, LegalHoldsStandUntilTheyAreCleared) {
  append_entries(3);
  domain::Scope agent{domain::Scope::Kind::agent, "a"}, flow{domain::Scope::Kind::workflow, "w"};
  auto on = [&] { return **begin()->legal_holds_on(); };
  change(
      [&](Transaction& t) {
        ASSERT_TRUE(t.put_legal_hold({.scope = agent, .on = true, .by = "maya", .at_ms = 5, .entry = 0}).has_value());
        ASSERT_TRUE(t.put_legal_hold({.scope = flow, .on = true, .by = "maya", .at_ms = 6, .entry = 1}).has_value());
        EXPECT_EQ((*t.legal_holds_on())->size(), 2U);
      },
      [&](bool done) { EXPECT_EQ(on(), done ? (std::set{agent, flow}) : std::set<domain::Scope>{}); });
  change(
      [&](Transaction& t) {
        ASSERT_TRUE(t.put_legal_hold({.scope = agent, .on = false, .by = "ben", .at_ms = 7, .entry = 2}).has_value());
      },
      [&](bool done) { EXPECT_EQ(on(), done ? std::set{flow} : (std::set{agent, flow})); });
  auto all = records().legal_holds().value();
  ASSERT_EQ(all.size(), 2U);
  auto cleared = all[0].row.scope == agent ? all[0].row : all[1].row;
  EXPECT_EQ(cleared, (LegalHoldRow{.scope = agent, .on = false, .by = "ben", .at_ms = 7, .entry = 2}));
}

TEST_P(StoreContract, PinsAreReplacedAndQuarantinesEnd) {
  append_entries(4);
  PinRow accepted{.upstream = "desk", .tool = "desk/refund", .digest = "p1", .by = "maya", .at_ms = 5, .entry = 0};
  auto changed = accepted;
  changed.digest = "p2";
  changed.state = Pin::State::quarantined;
  changed.entry = 1;
  auto rows = [&](const std::string& upstream) {
    std::vector<PinRow> out;
    for (auto& pin : records().pins(upstream).value()) out.push_back(pin.row);
    std::ranges::sort(out, {}, &PinRow::entry);
    return out;
  };
  using Rows = std::vector<PinRow>;
  change(
      [&](Transaction& t) {
        ASSERT_TRUE(t.put_pin(accepted).has_value());
        ASSERT_TRUE(t.put_pin(changed).has_value());
      },
      [&](bool done) { EXPECT_EQ(rows("desk"), done ? (Rows{accepted, changed}) : Rows{}); });
  EXPECT_EQ(rows("other"), Rows{});
  auto newer = accepted;
  newer.digest = "p3";
  newer.entry = 2;
  change([&](Transaction& t) { ASSERT_TRUE(t.put_pin(newer).has_value()); },
         [&](bool done) { EXPECT_EQ(rows(""), done ? (Rows{changed, newer}) : (Rows{accepted, changed})); });
  change(
      [&](Transaction& t) {
        ASSERT_TRUE(t.drop_quarantine("desk", "desk/refund", "p3").has_value());  // another definition: nothing
        ASSERT_TRUE(t.drop_quarantine("desk", "desk/other", "p2").has_value());
      },
      [&](bool) { EXPECT_EQ(rows("desk"), (Rows{changed, newer})); });
  change([&](Transaction& t) { ASSERT_TRUE(t.drop_quarantine("desk", "desk/refund", "p2").has_value()); },
         [&](bool done) { EXPECT_EQ(rows("desk"), done ? Rows{newer} : (Rows{changed, newer})); });
}

TEST_P(StoreContract, SnapshotsAreKeptAndTheNewestIsCurrent) {
  {
    auto t = begin();
    append(*t, "", {.text = ledger::salt_content("first")});
    append(*t, "", {.why = ledger::salt_content("because"), .text = ledger::salt_content("second")});
    ASSERT_TRUE(t->commit().has_value());
  }
  change(
      [&](Transaction& t) {
        ASSERT_TRUE(t.put_snapshot({.digest = "s1", .author = "maya", .at_ms = 5, .entry = 0}).has_value());
        ASSERT_TRUE(t.put_snapshot({.digest = "s2", .author = "ben", .at_ms = 6, .entry = 1}).has_value());
      },
      [&](bool done) {
        EXPECT_EQ(records().snapshots(9)->size(), done ? 2U : 0U);
        if (!done) return;
        auto current = records().current_snapshot().value();
        EXPECT_EQ(current.row, (SnapshotRow{.digest = "s2", .author = "ben", .at_ms = 6, .entry = 1}));
        EXPECT_EQ(current.text, "second");
        EXPECT_EQ(current.message, "because");
        EXPECT_EQ(records().snapshot("s1")->text, "first");
      });
  EXPECT_EQ(records().snapshot("s3").error().code, Code::not_found);
}

TEST_P(StoreContract, RunsAndWordsAreCounted) {
  RunRow first{.run = "run_1", .agent = "a", .workflow = "w", .environment = "e", .first_at_ms = 5, .last_at_ms = 5};
  first.admitted = first.refused = first.held = 1;
  auto more = first;
  more.first_at_ms = more.last_at_ms = 8;
  more.settled = more.failed = more.ambiguous = 2;
  auto sum = first;
  sum.last_at_ms = 8;
  sum.admitted = sum.refused = sum.held = sum.settled = sum.failed = sum.ambiguous = 2;
  change([&](Transaction& t) { ASSERT_TRUE(t.add_to_run(first).has_value()); },
         [&](bool done) { EXPECT_EQ(records().run("run_1").value_or(RunRow{}), done ? first : RunRow{}); });
  change(
      [&](Transaction& t) {
        ASSERT_TRUE(t.add_to_run(more).has_value());
        ASSERT_TRUE(t.add_to_count("intent", 2).has_value());
        ASSERT_TRUE(t.add_to_count("intent", 3).has_value());
        ASSERT_TRUE(t.add_to_count("hold", 1).has_value());
      },
      [&](bool done) {
        EXPECT_EQ(records().run("run_1").value(), done ? sum : first);
        using Words = std::vector<std::pair<std::string, std::uint64_t>>;
        EXPECT_EQ(records().counts()->by_word, done ? (Words{{"hold", 1}, {"intent", 5}}) : Words{});
      });
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
