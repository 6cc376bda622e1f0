// SPDX-License-Identifier: Apache-2.0
// What may be erased, and what must stay; the same on every store.
#include <gtest/gtest.h>

#include "store/testing.h"

namespace bw::store {
namespace {

using namespace admission;

class Erasing : public testing::TestWithParam<bool> {
 protected:
  Backend backend{GetParam()};
  FakeClock clock{noon};
  std::unique_ptr<Admission> admission = Admission::open(backend.store(), clock, {}).value();

  Result<Committed> commit(Change change) { return admission->commit(std::move(change)); }
  Result<Committed> erase(const std::string& action, Erase::Cause cause = Erase::Cause::redacted) {
    return commit(Erase{.targets = {{action, ledger::Fields::all()}}, .cause = cause, .by = "maya", .reason = "asked"});
  }
  std::string args_of(const std::string& action) { return backend.records().action(action)->contents.front().args; }
  void run(const std::string& id) {
    ASSERT_TRUE(commit(make_admit(id)).has_value());
    ASSERT_TRUE(commit(make_settle(id)).has_value());
  }
  void expect_kept(const std::string& action, const std::string& because) {
    auto refused = erase(action);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::failed_precondition);
    EXPECT_NE(refused.error().message.find(because), std::string::npos) << refused.error().message;
    auto passed = erase(action, Erase::Cause::forgotten).value();
    EXPECT_EQ(passed.erased, 0U);
    EXPECT_EQ(passed.leaf_hash, "");
    ASSERT_EQ(passed.kept.size(), 1U);
    EXPECT_NE(passed.kept[0].find(because), std::string::npos) << passed.kept[0];
    EXPECT_NE(args_of(action), "");
  }
};

TEST_P(Erasing, TakesTheContentsOfOneActionAndLeavesItsProof) {
  run("act_1");
  run("act_2");
  auto before = backend.records().action("act_1").value();
  auto done = erase("act_1").value();
  EXPECT_EQ(done.erased, 2U);
  auto after = backend.records().action("act_1").value();
  EXPECT_EQ(after.contents[0].args, "");
  EXPECT_EQ(after.contents[1].out, "");
  EXPECT_EQ(after.contents[0].erased_by[0], done.seq);
  EXPECT_EQ(after.entries[0].leaf, before.entries[0].leaf);
  EXPECT_NE(args_of("act_2"), "");
  auto entry = backend.records().entries(done.seq, 1)->front().entry;
  EXPECT_EQ(entry.by, "maya");
  EXPECT_EQ(entry.cause, "redacted");
  EXPECT_EQ(backend.records().contents(done.seq)->why, "asked");
  auto again = erase("act_1").value();
  EXPECT_EQ(again.leaf_hash, "");  // nothing was there, nothing is written
  EXPECT_EQ(erase("act_9").error().code, Code::not_found);
  EXPECT_EQ(commit(Erase{.targets = {}, .by = "maya", .reason = ""}).error().code, Code::invalid_argument);
  EXPECT_EQ(commit(Erase{.targets = {{"act_1", {}}}, .by = "maya", .reason = ""}).error().code, Code::invalid_argument);
  EXPECT_EQ(commit(Erase{.targets = {{"act_1", ledger::Fields::all()}}, .by = "", .reason = ""}).error().code,
            Code::invalid_argument);
}

TEST_P(Erasing, LeavesWhatIsNotFinished) {
  ASSERT_TRUE(commit(make_admit("act_1")).has_value());
  expect_kept("act_1", "has no outcome yet");
  ASSERT_TRUE(commit(make_settle("act_1", domain::Outcome::ambiguous)).has_value());
  expect_kept("act_1", "reconcile it first");
  ASSERT_TRUE(commit(Reconcile{"act_1", domain::Outcome::succeeded, "maya", "looked"}).has_value());
  EXPECT_EQ(erase("act_1")->erased, 3U);

  auto ticket = commit(make_hold("act_2")).value().ticket->id;
  expect_kept("act_2", "waits on ticket " + ticket);
  ASSERT_TRUE(commit(Decide{ticket, true, "maya", "fine"}).has_value());
  expect_kept("act_2", "which is approved");
  ASSERT_TRUE(commit(Withdraw{ticket, "refund-agent"}).has_value());
  EXPECT_EQ(erase("act_2")->erased, 2U);
  auto record = backend.records().ticket(ticket).value();  // what its row says is still shown
  EXPECT_EQ(record.request.name, "desk/refund");
  EXPECT_EQ(record.request.arguments, "");
  EXPECT_TRUE(record.row.reviewers.empty());
  EXPECT_EQ(backend.records().tickets({.open = false})->tickets.size(), 1U);
}

TEST_P(Erasing, LeavesWhatIsUnderALegalHold) {
  run("act_1");
  for (auto text :
       {"everything", "workflow:refunds", "agent:refund-agent", "run:run_1", "tool:desk/refund", "upstream:desk"}) {
    auto scope = domain::parse_scope(text).value();
    ASSERT_TRUE(commit(SetLegalHold{scope, true, "maya", "a claim"}).has_value());
    expect_kept("act_1", std::string("under the legal hold on ") + text);
    ASSERT_TRUE(commit(SetLegalHold{scope, false, "maya", "settled"}).has_value());
  }
  ASSERT_TRUE(commit(SetLegalHold{{domain::Scope::Kind::agent, "other"}, true, "maya", "a claim"}).has_value());
  EXPECT_EQ(backend.records().legal_holds()->size(), 7U);
  EXPECT_EQ(erase("act_1")->erased, 2U);
}

TEST_P(Erasing, SplitsWhatIsTooMuchForOneEntry) {
  Erase change{.targets = {}, .by = "maya", .reason = "all of it"};
  for (int i = 0; i < 120; ++i) {
    auto id = "act_" + std::to_string(100 + i);
    run(id);
    ledger::Fields fields;
    fields.add(i % 2 == 0 ? ledger::Field::args : ledger::Field::out);
    change.targets.push_back({id, fields});
  }
  auto before = backend.records().head()->size;
  auto done = commit(change).value();
  EXPECT_EQ(done.erased, 120U);
  EXPECT_EQ(backend.records().head()->size, before + 2);
  EXPECT_EQ(done.seq, before + 1);
  if (!backend.sqlite()) return;
  admission.reset();
  backend.close();
  auto verified = verify(backend.folder(), {});
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_EQ(verified->erased, 120U);
}

class Forgetting : public Erasing {
 protected:
  void run_about(const std::string& id, std::vector<std::string> subjects, const std::string& run = "run_1") {
    auto admit = make_admit(id);
    admit.action.run = run;
    admit.action.subjects = std::move(subjects);
    ASSERT_TRUE(commit(admit).has_value());
    ASSERT_TRUE(commit(make_settle(id)).has_value());
  }
  std::vector<std::string> about(const std::string& subject) {
    return backend.records().actions_of_subject(subject, 0, 100)->actions;
  }
  Result<Committed> forget(const std::string& subject, bool only_look = false) {
    Erase change{
        .targets = {}, .cause = Erase::Cause::forgotten, .by = "maya", .reason = "asked", .only_look = only_look};
    for (const auto& action : about(subject)) change.targets.push_back({action, ledger::Fields::by_default()});
    return commit(change);
  }
  using Names = std::vector<std::string>;
};

TEST_P(Forgetting, FindsWhatSpeaksOfSomebodyAndErasesThat) {
  run_about("act_1", {"C-1"});
  run_about("act_2", {"C-2", "C-1", "C-2"});
  run_about("act_3", {"C-2"});
  run_about("act_4", {"C-1"}, "run_kept");
  EXPECT_EQ(about("C-1"), (Names{"act_1", "act_2", "act_4"}));
  EXPECT_EQ(about("C-"), Names{});
  auto first = backend.records().actions_of_subject("C-1", 0, 2).value();
  EXPECT_EQ(first.actions, (Names{"act_1", "act_2"}));
  ASSERT_TRUE(first.next);
  auto second = backend.records().actions_of_subject("C-1", *first.next, 2).value();
  EXPECT_EQ(second.actions, Names{"act_4"});
  EXPECT_FALSE(second.next);

  ASSERT_TRUE(commit(SetLegalHold{{domain::Scope::Kind::run, "run_kept"}, true, "maya", "a claim"}).has_value());
  auto before = backend.records().head()->size;
  auto look = forget("C-1", true).value();
  EXPECT_EQ(look.erased, 4U);
  EXPECT_EQ(look.erased_actions, 2U);
  EXPECT_EQ(look.kept.size(), 1U);
  EXPECT_EQ(look.leaf_hash, "");
  EXPECT_EQ(backend.records().head()->size, before);
  EXPECT_NE(args_of("act_1"), "");

  auto done = forget("C-1").value();
  EXPECT_EQ(done.erased, 4U);
  EXPECT_EQ(done.erased_actions, 2U);
  ASSERT_EQ(done.kept.size(), 1U);
  EXPECT_NE(done.kept[0].find("run:run_kept"), std::string::npos);
  EXPECT_EQ(args_of("act_1") + args_of("act_2"), "");
  EXPECT_NE(args_of("act_3"), "");
  EXPECT_NE(args_of("act_4"), "");
  EXPECT_EQ(about("C-1"), Names{"act_4"});
  EXPECT_EQ(about("C-2"), Names{"act_3"});
  auto stored = backend.records().entries(done.seq, 1)->front();
  EXPECT_EQ(stored.entry.cause, "forgotten");
  EXPECT_EQ(stored.leaf.find("C-1"), std::string::npos);
  auto record = backend.records().action("act_1").value();
  EXPECT_EQ(state_of(record.entries[0].entry, record.contents[0], ledger::Field::subject), ContentState::erased);

  auto again = forget("C-1").value();
  EXPECT_EQ(again.erased, 0U);
  EXPECT_EQ(again.leaf_hash, "");
  run_about("act_5", {"C-1"});  // contents of their own
  EXPECT_EQ(about("C-1"), (Names{"act_4", "act_5"}));
  if (!backend.sqlite()) return;
  admission.reset();
  backend.close();
  auto verified = verify(backend.folder(), {});
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_EQ(verified->erased, 8U);
}

TEST_P(Forgetting, KeepsWhomTheySpeakOfWhileAnythingElseIsThere) {
  run_about("act_1", {"C-1"});
  ledger::Fields sent, rest = ledger::Fields::all();
  sent.add(ledger::Field::args);
  sent.add(ledger::Field::subject);
  rest = rest.without(sent);
  auto erase_fields = [&](ledger::Fields fields) {
    return commit(Erase{.targets = {{"act_1", fields}}, .by = "maya", .reason = "asked"}).value();
  };
  EXPECT_EQ(erase_fields(sent).erased, 1U);
  EXPECT_EQ(about("C-1"), Names{"act_1"});  // its result is still there
  EXPECT_EQ(erase_fields(rest).erased, 2U);
  EXPECT_EQ(about("C-1"), Names{});
  EXPECT_EQ(backend.records().contents(0)->subject, "");
}

TEST_P(Forgetting, LeavesWhoMightDecideUnlessTheyAreNamed) {
  auto hold = make_hold("act_1");
  hold.action.subjects = {"C-1"};
  auto ticket = commit(hold).value().ticket->id;
  auto held = *backend.records().ticket(ticket)->row.reviewers.begin();
  ASSERT_TRUE(commit(Decide{ticket, false, "maya", "no"}).has_value());
  auto gone = [&](ledger::Fields fields) {
    return commit(Erase{.targets = {{"act_1", fields}}, .by = "maya", .reason = "asked"}).value().erased;
  };
  ledger::Fields request, reviewers;
  request.add(ledger::Field::text);
  reviewers.add(ledger::Field::reviewers);
  EXPECT_EQ(gone(request), 1U);
  auto record = backend.records().action("act_1").value();
  EXPECT_EQ(record.contents[0].text, "");
  EXPECT_EQ(record.contents[0].reviewers, R"(["maya"])");
  EXPECT_EQ(backend.records().ticket(ticket)->row.reviewers, Names{held});
  EXPECT_EQ(forget("C-1")->erased_actions, 1U);
  EXPECT_EQ(about("C-1"), Names{});  // whom it speaks of went with the last that does
  EXPECT_EQ(backend.records().ticket(ticket)->row.reviewers, Names{held});
  EXPECT_EQ(gone(reviewers), 1U);
  EXPECT_EQ(backend.records().ticket(ticket)->row.reviewers, Names{});
  EXPECT_EQ(gone(ledger::Fields::all()), 0U);
  if (!backend.sqlite()) return;
  admission.reset();
  backend.close();
  auto verified = verify(backend.folder(), {});
  EXPECT_TRUE(verified.has_value()) << verified.error().message;
}

TEST_P(Forgetting, RefusesNamesThatAreNone) {
  auto refused = [&](std::vector<std::string> subjects) {
    auto admit = make_admit("act_1");
    admit.action.subjects = std::move(subjects);
    return commit(admit).error().code == Code::invalid_argument;
  };
  EXPECT_TRUE(refused({""}));
  EXPECT_TRUE(refused({std::string(257, 'x')}));
  EXPECT_TRUE(refused({"\xff"}));
  EXPECT_TRUE(refused(std::vector<std::string>(65, "C-1")));
}

class Expiring : public Forgetting {
 protected:
  static constexpr std::int64_t second = 1000;
  static ledger::Fields only(ledger::Field field) {
    ledger::Fields out;
    out.add(field);
    return out;
  }
  // Kept for ten seconds, its result for five.
  void run_kept(const std::string& id, const std::string& run = "run_1") {
    auto admit = make_admit(id);
    admit.action.run = run;
    admit.action.subjects = {"C-1"};
    auto out = only(ledger::Field::out);
    admit.retention = {{"short", 10 * second, ledger::Fields::by_default().without(out)}, {"short", 5 * second, out}};
    ASSERT_TRUE(commit(admit).has_value());
    ASSERT_TRUE(commit(make_settle(id)).has_value());
  }
  std::vector<std::uint64_t> retained(std::int64_t ms) {
    std::vector<std::uint64_t> out;
    for (const auto& one : backend.records().retained("short", ms, 0, 100).value()) out.push_back(one.seq);
    return out;
  }
  Result<Committed> prune(std::int64_t ms, std::vector<std::uint64_t> entries, std::int64_t present_ms = 0) {
    Prune change{.name = "short", .ms = ms, .entries = std::move(entries)};
    change.present_ms.fill(present_ms);
    return commit(change);
  }
  using Seqs = std::vector<std::uint64_t>;
};

TEST_P(Expiring, TakesWhatIsOverAndNothingElse) {
  clock.advance_ms(second);
  run_kept("act_1");  // entries 1 and 2, behind the start
  auto intent = backend.records().action("act_1")->row.entries.front(), outcome = intent + 1;
  EXPECT_EQ(retained(10 * second), Seqs{intent});
  EXPECT_EQ(retained(5 * second), Seqs{outcome});
  auto groups = backend.records().retained().value();
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].ms, 5 * second);
  EXPECT_EQ(groups[0].oldest, outcome);
  EXPECT_EQ(groups[0].oldest_at_ms, noon + second);

  clock.advance_ms(5 * second - 1);
  EXPECT_EQ(prune(5 * second, {outcome})->erased, 0U);
  clock.advance_ms(1);
  EXPECT_EQ(prune(5 * second, {outcome}, 6 * second)->erased, 0U);  // the class keeps it longer now
  EXPECT_EQ(prune(10 * second, {outcome})->erased, 0U);
  auto done = prune(5 * second, {outcome}).value();
  EXPECT_EQ(done.erased, 1U);
  auto entry = backend.records().entries(done.seq, 1)->front().entry;
  EXPECT_EQ(entry.cause, "expired");
  EXPECT_EQ(entry.by, "");
  EXPECT_EQ(entry.retention, (std::vector<ledger::Retention>{{"short", 5 * second}}));
  EXPECT_EQ(retained(5 * second), Seqs{});
  EXPECT_NE(args_of("act_1"), "");
  EXPECT_EQ(about("C-1"), Names{"act_1"});

  clock.advance_ms(5 * second);
  EXPECT_EQ(prune(10 * second, {intent})->erased, 1U);
  EXPECT_EQ(args_of("act_1"), "");
  EXPECT_EQ(about("C-1"), Names{});  // it went with the last of the others
  EXPECT_TRUE(backend.records().retained()->empty());
  if (!backend.sqlite()) return;
  admission.reset();
  backend.close();
  auto verified = verify(backend.folder(), {});
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
}

