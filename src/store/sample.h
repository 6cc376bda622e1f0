// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "store/sqlite/database.h"
#include "store/testing.h"

namespace bw::store {

// A ledger with something of everything in it, closed: what tests of verification damage.
struct Sample {
  Backend backend{true};
  Claim claim;  // what a checkpoint of all of it says

  // Of `entries_min` entries at least: 256 make a complete tile.
  explicit Sample(int actions, std::uint64_t entries_min = 0) {
    using namespace admission;
    FakeClock clock(noon);
    auto open = Admission::open(backend.store(), clock, {}).value();
    auto commit = [&](Change change) { return open->commit(std::move(change)).value(); };
    commit(IssueToken{.token = "tok_1", .agent = "refund-agent", .by = "maya"});
    for (int i = 0; i < actions; ++i) {
      auto id = "act_" + std::to_string(100 + i);
      clock.advance_ms(1000);
      commit(make_admit(id, {{"spend", "", 1, 1000, 3'600'000}, {"at-once", "", 1, 1000, 0}}));
      commit(make_settle(id, i == 3 ? domain::Outcome::ambiguous : domain::Outcome::succeeded));
    }
    for (auto id : {"act_901", "act_902"}) {
      auto ticket = commit(make_hold(id, std::string("d of ") + id)).ticket->id;
      commit(Decide{ticket, true, "maya", "fine"});
      auto admit = make_admit(id, {}, std::string("d of ") + id);
      admit.decision.verdict = domain::Verdict::hold;
      admit.ticket = ticket;
      EXPECT_FALSE(commit(admit).refusal.has_value());
      commit(make_settle(id));
    }
    commit(make_hold("act_903", "d of act_903"));
    commit(SetSwitch{{domain::Scope::Kind::agent, "other"}, true, "maya", "drill"});
    commit(IssueToken{.token = "tok_9", .agent = "a", .by = "maya"});
    commit(RevokeToken{.token = "", .agent = "b", .by = "maya", .reason = ""});
    commit(Apply{"snap", "text", "maya", "message"});
    commit(Pin{"desk", "desk/refund", "p", "{}", Pin::State::accepted, ""});
    commit(SetShadow{.digest = "candidate", .text = "its text", .on = true, .by = "maya", .reason = ""});
    commit(SetShadow{.digest = "candidate", .text = "", .on = false, .by = "maya", .reason = ""});
    auto about_somebody = make_admit("act_990");
    about_somebody.action.subjects = {"C-17", "C-18"};
    about_somebody.retention = {{"short", 1000, ledger::Fields::by_default()}};
    commit(about_somebody);
    commit(make_settle("act_990"));
    commit(SetLegalHold{{domain::Scope::Kind::workflow, "lawsuit"}, true, "maya", "a claim"});
    commit(Erase{.targets = {{"act_100", ledger::Fields::by_default()}}, .by = "maya", .reason = "asked for"});
    ledger::Fields request;
    request.add(ledger::Field::text);
    commit(Erase{.targets = {{"act_901", request}}, .by = "maya", .reason = "asked for"});
    auto over = make_admit("act_991");
    over.retention = {{"short", 1000, ledger::Fields::by_default()}};
    auto expired = commit(over).seq;
    commit(make_settle("act_991"));
    clock.advance_ms(1000);
    commit(Prune{.name = "short", .ms = 1000, .entries = {expired}});
    bool on = false;
    for (auto size = backend.records().head()->size; size < entries_min; ++size) {
      on = !on;
      auto taken = open->submit(SetSwitch{{domain::Scope::Kind::agent, "third"}, on, "maya", ""},
                                [](const Result<Committed>& result) { EXPECT_TRUE(result.has_value()); });
      EXPECT_TRUE(taken.has_value());
    }
    open->stop();  // with all of them in one commit
    open.reset();
    auto head = backend.records().head().value();
    claim = {"a checkpoint", head.size, head.root};
    backend.close();
  }

  // The entry whose leaf contains both texts; the first one.
  std::uint64_t entry_with(const std::string& one, const std::string& other = "") const {
    auto database = sqlite::Database::open(backend.folder() + "/ledger.db", sqlite::Database::Mode::read).value();
    auto& select = database->prepared("SELECT seq FROM entries WHERE instr(leaf, ?) AND instr(leaf, ?) ORDER BY seq");
    select.begin(sqlite::Blob{one}, sqlite::Blob{other.empty() ? one : other});
    EXPECT_TRUE(select.next().value()) << one;
    return select.number(0);
  }

  void copy_to(const std::string& folder) const { copy_ledger(backend.folder(), folder); }
};

}  // namespace bw::store
