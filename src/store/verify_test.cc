// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "admission/replay.h"
#include "base/text.h"
#include "store/sqlite/database.h"
#include "store/workload.h"

namespace bw::store {
namespace {

using namespace admission;

// Runs a seeded workload with a few restarts; leaves the ledger closed, some actions without outcome.
void run_workload(Backend& backend, unsigned seed, int changes) {
  Workload workload(seed);
  FakeClock clock(noon);
  for (int round = 0; round < 3; ++round) {
    auto admission = Admission::open(backend.store(), clock, {}).value();
    for (int i = 0; i < changes / 3; ++i) {
      clock.advance_ms(workload.below(600) - 20);
      auto change = workload.next();
      auto result = admission->commit(change);
      ASSERT_TRUE(result || (result.error().code != Code::unavailable && result.error().code != Code::data_loss))
          << result.error().message;
      workload.learn(change, result);
    }
    admission.reset();
    backend.reopen();
  }
}

TEST(Replay, AgreesWithTheCommitterOnAnyWorkload) {
  std::map<std::string, std::uint64_t> total;
  for (unsigned seed = 0; seed < 40; ++seed) {
    Backend backend(false);
    run_workload(backend, seed, 600);
    Replay replay([&](const ActionState& action) {
      EXPECT_EQ(backend.records().action(action.row.action)->row, action.row);
      return Status();
    });
    auto entries = backend.records().entries(0, 1000).value();
    for (const auto& stored : entries) {
      auto status = replay.add(stored.entry, stored.leaf_hash);
      ASSERT_TRUE(status.has_value()) << "seed " << seed << ", entry " << stored.entry.seq << ": "
                                      << status.error().message;
    }
    auto head = backend.records().head().value();
    ASSERT_EQ(replay.size(), head.size);
    auto counts = backend.records().counts()->by_word;
    EXPECT_EQ((std::map(counts.begin(), counts.end())), replay.counts()) << "seed " << seed;
    for (const auto& [word, n] : replay.counts()) total[word] += n;
  }
  // The workloads are worth something only if everything happens in them.
  for (int kind = 0; kind <= static_cast<int>(ledger::Kind::reconcile); ++kind) {
    EXPECT_GT(total[std::string(ledger::name(static_cast<ledger::Kind>(kind)))], 20U) << kind;
  }
  EXPECT_GT(total["intent"], 1000U);
  EXPECT_GT(total["outcome"], 500U);
}

TEST(Verify, AcceptsWhatTheCommitterWrote) {
  for (unsigned seed = 100; seed < 104; ++seed) {
    Backend backend(true);
    run_workload(backend, seed, 600);
    std::uint64_t calls = 0;
    auto report = verify(backend.folder(), [&](std::uint64_t, std::uint64_t) { ++calls; });
    ASSERT_TRUE(report.has_value()) << "seed " << seed << ": " << report.error().message;
    EXPECT_EQ(report->entries, backend.records().head()->size);
    EXPECT_EQ(report->root, backend.records().head()->root);
    EXPECT_GT(report->contents, 50U);
  }
}

TEST(Verify, AcceptsAnEmptyLedgerAndOneInUse) {
  Backend backend(true);
  EXPECT_EQ(verify(backend.folder(), {})->entries, 0U);
  FakeClock clock(noon);
  auto admission = Admission::open(backend.store(), clock, {}).value();
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(admission->commit(make_admit("act_" + std::to_string(i))).has_value());
  EXPECT_EQ(verify(backend.folder(), {})->actions, 600U);
  EXPECT_FALSE(verify(backend.folder() + "/nothing", {}).has_value());
}

// Each of these is one line of SQL for somebody with the file; none may pass.
TEST(Verify, FindsEveryTampering) {
  Backend backend(true);
  FakeClock clock(noon);
  {
    auto admission = Admission::open(backend.store(), clock, {}).value();
    auto commit = [&](Change change) { return admission->commit(std::move(change)).value(); };
    for (int i = 0; i < 300; ++i) {
      auto id = "act_" + std::to_string(100 + i);
      commit(make_admit(id, {{"spend", "", 1, 1000, 3'600'000}, {"at-once", "", 1, 1000, 0}}));
      if (i < 290) commit(make_settle(id, i == 5 ? domain::Outcome::ambiguous : domain::Outcome::succeeded));
    }
    auto ticket = commit(make_hold("act_900")).ticket->id;
    commit(Decide{ticket, true, "maya", "fine"});
    commit(make_hold("act_901", "d2"));
    commit(SetSwitch{{domain::Scope::Kind::agent, "other"}, true, "maya", "drill"});
    commit(Apply{"snap", "text", "maya", "message"});
    commit(IssueToken{.token = "tok_9", .agent = "a", .by = "maya"});
    commit(RevokeToken{.token = "", .agent = "b", .by = "maya", .reason = ""});
    commit(Pin{"desk", "desk/refund", "p", "{}", Pin::State::accepted, ""});
  }
  backend.close();
  auto good = verify(backend.folder(), {});
  ASSERT_TRUE(good.has_value()) << good.error().message;
  for (const char* sql : {
           "DELETE FROM entries WHERE seq = 17",
           "DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)",
           "INSERT INTO entries SELECT max(seq) + 1, leaf FROM entries",
           "UPDATE entries SET leaf = CAST(replace(leaf, 'succeeded', 'failed') AS BLOB) WHERE seq = 2",
           "UPDATE entries SET leaf = CAST(replace(leaf, '\"ag\":\"refund-agent\"', '\"ag\":\"refund-agenT\"') AS BLOB) WHERE seq = 1",
           "UPDATE entries SET leaf = CAST(replace(leaf, '\"by\":\"maya\"', '\"by\":\"ben\"') AS BLOB) WHERE CAST(leaf AS TEXT) LIKE '%decision%'",
           "UPDATE entries SET leaf = (SELECT leaf FROM entries WHERE seq = 3) WHERE seq = 5",
           "UPDATE head SET root = zeroblob(32)",
           "UPDATE head SET frontier = zeroblob(length(frontier))",
           "UPDATE head SET size = size - 1",
           "UPDATE head SET at = at - 100000",
           "DELETE FROM head",
           "UPDATE tiles SET hashes = zeroblob(8192)",
           "DELETE FROM tiles",
           "INSERT INTO tiles VALUES (5, 5, zeroblob(8192))",
           "UPDATE contents SET args = randomblob(length(args)) WHERE entry = 1",
           "UPDATE contents SET args = NULL WHERE entry = 1",
           "UPDATE contents SET why = CAST('because' AS BLOB) WHERE entry = 1",
           "DELETE FROM contents WHERE entry = 2",
           "UPDATE contents SET key = randomblob(60) WHERE entry = 1",
           "UPDATE contents SET key = (SELECT key FROM contents WHERE entry = 3) WHERE entry = 1",
           "UPDATE contents SET under = under + 1 WHERE entry = 1",
           "UPDATE contents SET under = NULL WHERE entry = 1",
           "DELETE FROM content_keys",
           "INSERT INTO contents (entry, args) VALUES (0, CAST('x' AS BLOB))",
           "INSERT INTO contents (entry, args) VALUES (99999, CAST('x' AS BLOB))",
           "UPDATE actions SET outcome = 'failed' WHERE action = 'act_100'",
           "UPDATE actions SET agent = 'somebody' WHERE action = 'act_100'",
           "UPDATE actions SET entries = '[1,2,3]' WHERE action = 'act_100'",
           "UPDATE actions SET outcome = 'succeeded' WHERE action = 'act_105'",
           "DELETE FROM actions WHERE action = 'act_100'",
           "INSERT INTO actions SELECT 'act_x', run, agent, workflow, environment, upstream, tool, tier, verdict, refused, outcome, "
           "intent, at, settled_at, ticket, entries FROM actions WHERE action = 'act_100'",
           "DELETE FROM ambiguous",
           "INSERT INTO ambiguous VALUES ('d', 'act_100')",
           "UPDATE runs SET admitted = admitted - 1",
           "UPDATE tickets SET state = 'approved' WHERE state = 'held'",
           "UPDATE tickets SET expires_at = expires_at + 1000",
           "UPDATE tickets SET reviewers = '[\"mallory\"]'",
           "UPDATE tickets SET by = 'mallory' WHERE by = 'maya'",
           "DELETE FROM tickets",
           "UPDATE switches SET on_ = 0",
           "UPDATE switches SET on_ = 3 WHERE on_ = 1",
           "UPDATE actions SET entries = replace(entries, ',', '<')",
           "DELETE FROM switches",
           "INSERT INTO switches VALUES ('everything', 0, 'maya', 1, 1)",
           "UPDATE tokens SET expires_at = 5",
           "DELETE FROM revoked_agents",
           "UPDATE meters SET state = replace(state, ':3', ':2') WHERE meter = 'spend'",
           "DELETE FROM meters WHERE meter = 'spend'",
           "UPDATE meters SET state = '0 1000 3' WHERE meter = 'at-once'",
           "INSERT INTO meters VALUES ('other', '', '0 10 3')",
           "UPDATE snapshots SET digest = 'other'",
           "UPDATE pins SET digest = 'other'",
           "UPDATE counts SET n = n + 1",
       }) {
    TemporaryFolder copy;
    copy_ledger(backend.folder(), copy.path);
    {
      auto database = sqlite::Database::open(copy.path + "/ledger.db", sqlite::Database::Mode::write).value();
      auto changed = database->execute(sql);
      ASSERT_TRUE(changed.has_value()) << sql << ": " << changed.error().message;
      ASSERT_GT(database->changes(), 0) << sql;
    }
    auto found = verify(copy.path, {});
    ASSERT_FALSE(found.has_value()) << "not found: " << sql;
    EXPECT_EQ(found.error().code, Code::data_loss) << sql;
  }
}

TEST(Verify, NamesTheEntry) {
  Backend backend(true);
  FakeClock clock(noon);
  {
    auto admission = Admission::open(backend.store(), clock, {}).value();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(admission->commit(make_admit("act_" + std::to_string(i))).has_value());
  }
  backend.close();
  auto database = sqlite::Database::open(backend.folder() + "/ledger.db", sqlite::Database::Mode::write).value();
  ASSERT_TRUE(database->execute("UPDATE contents SET args = zeroblob(40) WHERE entry = 7").has_value());
  auto found = verify(backend.folder(), {});
  EXPECT_EQ(found.error().message, "entry 7: its content `args` is not the one that was sealed [swapped_content]");
}

TEST(Verify, FindsAMeterThatCountsWhatWasReleased) {
  Backend backend(true);
  FakeClock clock(noon);
  {
    auto admission = Admission::open(backend.store(), clock, {}).value();
    ASSERT_TRUE(admission->commit(make_admit("act_1", {{"at-once", "", 1, 1000, 0}})).has_value());
    ASSERT_TRUE(admission->commit(make_settle("act_1")).has_value());
  }
  backend.close();
  ASSERT_TRUE(verify(backend.folder(), {}).has_value());
  auto database = sqlite::Database::open(backend.folder() + "/ledger.db", sqlite::Database::Mode::write).value();
  ASSERT_TRUE(database->execute("UPDATE meters SET state = '0 1000 2' WHERE meter = 'at-once'").has_value());
  EXPECT_EQ(verify(backend.folder(), {}).error().message,
            "meter at-once counts what no entry charged [changed_projection]");
}

// Rules that the committer keeps, broken by an entry that is otherwise well made.
TEST(Replay, RefusesEntriesThatTheRulesForbid) {
  auto entry = [n = std::uint64_t{0}](ledger::Kind kind) mutable {
    ledger::Entry e;
    e.seq = n++;
    e.kind = kind;
    e.at_ms = noon;
    return e;
  };
  auto intent = [&](const std::string& id) {
    auto e = entry(ledger::Kind::intent);
    e.action = id;
    e.digest = "d";
    e.what = domain::ActionKind::tool;
    e.tier = domain::Tier::read;
    e.verdict = domain::Verdict::allow;
    e.charges = {{"m", "", 1, 1, 0}};
    return e;
  };
  auto fresh = [] { return Replay([](const ActionState&) { return Status(); }); };
  {
    auto replay = fresh();
    auto first = intent("a");
    ASSERT_TRUE(replay.add(first, "h").has_value());
    EXPECT_NE(replay.add(intent("b"), "h").error().message.find("meter m"), std::string::npos);
  }
  {
    auto replay = fresh();
    auto set = entry(ledger::Kind::kill_switch);
    set.seq = 0;
    set.scope = "everything";
    set.state = "set";
    ASSERT_TRUE(replay.add(set, "h").has_value());
    auto after = intent("a");
    after.seq = 1;
    EXPECT_NE(replay.add(after, "h").error().message.find("kill switch"), std::string::npos);
  }
  {
    auto replay = fresh();
    auto late = intent("a");
    late.seq = 0;
    late.verdict = domain::Verdict::hold;
    EXPECT_NE(replay.add(late, "h").error().message.find("no ticket"), std::string::npos);
    late.ticket = "tkt_1";
    EXPECT_NE(replay.add(late, "h").error().message.find("never opened"), std::string::npos);
    auto outcome = entry(ledger::Kind::outcome);
    outcome.seq = 0;
    outcome.action = "a";
    EXPECT_NE(replay.add(outcome, "h").error().message.find("unknown"), std::string::npos);
    outcome.seq = 1;
    EXPECT_NE(replay.add(outcome, "h").error().message.find("says that it is entry 1"), std::string::npos);
  }
}

}  // namespace
}  // namespace bw::store
