// SPDX-License-Identifier: Apache-2.0
// The committer over every store: what one commit promises. It stays whole because it is one list, run over each store.
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <latch>
#include <thread>

#include "base/text.h"
#include "ledger/merkle.h"
#include "store/testing.h"

namespace bw::admission {
namespace {

using domain::Outcome;
using domain::Scope;
using domain::TicketState;
using store::Backend;
using store::make_action;
using store::make_admit;
using store::make_hold;
using store::make_settle;
using store::noon;

constexpr std::int64_t hour = 3'600'000;

class AdmissionTest : public testing::TestWithParam<bool> {
 protected:
  AdmissionTest() { start(); }

  void start() { admission = Admission::open(backend.store(), clock, {}).value(); }
  void stop() { admission.reset(); }
  // What was admitted and not settled stays so: for the next start it is as if the process had been killed.
  void restart() {
    stop();
    backend.reopen();
    start();
  }

  Committed commit(Change change) {
    auto result = admission->commit(std::move(change));
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    return result ? *result : Committed{};
  }
  Code error(Change change) {
    auto result = admission->commit(std::move(change));
    EXPECT_FALSE(result.has_value());
    return result ? Code::internal : result.error().code;
  }
  std::string refused(Change change) {
    auto committed = commit(std::move(change));
    return committed.refusal ? std::string(name(committed.refusal->kind)) : "admitted";
  }
  Records& records() { return backend.records(); }
  std::uint64_t size() { return records().head()->size; }

  std::string approved_ticket(const std::string& id, const std::string& digest = "d") {
    auto ticket = commit(make_hold(id, digest)).ticket->id;
    commit(Decide{ticket, true, "maya", "fine"});
    return ticket;
  }
  Admit with_ticket(const std::string& id, const std::string& ticket, const std::string& digest = "d") {
    auto admit = make_admit(id, {}, digest);
    admit.decision.verdict = domain::Verdict::hold;
    admit.ticket = ticket;
    return admit;
  }