TEST_P(Expiring, LeavesWhatIsHeldOrNotOver) {
  run_kept("act_1");
  ASSERT_TRUE(commit(SetLegalHold{{domain::Scope::Kind::run, "run_1"}, true, "maya", "a claim"}).has_value());
  clock.advance_ms(60 * second);
  auto due = retained(10 * second);
  auto held = prune(10 * second, due).value();
  EXPECT_EQ(held.erased, 0U);
  ASSERT_EQ(held.kept.size(), 1U);
  EXPECT_EQ(retained(10 * second), due);  // so that it is looked at again
  ASSERT_TRUE(commit(SetLegalHold{{domain::Scope::Kind::run, "run_1"}, false, "maya", "settled"}).has_value());
  EXPECT_EQ(prune(10 * second, due)->erased, 1U);

  auto open = make_admit("act_2");
  open.retention = {{"short", 10 * second, ledger::Fields::by_default()}};
  auto seq = commit(open)->seq;
  clock.advance_ms(60 * second);
  EXPECT_NE(prune(10 * second, {seq})->kept.at(0).find("has no outcome yet"), std::string::npos);
  EXPECT_EQ(prune(9 * second, {seq}).error().code, Code::invalid_argument);  // it was not recorded so
  EXPECT_EQ(prune(10 * second, {}).error().code, Code::invalid_argument);
  run("act_3");  // without a class contents stay
  EXPECT_EQ(prune(10 * second, {backend.records().action("act_3")->row.entries[0]}).error().code,
            Code::invalid_argument);
}

TEST_P(Expiring, RefusesPeriodsThatQuarrel) {
  auto refused = [&](std::vector<ledger::Retention> retention) {
    auto admit = make_admit("act_1");
    admit.retention = std::move(retention);
    return commit(admit).error().code == Code::invalid_argument;
  };
  EXPECT_TRUE(refused({{"a", 0, ledger::Fields::all()}}));
  EXPECT_TRUE(refused({{"", 1, ledger::Fields::all()}}));
  EXPECT_TRUE(refused({{"a", 1, {}}}));
  EXPECT_TRUE(refused({{"a", 1, ledger::Fields::all()}, {"b", 2, only(ledger::Field::out)}}));
}

INSTANTIATE_TEST_SUITE_P(Stores, Expiring, testing::Bool(),
                         [](const auto& p) { return p.param ? "sqlite" : "memory"; });
INSTANTIATE_TEST_SUITE_P(Stores, Forgetting, testing::Bool(),
                         [](const auto& p) { return p.param ? "sqlite" : "memory"; });
INSTANTIATE_TEST_SUITE_P(Stores, Erasing, testing::Bool(), [](const auto& p) { return p.param ? "sqlite" : "memory"; });

}  // namespace
}  // namespace bw::store
