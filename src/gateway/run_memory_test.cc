// SPDX-License-Identifier: Apache-2.0
#include "gateway/run_memory.h"

#include <gtest/gtest.h>

#include "async/loop.h"
#include "gateway/upstreams_fake.h"
#include "policy/returned.h"

namespace bw::gateway {
namespace {

using domain::Outcome;

// A ledger of rows that tests write by hand. Everything that a RunMemory does not ask fails.
class FakeRecords final : public admission::Records {
 public:
  std::vector<admission::ActionRow> rows;  // oldest first
  std::map<std::uint64_t, std::string> results;
  int reads = 0;
  std::function<void()> while_reading = [] {};
  bool fails = false;

  void add(std::string id, std::string tool, std::optional<Outcome> outcome, std::string result = {}) {
    admission::ActionRow row{.action = std::move(id), .run = "r"};
    row.upstream = tool.substr(0, tool.find('/'));
    row.tool = std::move(tool);
    row.intent = 2 * rows.size();
    row.outcome = outcome;
    row.entries = {2 * rows.size(), 2 * rows.size() + 1};
    results[row.entries.back()] = std::move(result);
    rows.push_back(std::move(row));
  }

  Result<admission::ActionPage> actions(const admission::ActionFilter& filter) override {
    ++reads;
    if (fails) return fail(Code::unavailable, "the disk is gone");
    admission::ActionPage page;
    std::size_t from = filter.cursor.empty() ? 0 : std::stoul(filter.cursor);
    std::size_t i = from;
    for (; i < rows.size() && page.actions.size() < filter.limit; ++i) {
      if (rows[i].run == filter.run) page.actions.push_back(rows[i]);
    }
    if (i < rows.size()) page.next = std::to_string(i);
    while_reading();
    return page;
  }
  Result<admission::ContentValues> contents(std::uint64_t seq) override {
    return admission::ContentValues{.out = results[seq]};
  }

  static std::unexpected<Error> no() { return fail(Code::unavailable, "not asked in these tests"); }
  Result<ledger::Contents> salted_contents(std::uint64_t) override { return no(); }
  Result<std::vector<admission::RetainedGroup>> retained() override { return no(); }
  Result<std::vector<admission::RetainedEntry>> retained(const std::string&, std::int64_t, std::uint64_t,
                                                         std::size_t) override {
    return no();
  }
  Result<admission::SubjectPage> actions_of_subject(const std::string&, std::uint64_t, std::size_t) override {
    return no();
  }
  Result<admission::ActionRecord> action(const std::string&) override { return no(); }
  Result<admission::RunPage> runs(const admission::RunFilter&) override { return no(); }
  Result<admission::RunRow> run(const std::string&) override { return no(); }
  Result<admission::TicketRecord> ticket(const std::string&) override { return no(); }
  Result<admission::TicketPage> tickets(const admission::TicketFilter&) override { return no(); }
  Result<std::vector<admission::SwitchRecord>> switches() override { return no(); }
  Result<std::vector<admission::LegalHoldRecord>> legal_holds() override { return no(); }
  Result<std::vector<admission::TokenRow>> tokens(const std::string&) override { return no(); }
  Result<admission::SnapshotRecord> current_snapshot() override { return no(); }
  Result<admission::SnapshotRecord> snapshot(const std::string&) override { return no(); }
  Result<std::vector<admission::SnapshotRecord>> snapshots(std::size_t) override { return no(); }
  Result<std::vector<admission::PinRecord>> pins(const std::string&) override { return no(); }
  Result<std::vector<admission::ActionRow>> ambiguous() override { return no(); }
  Result<std::vector<admission::StoredEntry>> entries(std::uint64_t, std::size_t) override { return no(); }
  Result<std::vector<admission::MeterReading>> meters(std::int64_t) override { return no(); }
  Result<admission::Counts> counts() override { return no(); }
  Result<admission::LedgerHead> head() override { return no(); }
  Result<std::vector<std::string>> prove_inclusion(std::uint64_t, std::uint64_t) override { return no(); }
  Result<std::vector<std::string>> prove_consistency(std::uint64_t, std::uint64_t) override { return no(); }
  Result<std::string> tile(unsigned, std::uint64_t, unsigned) override { return no(); }
};

struct World {
  explicit World(RunMemory::Limits limits = {}) : memory(pool, records, limits) {}

  const domain::RunHistory& recall(const std::string& run = "r", std::vector<std::string> patterns = {"desk/*"}) {
    async::run(loop, memory.recall(run, std::move(patterns)));
    const auto* history = memory.look(run, *snapshot);
    BW_ASSERT(history);
    return *history;
  }
  domain::Action action(std::string id, std::string tool, std::string run = "r") {
    domain::Action action{.id = std::move(id), .run = std::move(run)};
    action.upstream = tool.substr(0, tool.find('/'));
    action.name = std::move(tool);
    return action;
  }