  Backend backend{GetParam()};
  FakeClock clock{noon};
  std::unique_ptr<Admission> admission;
};

INSTANTIATE_TEST_SUITE_P(Stores, AdmissionTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "sqlite" : "memory"; });

TEST_P(AdmissionTest, AnActionLeavesAnIntentAndAnOutcome) {
  auto admit = make_admit("act_1", {{"calls", "refund-agent", 1, 10, hour}});
  admit.credential = "desk-write";
  admit.undo = "desk/unrefund";
  auto intent = commit(admit);
  EXPECT_FALSE(intent.refusal);
  EXPECT_EQ(intent.at_ms, noon);
  clock.advance_ms(1500);
  auto outcome = commit(make_settle("act_1"));
  EXPECT_EQ(outcome.seq, intent.seq + 1);

  auto record = records().action("act_1").value();
  EXPECT_EQ(record.row.outcome, Outcome::succeeded);
  EXPECT_EQ(record.row.intent, intent.seq);
  EXPECT_EQ(record.row.settled_at_ms, noon + 1500);
  ASSERT_EQ(record.entries.size(), 2U);
  EXPECT_EQ(record.entries[0].leaf_hash, intent.leaf_hash);
  EXPECT_EQ(record.entries[1].leaf_hash, outcome.leaf_hash);
  const auto& first = record.entries[0].entry;
  EXPECT_EQ(first.kind, ledger::Kind::intent);
  EXPECT_EQ(first.credential, "desk-write");
  EXPECT_EQ(first.undo, "desk/unrefund");
  EXPECT_EQ(first.rules, std::vector<std::string>{"refunds.small"});
  EXPECT_EQ(first.charges.size(), 1U);
  EXPECT_EQ(record.entries[1].entry.previous, intent.leaf_hash);
  EXPECT_EQ(record.entries[1].entry.status, 200);
  EXPECT_EQ(record.contents[0].args, R"({"order":17,"amount":40})");
  EXPECT_EQ(record.contents[0].checks, R"({"amount":"40 <= 200"})");
  EXPECT_EQ(record.contents[1].out, R"({"ok":true})");
}

TEST_P(AdmissionTest, ReceiptsProveThemselvesAgainstTheHead) {
  std::vector<Committed> receipts;
  for (int i = 0; i < 300; ++i) receipts.push_back(commit(make_admit("act_" + std::to_string(i))));
  auto head = records().head().value();
  EXPECT_EQ(head.size, 301U);  // with the start
  crypto::Digest root;
  std::copy(head.root.begin(), head.root.end(), root.begin());
  for (const auto& receipt : receipts) {
    std::vector<crypto::Digest> proof;
    auto hashes = records().prove_inclusion(receipt.seq, head.size).value();
    for (const auto& hash : hashes) {
      std::copy(hash.begin(), hash.end(), proof.emplace_back().begin());
    }
    crypto::Digest leaf;
    auto bytes = from_hex(receipt.leaf_hash).value();
    std::copy(bytes.begin(), bytes.end(), leaf.begin());
    ASSERT_TRUE(ledger::verify_inclusion(receipt.seq, head.size, leaf, proof, root)) << receipt.seq;
  }
  EXPECT_EQ(records().prove_inclusion(301, 301).error().code, Code::invalid_argument);
  EXPECT_EQ(records().prove_inclusion(1, 302).error().code, Code::invalid_argument);
  EXPECT_TRUE(records().prove_consistency(17, 301).has_value());
}

TEST_P(AdmissionTest, AnIdIsAdmittedAndSettledOnce) {
  commit(make_admit("act_1"));
  auto before = size();
  EXPECT_EQ(error(make_admit("act_1")), Code::already_exists);
  EXPECT_EQ(error(make_settle("act_2")), Code::not_found);
  commit(make_settle("act_1"));
  EXPECT_EQ(error(make_settle("act_1", Outcome::failed)), Code::failed_precondition);
  EXPECT_EQ(error(make_admit("act_1")), Code::already_exists);
  EXPECT_EQ(size(), before + 1);
}

TEST_P(AdmissionTest, ChangesThatCannotBeRecordedAreTurnedAway) {
  auto denied = make_admit("act_1");
  denied.decision.verdict = domain::Verdict::deny;
  EXPECT_EQ(error(denied), Code::invalid_argument);
  auto held = make_admit("act_1");
  held.decision.verdict = domain::Verdict::hold;
  EXPECT_EQ(error(held), Code::invalid_argument);
  EXPECT_EQ(error(make_admit("act_1", {{"m", "", -1, 10, 0}})), Code::invalid_argument);
  EXPECT_EQ(error(make_admit("act_1", {{"m", "", INT64_MAX, INT64_MAX, 0}})), Code::invalid_argument);
  EXPECT_EQ(error(make_admit("")), Code::invalid_argument);
  EXPECT_EQ(error(make_admit(std::string(2000, 'a'))), Code::invalid_argument);
  EXPECT_EQ(error(make_admit("act_\xff")), Code::invalid_argument);
  auto long_rules = make_admit("act_1");
  long_rules.decision.rules.assign(32, std::string(1000, 'r'));
  EXPECT_EQ(error(long_rules), Code::invalid_argument);  // found in the commit
  EXPECT_EQ(error(RevokeToken{.token = "a", .agent = "b", .by = "maya", .reason = ""}), Code::invalid_argument);
  EXPECT_EQ(error(Reconcile{"act_1", Outcome::failed, "maya", ""}), Code::invalid_argument);
  EXPECT_EQ(size(), 1U);
  EXPECT_FALSE(records().action("act_1").has_value());
  commit(make_admit("act_1"));
}

TEST_P(AdmissionTest, SwitchesStopEveryScopeTheyName) {
  for (auto scope :
       {"everything", "upstream:desk", "tool:desk/refund", "workflow:refunds", "agent:refund-agent", "run:run_1"}) {
    auto parsed = domain::parse_scope(scope).value();
    commit(SetSwitch{parsed, true, "maya", "drill"});
    auto got = commit(make_admit(std::string("act_") + scope));
    ASSERT_TRUE(got.refusal) << scope;
    EXPECT_EQ(got.refusal->kind, Refusal::Kind::killed);
    EXPECT_EQ(got.refusal->which, scope);
    EXPECT_EQ(records().entries(got.seq, 1)->at(0).entry.scope, scope);
    EXPECT_EQ(records().action(std::string("act_") + scope)->row.refused, "killed");
    restart();
    EXPECT_EQ(refused(make_admit(std::string("again_") + scope)), "killed");
    commit(SetSwitch{parsed, false, "maya", "over"});
    EXPECT_EQ(refused(make_admit(std::string("after_") + scope)), "admitted");
  }
  commit(SetSwitch{Scope{Scope::Kind::agent, "other"}, true, "maya", ""});
  EXPECT_EQ(refused(make_admit("act_1")), "admitted");
  auto switches = records().switches().value();
  EXPECT_EQ(switches.size(), 7U);
}

TEST_P(AdmissionTest, RevokedAndExpiredTokensStop) {
  auto issue = [&](const std::string& token, std::int64_t expires) {
    commit(IssueToken{.token = token,
                      .agent = "refund-agent",
                      .workflow = "refunds",
                      .environment = "sandbox",
                      .expires_at_ms = expires,
                      .by = "maya"});
  };
  auto admit = [&, n = 0](const std::string& token) mutable {
    auto change = make_admit("act_" + std::to_string(++n));
    change.action.principal.token = token;
    return refused(change);
  };
  issue("t1", noon + hour);
  issue("t2", 0);
  EXPECT_EQ(error(IssueToken{.token = "t1", .agent = "x", .by = "maya"}), Code::already_exists);
  EXPECT_EQ(admit("t1"), "admitted");
  EXPECT_EQ(admit("unknown"), "admitted");
  commit(RevokeToken{.token = "t1", .agent = "", .by = "maya", .reason = "leaked"});
  commit(RevokeToken{.token = "never-issued", .agent = "", .by = "maya", .reason = ""});
  EXPECT_EQ(admit("t1"), "revoked");
  EXPECT_EQ(admit("never-issued"), "revoked");
  EXPECT_EQ(admit("t2"), "admitted");
  commit(RevokeToken{.token = "", .agent = "refund-agent", .by = "maya", .reason = ""});
  issue("t3", noon + hour);
  restart();
  EXPECT_EQ(admit("t2"), "revoked");
  EXPECT_EQ(admit("unknown"), "revoked");
  EXPECT_EQ(admit("t3"), "admitted");
  clock.advance_ms(hour);
  EXPECT_EQ(admit("t3"), "revoked");
  EXPECT_EQ(records().tokens("refund-agent")->size(), 3U);
}

TEST_P(AdmissionTest, AmbiguousActionsBlockTheirRetryUntilReconciled) {
  commit(make_admit("act_1", {{"spend", "", 40, 100, hour}}, "same"));
  EXPECT_EQ(refused(make_admit("act_2", {{"spend", "", 40, 100, hour}}, "same")),
            "admitted");  // not known to be ambiguous
  commit(make_settle("act_2", Outcome::succeeded));
  commit(make_settle("act_1", Outcome::ambiguous));
  auto blocked = commit(make_admit("act_3", {}, "same"));
  ASSERT_TRUE(blocked.refusal);
  EXPECT_EQ(blocked.refusal->kind, Refusal::Kind::ambiguous);
  EXPECT_EQ(blocked.refusal->which, "act_1");
  EXPECT_EQ(refused(make_admit("act_4", {}, "other")), "admitted");
  EXPECT_EQ(records().ambiguous()->size(), 1U);
  EXPECT_EQ(refused(make_admit("act_5", {{"spend", "", 40, 100, hour}}, "more")), "meter");  // it counts as spent
  restart();                                                                                 // act_4 was never settled
  EXPECT_EQ(records().ambiguous()->size(), 2U);
  EXPECT_EQ(error(Reconcile{"act_2", Outcome::succeeded, "maya", ""}), Code::failed_precondition);
  commit(Reconcile{"act_1", Outcome::not_executed, "maya", "the desk has no such refund"});
  EXPECT_EQ(refused(make_admit("act_6", {{"spend", "", 40, 100, hour}}, "same")), "admitted");  // and gives it back
  EXPECT_EQ(error(Reconcile{"act_1", Outcome::succeeded, "maya", ""}), Code::failed_precondition);
  auto record = records().action("act_1").value();
  EXPECT_EQ(record.row.outcome, Outcome::not_executed);
  EXPECT_EQ(record.entries.back().entry.by, "maya");
  EXPECT_EQ(record.contents.back().why, "the desk has no such refund");
  EXPECT_EQ(records().run("run_1")->ambiguous, 1);
}

TEST_P(AdmissionTest, AReadThatARestartCutOffMayBeRepeated) {
  auto read = [](const std::string& id) {
    auto admit = make_admit(id, {{"at-once", "", 1, 1, 0}}, "same");
    admit.action.profile.tier = domain::Tier::read;
    return admit;
  };
  commit(read("act_1"));
  restart();
  auto record = records().action("act_1").value();
  EXPECT_EQ(record.row.outcome, Outcome::failed);
  EXPECT_EQ(record.entries.back().entry.kind, ledger::Kind::outcome);
  EXPECT_TRUE(records().ambiguous()->empty());
  EXPECT_EQ(refused(read("act_2")), "admitted");
}

TEST_P(AdmissionTest, ARestartMarksWhatHasNoOutcome) {
  std::vector<domain::Charge> charges{{"at-once", "", 1, 2, 0}, {"spend", "", 40, 100, hour}};
  commit(make_admit("act_1", charges));
  commit(make_admit("act_2", charges));
  EXPECT_EQ(refused(make_admit("act_3", charges)), "meter");
  commit(make_settle("act_2"));
  restart();
  auto record = records().action("act_1").value();
  EXPECT_EQ(record.row.outcome, Outcome::ambiguous);
  EXPECT_EQ(record.entries.back().entry.kind, ledger::Kind::ambiguous);
  EXPECT_EQ(record.entries.back().entry.previous, record.entries[0].leaf_hash);
  EXPECT_EQ(error(make_settle("act_1")), Code::failed_precondition);
  auto start = records().entries(size() - 1, 1)->at(0).entry;
  EXPECT_EQ(start.kind, ledger::Kind::start);  // marked before anything is admitted
  EXPECT_EQ(refused(make_admit("act_4", {{"at-once", "", 2, 2, 0}})), "admitted");  // nothing is in flight
  EXPECT_EQ(refused(make_admit("act_5", {{"spend", "", 21, 100, hour}})), "meter");
  EXPECT_EQ(refused(make_admit("act_6", {{"spend", "", 20, 100, hour}})), "admitted");
}

TEST_P(AdmissionTest, MetersReserveAllOrNothingAndSayWhy) {
  commit(make_admit("act_1", {{"spend", "a", 900, 1000, hour}}));
  auto no = commit(make_admit("act_2", {{"calls", "", 1, 10, hour}, {"spend", "a", 200, 1000, hour}}));
  ASSERT_TRUE(no.refusal);
  EXPECT_EQ(no.refusal->kind, Refusal::Kind::meter);
  EXPECT_EQ(no.refusal->which, "spend");
  ASSERT_TRUE(no.refusal->retry_after_ms);
  EXPECT_NE(no.refusal->text.find("900 of 1000"), std::string::npos);
  EXPECT_EQ(records().contents(no.seq)->why, no.refusal->text);
  auto readings = records().meters(noon).value();
  ASSERT_EQ(readings.size(), 1U);  // calls got nothing
  EXPECT_EQ(readings[0].used, 900);
  EXPECT_EQ(readings[0].limit, 1000);
  clock.advance_ms(*no.refusal->retry_after_ms);
  EXPECT_EQ(refused(make_admit("act_3", {{"spend", "a", 200, 1000, hour}})), "admitted");
  // The same meter twice in one action counts twice.
  EXPECT_EQ(refused(make_admit("act_4", {{"twice", "", 6, 10, 0}, {"twice", "", 6, 10, 0}})), "meter");
  EXPECT_EQ(refused(make_admit("act_5", {{"twice", "", 6, 10, 0}, {"twice", "", 4, 10, 0}})), "admitted");
}

TEST_P(AdmissionTest, OutcomesGiveBackWhatWasNotUsed) {
  std::vector<domain::Charge> charges{{"spend", "", 40, 100, hour}, {"at-once", "", 1, 5, 0}};
  auto used = [&] {
    std::int64_t sum = 0;
    auto readings = records().meters(noon).value();
    for (const auto& reading : readings) sum += reading.meter == "spend" ? reading.used : 1000 * reading.used;
    return sum;
  };
  commit(make_admit("act_1", charges));
  EXPECT_EQ(used(), 1040);
  commit(make_settle("act_1", Outcome::not_executed));
  EXPECT_EQ(used(), 0);
  commit(make_admit("act_2", charges));
  commit(make_settle("act_2", Outcome::input_required));
  EXPECT_EQ(used(), 0);
  commit(make_admit("act_3", charges));
  commit(make_settle("act_3", Outcome::failed));
  EXPECT_EQ(used(), 40);
  commit(make_admit("act_4", charges));
  auto cheaper = make_settle("act_4");
  cheaper.actuals = {{"spend", "", 15}};
  commit(cheaper);
  EXPECT_EQ(used(), 55);
  commit(make_admit("act_5", charges));
  auto wrong = make_settle("act_5");
  wrong.actuals = {{"other", "", 15}};
  EXPECT_EQ(error(wrong), Code::invalid_argument);
  wrong.actuals = {{"spend", "", 15}, {"spend", "", 16}};
  EXPECT_EQ(error(wrong), Code::invalid_argument);
  auto dearer = make_settle("act_5");
  dearer.actuals = {{"spend", "", 90}};
  commit(dearer);
  EXPECT_EQ(used(), 145);
  EXPECT_EQ(refused(make_admit("act_6", charges)), "meter");
}

TEST_P(AdmissionTest, AClockThatGoesBackOpensNoWindowAgain) {
  commit(make_admit("act_1", {{"spend", "", 100, 100, hour}}));
  clock.advance_ms(-10 * hour);
  EXPECT_EQ(refused(make_admit("act_2", {{"spend", "", 1, 100, hour}})), "meter");
  EXPECT_EQ(commit(make_admit("act_3")).at_ms, noon);
  restart();
  EXPECT_EQ(refused(make_admit("act_4", {{"spend", "", 1, 100, hour}})), "meter");
}

TEST_P(AdmissionTest, WhatIsRefusedBeforehandIsRecordedInItsOwnWord) {
  using Kind = Refusal::Kind;
  int count = 0;
  for (const auto& [kind, word] : std::vector<std::pair<Kind, std::string>>{{Kind::policy, "policy"},
                                                                            {Kind::no_reviewer, "no_reviewer"},
                                                                            {Kind::not_granted, "not_granted"},
                                                                            {Kind::quarantined, "quarantined"},
                                                                            {Kind::unavailable, "unavailable"},
                                                                            {Kind::misfit, "misfit"}}) {
    auto id = "act_" + std::to_string(++count);
    commit(Refuse{make_action(id), {.verdict = domain::Verdict::deny}, "snap", kind});
    auto record = records().action(id).value();
    EXPECT_EQ(record.row.refused, word);
    EXPECT_EQ(record.entries[0].entry.refused, word);
  }
}

TEST_P(AdmissionTest, PolicyDenialsAreRecorded) {
  Refuse refuse{make_action("act_1"),
                {.verdict = domain::Verdict::deny, .rules = {"no-refunds"}, .checks = "{}", .reason = "not here"},
                "snap"};
  auto got = commit(refuse);
  auto record = records().action("act_1").value();
  EXPECT_EQ(record.row.refused, "policy");
  EXPECT_EQ(record.entries[0].entry.seq, got.seq);
  EXPECT_EQ(record.contents[0].why, "not here");
  EXPECT_EQ(error(make_settle("act_1")), Code::failed_precondition);
}

TEST_P(AdmissionTest, AHeldRequestIsStoredAndApprovedOnce) {
  auto held = commit(make_hold("act_1"));
  ASSERT_TRUE(held.ticket);
  EXPECT_TRUE(held.ticket->opened);
  EXPECT_EQ(held.ticket->state, TicketState::held);
  auto id = held.ticket->id;
  auto record = records().ticket(id).value();
  EXPECT_EQ(record.request.arguments, R"({"order":17,"amount":40})");
  EXPECT_EQ(record.request.principal.agent, "refund-agent");
  EXPECT_EQ(record.request.profile.tier, domain::Tier::write);
  EXPECT_EQ(record.terms, R"({"quorum":1})");
  EXPECT_EQ(record.row.reviewers, std::vector<std::string>{"maya"});

  EXPECT_EQ(refused(with_ticket("act_1", id)), "ticket");  // not approved yet
  auto decided = commit(Decide{id, true, "maya", "looks right"});
  EXPECT_EQ(decided.ticket->state, TicketState::approved);
  EXPECT_EQ(error(Decide{id, false, "maya", ""}), Code::failed_precondition);
  EXPECT_EQ(error(Decide{"tkt_none", true, "maya", ""}), Code::not_found);
  EXPECT_EQ(records().ticket(id)->reason, "looks right");
  EXPECT_EQ(records().ticket(id)->row.by, "maya");

  EXPECT_EQ(refused(with_ticket("act_2", id, "another digest")), "ticket");
  auto foreign = with_ticket("act_3", id);
  foreign.action.principal.agent = "other-agent";
  EXPECT_EQ(refused(foreign), "ticket");
  EXPECT_EQ(refused(with_ticket("act_4", "tkt_none")), "ticket");

  auto admitted = commit(with_ticket("act_1", id));  // the held action itself
  EXPECT_FALSE(admitted.refusal);
  EXPECT_EQ(admitted.ticket->state, TicketState::consumed);
  EXPECT_EQ(refused(with_ticket("act_5", id)), "ticket");
  commit(make_settle("act_1"));
  auto action = records().action("act_1").value();
  EXPECT_EQ(action.entries.size(), 5U);  // hold, refusal, decision, intent, outcome
  for (std::size_t i = 1; i < action.entries.size(); ++i) {
    EXPECT_EQ(action.entries[i].entry.previous, action.entries[i - 1].leaf_hash);
  }
  EXPECT_EQ(action.row.refused, "");
  EXPECT_EQ(action.row.ticket, id);
}

TEST_P(AdmissionTest, TheSameRequestFindsItsTicket) {
  auto first = commit(make_hold("act_1")).ticket->id;
  auto before = size();
  auto again = commit(make_hold("act_2"));
  EXPECT_EQ(again.ticket->id, first);
  EXPECT_FALSE(again.ticket->opened);
  EXPECT_EQ(again.leaf_hash, "");
  EXPECT_EQ(size(), before);  // nothing is written
  EXPECT_NE(commit(make_hold("act_3", "other")).ticket->id, first);
  auto elsewhere = make_hold("act_4");
  elsewhere.action.principal.environment = "production";
  EXPECT_NE(commit(elsewhere).ticket->id, first);

  commit(Decide{first, true, "maya", ""});
  EXPECT_EQ(commit(make_hold("act_5")).ticket->state, TicketState::approved);
  commit(with_ticket("act_6", first));
  auto running = commit(make_hold("act_7")).ticket;
  EXPECT_EQ(running->state, TicketState::consumed);
  EXPECT_EQ(running->consumed_by, "act_6");
  EXPECT_FALSE(running->outcome);
  auto outcome = commit(make_settle("act_6"));
  restart();
  auto done = commit(make_hold("act_8")).ticket;
  EXPECT_EQ(done->outcome, Outcome::succeeded);
  EXPECT_EQ(done->outcome_seq, outcome.seq);
  EXPECT_EQ(records().contents(*done->outcome_seq)->out, R"({"ok":true})");
  clock.advance_ms(hour);
  EXPECT_NE(commit(make_hold("act_9", "d", noon + 2 * hour)).ticket->id, first);  // past its retention
}

TEST_P(AdmissionTest, ARequestThatWasNotExecutedMayBeHeldAnew) {
  auto ticket = approved_ticket("act_1");
  commit(with_ticket("act_1", ticket));
  commit(make_settle("act_1", Outcome::not_executed));
  auto again = commit(make_hold("act_2")).ticket;
  EXPECT_TRUE(again->opened);
  EXPECT_NE(again->id, ticket);
}

TEST_P(AdmissionTest, DeniedAndWithdrawnTicketsStayClosed) {
  auto denied = commit(make_hold("act_1")).ticket->id;
  EXPECT_EQ(commit(Decide{denied, false, "maya", "too much"}).ticket->state, TicketState::denied);
  EXPECT_EQ(refused(with_ticket("act_2", denied)), "ticket");
  auto second = commit(make_hold("act_3")).ticket;
  EXPECT_TRUE(second->opened);
  EXPECT_EQ(error(Withdraw{second->id, "other-agent"}), Code::not_found);
  EXPECT_EQ(commit(Withdraw{second->id, "refund-agent"}).ticket->state, TicketState::withdrawn);
  EXPECT_EQ(error(Withdraw{second->id, "refund-agent"}), Code::failed_precondition);
  EXPECT_EQ(error(Decide{second->id, true, "maya", ""}), Code::failed_precondition);
  EXPECT_EQ(records().counts()->open_tickets, 0U);
}

TEST_P(AdmissionTest, TicketsEndWhenTheirTimeIsOver) {
  auto held = commit(make_hold("act_1", "d1")).ticket->id;
  auto approved = approved_ticket("act_2", "d2");
  auto later = commit(make_hold("act_3", "d3", noon + 2 * hour)).ticket->id;
  EXPECT_TRUE(commit(Expire{}).tickets.empty());
  clock.advance_ms(hour);
  EXPECT_EQ(error(Decide{held, true, "maya", ""}), Code::failed_precondition);  // due, though nobody swept yet
  EXPECT_EQ(refused(with_ticket("act_4", approved, "d2")), "ticket");
  EXPECT_EQ(commit(Expire{}).tickets, (std::vector<std::string>{held, approved}));
  EXPECT_EQ(records().ticket(held)->row.state, TicketState::expired);
  EXPECT_EQ(records().ticket(approved)->row.state, TicketState::lapsed);
  EXPECT_EQ(records().ticket(later)->row.state, TicketState::held);
  auto open = records().tickets({}).value();
  ASSERT_EQ(open.tickets.size(), 1U);
  EXPECT_EQ(open.tickets[0].row.ticket, later);
}

TEST_P(AdmissionTest, ADueTicketGivesWayToANewOne) {
  auto first = commit(make_hold("act_1")).ticket->id;
  clock.advance_ms(hour);
  auto second = commit(make_hold("act_2", "d", noon + 2 * hour)).ticket;
  EXPECT_TRUE(second->opened);
  EXPECT_EQ(records().ticket(first)->row.state, TicketState::expired);
  EXPECT_EQ(error(make_hold("act_3", "x", noon)), Code::invalid_argument);
}

TEST_P(AdmissionTest, ASwitchKillsOpenTicketsInItsScope) {
  auto mine = commit(make_hold("act_1", "d1")).ticket->id;
  auto approved = approved_ticket("act_2", "d2");
  auto other = make_hold("act_3", "d3");
  other.action.principal.agent = "other-agent";
  auto theirs = commit(other).ticket->id;
  auto killed = commit(SetSwitch{Scope{Scope::Kind::agent, "refund-agent"}, true, "maya", "it runs wild"});
  EXPECT_EQ(killed.tickets, (std::vector<std::string>{mine, approved}));
  EXPECT_EQ(records().ticket(mine)->row.state, TicketState::killed);
  EXPECT_EQ(records().ticket(theirs)->row.state, TicketState::held);
  auto no = commit(make_hold("act_4", "d1"));
  ASSERT_TRUE(no.refusal);
  EXPECT_EQ(no.refusal->kind, Refusal::Kind::killed);
  EXPECT_FALSE(no.ticket);
  commit(SetSwitch{Scope{Scope::Kind::agent, "refund-agent"}, false, "maya", ""});
  EXPECT_EQ(refused(with_ticket("act_5", approved, "d2")), "ticket");  // a kill outranks an approval for good
  EXPECT_EQ(records().switches()->at(0).reason, "");
}

TEST_P(AdmissionTest, SnapshotsAndPinsStayRetrievable) {
  EXPECT_EQ(records().current_snapshot().error().code, Code::not_found);
  commit(Apply{"s1", "agents: []", "maya", "first"});
  commit(Apply{"s2", "agents: [a]", "ben", "more"});
  auto back = commit(Apply{"s1", "agents: []", "maya", "back"});
  auto current = records().current_snapshot().value();
  EXPECT_EQ(current.row.digest, "s1");
  EXPECT_EQ(current.row.entry, back.seq);
  EXPECT_EQ(current.message, "back");
  EXPECT_EQ(current.text, "agents: []");
  EXPECT_EQ(records().snapshot("s2")->text, "agents: [a]");
  EXPECT_EQ(records().snapshot("s3").error().code, Code::not_found);
  EXPECT_EQ(records().snapshots(2)->size(), 2U);
  EXPECT_EQ(records().snapshots(10)->at(1).row.digest, "s2");

  commit(Pin{"desk", "desk/refund", "p1", "{1}", Pin::State::accepted, ""});
  commit(Pin{"desk", "desk/refund", "p2", "{2}", Pin::State::quarantined, ""});
  commit(Pin{"crm", "crm/read", "p3", "{3}", Pin::State::accepted, "maya"});
  auto pins = records().pins("desk").value();
  ASSERT_EQ(pins.size(), 2U);
  EXPECT_EQ(pins[0].row.digest, "p1");
  EXPECT_EQ(pins[1].definition, "{2}");
  commit(Pin{"desk", "desk/refund", "p2", "{2}", Pin::State::accepted, "maya"});
  pins = records().pins("desk").value();
  ASSERT_EQ(pins.size(), 1U);
  EXPECT_EQ(pins[0].row.digest, "p2");
  EXPECT_EQ(pins[0].row.by, "maya");
  EXPECT_EQ(records().pins("")->size(), 2U);
}

TEST_P(AdmissionTest, ListsFilterAndPage) {
  for (int i = 0; i < 10; ++i) {
    auto admit = make_admit("act_0" + std::to_string(i));
    admit.action.run = i % 2 == 0 ? "run_even" : "run_odd";
    if (i == 7) admit.action.name = "desk/read";
    commit(admit);
    clock.advance_ms(1000);
    if (i < 5) commit(make_settle("act_0" + std::to_string(i), i == 3 ? Outcome::failed : Outcome::succeeded));
  }
  commit(
      Refuse{make_action("act_10"), {.verdict = domain::Verdict::deny, .rules = {}, .checks = "", .reason = ""}, ""});
  auto ids = [&](const ActionFilter& filter) {
    std::string out;
    auto page = records().actions(filter).value();
    for (const auto& row : page.actions) out += row.action.substr(4) + " ";
    return out;
  };
  EXPECT_EQ(ids({}), "10 09 08 07 06 05 04 03 02 01 00 ");
  EXPECT_EQ(ids({.run = "run_odd"}), "09 07 05 03 01 ");
  EXPECT_EQ(ids({.agent = "refund-agent", .workflow = "refunds", .tool = "desk/read"}), "07 ");
  EXPECT_EQ(ids({.agent = "nobody"}), "");
  EXPECT_EQ(ids({.verdict = domain::Verdict::deny}), "10 ");
  EXPECT_EQ(ids({.outcome = Outcome::failed}), "03 ");
  EXPECT_EQ(ids({.unsettled = true}), "09 08 07 06 05 ");
  EXPECT_EQ(ids({.since_ms = noon + 8000}), "10 09 08 ");
  EXPECT_EQ(ids({.run = "run_odd", .limit = 2}), "09 07 ");
  auto page = records().actions({.run = "run_odd", .limit = 2}).value();
  EXPECT_EQ(ids({.run = "run_odd", .limit = 2, .cursor = page.next}), "05 03 ");
  EXPECT_EQ(records().actions({.limit = 11})->next, "");

  auto runs = records().runs({}).value();
  ASSERT_EQ(runs.runs.size(), 3U);
  EXPECT_EQ(runs.runs[0].run, "run_1");
  EXPECT_EQ(runs.runs[2].run, "run_even");
  EXPECT_EQ(runs.runs[2].admitted, 5);
  EXPECT_EQ(runs.runs[2].settled, 3);
  EXPECT_EQ(runs.runs[1].failed, 1);
  auto first = records().runs({.limit = 1}).value();
  EXPECT_EQ(records().runs({.limit = 1, .cursor = first.next})->runs.at(0).run, "run_odd");
  EXPECT_EQ(records().run("run_9").error().code, Code::not_found);
  auto counts = records().counts().value();
  EXPECT_EQ(counts.entries, 17U);
  bool found = false;
  for (const auto& [word, n] : counts.by_word) found |= word == "outcome:succeeded" && n == 4;
  EXPECT_TRUE(found);
}

TEST_P(AdmissionTest, AThousandCallersShareAMeterExactly) {
  constexpr int callers = 1000, limit = 137;
  std::atomic<int> admitted{0}, refusals{0};
  std::latch answered(callers);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; i < callers; i += 8) {
        auto admit = make_admit("act_" + std::to_string(i),
                                {{"spend", "", 3, 3 * limit + 2, hour}, {"at-once", "", 1, limit, 0}});
        auto status = admission->submit(std::move(admit), [&](Result<Committed> result) {
          if (result) ++(result->refusal ? refusals : admitted);
          answered.count_down();
        });
        if (!status) answered.count_down();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  answered.wait();
  EXPECT_EQ(admitted, limit);
  EXPECT_EQ(refusals, callers - limit);
}

TEST_P(AdmissionTest, OfManyConsumersOfATicketOneWins) {
  auto ticket = approved_ticket("act_0");
  std::atomic<int> admitted{0};
  std::latch answered(64);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 16; ++i) {
        auto done = [&](Result<Committed> result) {
          if (result && !result->refusal) ++admitted;
          answered.count_down();
        };
        if (!admission->submit(with_ticket("act_" + std::to_string(1 + t * 16 + i), ticket), done))
          answered.count_down();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  answered.wait();
  EXPECT_EQ(admitted, 1);
}

TEST_P(AdmissionTest, NothingIsAdmittedAfterAKillIsAcknowledged) {
  std::atomic<bool> go_on{true};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; go_on; ++i) {
        (void)admission->submit(make_admit("act_" + std::to_string(t) + "_" + std::to_string(i)),
                                [](Result<Committed>) {});
        if (i % 64 == 0) std::this_thread::yield();
      }
    });
  }
  while (size() < 500) std::this_thread::yield();
  auto killed = commit(SetSwitch{{}, true, "maya", "now"});
  auto until = size() + 300;
  while (size() < until) std::this_thread::yield();
  go_on = false;
  for (auto& thread : threads) thread.join();
  stop();
  std::uint64_t intents_before = 0, refusals_after = 0;
  for (std::uint64_t from = 0;;) {
    auto entries = records().entries(from, 1000).value();
    if (entries.empty()) break;
    for (const auto& stored : entries) {
      bool after = stored.entry.seq > killed.seq;
      if (stored.entry.kind == ledger::Kind::intent) {
        ASSERT_FALSE(after) << stored.entry.seq;
        ++intents_before;
      }
      refusals_after += after && stored.entry.kind == ledger::Kind::refusal ? 1 : 0;
    }
    from += entries.size();
  }
  EXPECT_GT(intents_before, 0U);
  EXPECT_GT(refusals_after, 0U);
}