  std::shared_ptr<const registry::Snapshot> snapshot = testing::snapshot(std::string(testing::kRegistry) + R"(---
kind: Upstream
name: mail
command: mail
environment: sandbox
labels: [outside]
tools:
  read: {tier: read, labels: [untrusted]}
  list: {tier: read}
)");
  FakeRecords records;
  async::Pool pool{1, 100};
  async::Loop loop;
  RunMemory memory;
};

TEST(RunMemory, ReadsTheLedgerOnceAndIsKeptUpToDate) {
  World w;
  w.records.add("a", "desk/look", Outcome::succeeded, R"({"name":"Ann"})");
  w.records.add("b", "desk/look", Outcome::failed);
  w.records.rows.push_back({.action = "refused", .run = "r", .tool = "desk/refund"});
  EXPECT_EQ(w.memory.look("r", *w.snapshot), nullptr) << "nobody asked yet";
  const auto& history = w.recall();
  EXPECT_EQ(history.actions.at("desk/look").sent, 2);
  EXPECT_EQ(history.actions.at("desk/look").succeeded, 1);
  EXPECT_FALSE(history.actions.contains("desk/refund")) << "it was never admitted";
  EXPECT_TRUE(policy::holds_value(history.returned.at("desk/look").values, "ann"));

  auto later = w.action("c", "desk/later");
  w.memory.sent(later);
  w.memory.ended(later, Outcome::succeeded, R"({"name":"Bo"})");
  w.memory.sent(w.action("x", "desk/later", "another run"));
  const auto& now = w.recall();
  EXPECT_EQ(now.actions.at("desk/later").succeeded, 1);
  EXPECT_TRUE(policy::holds_value(now.returned.at("desk/later").values, "Bo"));
  EXPECT_EQ(w.records.reads, 1);
  EXPECT_EQ(w.memory.look("another run", *w.snapshot), nullptr);
}

TEST(RunMemory, LabelsComeFromWhatWasSentAndAreThoseDeclaredNow) {
  World w;
  w.records.add("a", "mail/list", Outcome::failed);
  EXPECT_EQ(w.recall().labels, (std::vector<std::string>{"outside"}));
  w.memory.sent(w.action("b", "mail/read"));
  EXPECT_EQ(w.recall().labels, (std::vector<std::string>{"outside", "untrusted"})) << "before it has answered";
  auto before = testing::snapshot();
  EXPECT_TRUE(w.memory.look("r", *before)->labels.empty());
}

TEST(RunMemory, WhatHappensWhileTheLedgerIsReadCountsOnce) {
  World w;
  w.records.add("a", "desk/look", Outcome::succeeded, "{}");
  bool told = false;
  w.records.while_reading = [&] {
    if (std::exchange(told, true)) return;
    w.loop.post([&w] {
      w.memory.sent(w.action("a", "desk/look"));   // which the ledger shows already
      w.memory.sent(w.action("b", "desk/later"));  // which came too late for it
    });
  };
  const auto& history = w.recall();
  EXPECT_EQ(history.actions.at("desk/look").sent, 1);
  EXPECT_EQ(history.actions.at("desk/later").sent, 1);
}

TEST(RunMemory, ARunThatCannotBeReadIsUnknownUntilItCan) {
  World w({.actions_max = 3});
  w.records.fails = true;
  EXPECT_EQ(w.recall().unknown, "the disk is gone");
  w.records.fails = false;
  for (const char* id : {"a", "b", "c"}) w.records.add(id, "desk/look", Outcome::succeeded, "{}");
  EXPECT_EQ(w.recall().unknown, "");
  w.memory.sent(w.action("d", "desk/look"));
  EXPECT_EQ(w.memory.look("r", *w.snapshot)->unknown, "it has more than 3 actions");
  EXPECT_TRUE(w.memory.look("r", *w.snapshot)->actions.empty());
  w.records.add("d", "desk/look", Outcome::succeeded, "{}");
  EXPECT_EQ(w.recall().unknown, "it has more than 3 actions");
}

TEST(RunMemory, OtherPatternsOrAResultThatIsGoneAreReadAgainOrIncomplete) {
  World w;
  w.records.add("a", "desk/look", Outcome::succeeded, R"({"name":"Ann"})");
  w.records.add("b", "notes/find", Outcome::succeeded, "");
  EXPECT_TRUE(w.recall("r", {"notes/*"}).returned.contains("notes/find"));
  EXPECT_FALSE(w.memory.look("r", *w.snapshot)->returned.at("notes/find").complete) << "erased";
  const auto& other = w.recall("r", {"desk/*"});
  EXPECT_TRUE(other.returned.at("desk/look").complete);
  EXPECT_FALSE(other.returned.contains("notes/find"));
  EXPECT_EQ(w.records.reads, 2);
}

TEST(RunMemory, IsBoundedAndReadsAgainWhatItDropped) {
  World w({.runs_max = 2});
  w.records.add("a", "desk/look", Outcome::succeeded, "{}");
  w.recall("r");
  w.recall("s");
  w.recall("t");
  EXPECT_EQ(w.memory.look("r", *w.snapshot), nullptr);
  EXPECT_EQ(w.recall("r").actions.at("desk/look").sent, 1);
  EXPECT_EQ(w.records.reads, 4);
}

}  // namespace
}  // namespace bw::gateway