TEST_P(AdmissionTest, AnswersOfACommitComeTogether) {
  stop();
  backend.reopen();
  std::atomic<int> answers{0}, deliveries{0};
  AdmissionOptions options;
  options.deliver = [&](std::vector<Completion> done) {
    ++deliveries;
    for (auto& one : done) one();
  };
  admission = Admission::open(backend.store(), clock, std::move(options)).value();
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(
        admission->submit(make_admit("act_" + std::to_string(i)), [&](Result<Committed> r) { answers += r ? 1 : 0; })
            .has_value());
  }
  admission->stop();
  EXPECT_EQ(answers, 500);
  EXPECT_LE(deliveries, 500);
  EXPECT_EQ(admission->submit(make_admit("late"), [](Result<Committed>) {}).error().code, Code::unavailable);
  EXPECT_EQ(records().entries(size() - 1, 1)->at(0).entry.kind, ledger::Kind::stop);
}

TEST_P(AdmissionTest, TheQueueIsBoundedInNumberAndSize) {
  stop();
  backend.reopen();
  AdmissionOptions options;
  options.waiting_max = 10;
  options.content_bytes_max = 1000;
  std::latch enter(1), leave(1);
  std::atomic<bool> first{true};
  options.deliver = [&](std::vector<Completion>) {
    if (!first.exchange(false)) return;
    enter.count_down();
    leave.wait();  // the committer is busy
  };
  admission = Admission::open(backend.store(), clock, std::move(options)).value();
  auto ignore = [](Result<Committed>) {};
  ASSERT_TRUE(admission->submit(make_admit("act_0"), ignore).has_value());
  enter.wait();
  for (int i = 1; i <= 10; ++i)
    ASSERT_TRUE(admission->submit(make_admit("act_" + std::to_string(i)), ignore).has_value());
  EXPECT_EQ(admission->submit(make_admit("act_11"), ignore).error().code, Code::resource_exhausted);
  auto large = make_admit("act_12");
  large.action.arguments = std::string(1001, 'x');
  EXPECT_EQ(admission->submit(std::move(large), ignore).error().code, Code::invalid_argument);
  leave.count_down();
  admission->stop();
  EXPECT_EQ(records().counts()->entries, 11U + 4U);  // two starts, two stops
}

TEST(SteppedAdmission, ATimeThatLeftNoEntryForgetsNothing) {
  Backend backend(true);
  FakeClock clock(noon);
  auto admission = Admission::open(backend.store(), clock, {.stepped = true}).value();
  auto answered = [](Result<Committed> result) { EXPECT_TRUE(result.has_value()); };
  auto house_is_kept = [&] {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(admission->step());
  };
  ASSERT_TRUE(admission->submit(make_admit("act_1", {{"calls", "", 1, 10, 60'000}}), answered).has_value());
  EXPECT_EQ(backend.records().head()->size, 1U);  // the start; nothing happens between steps
  house_is_kept();
  clock.advance_ms(hour);
  ASSERT_TRUE(admission->submit(Expire{}, answered).has_value());  // finds nothing to end, and writes nothing
  house_is_kept();
  clock.advance_ms(-hour);
  auto meters = backend.records().meters(noon).value();
  ASSERT_EQ(meters.size(), 1U);
  EXPECT_EQ(meters[0].used, 1);
  admission->stop();
  EXPECT_FALSE(admission->step());
}

}  // namespace
}  // namespace bw::admission
