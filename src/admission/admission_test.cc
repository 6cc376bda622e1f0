// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "admission/absences.h"
#include "admission/prepare.h"
#include "admission/request.h"
#include "admission/summary.h"
#include "json/document.h"

namespace bw::admission {
namespace {

domain::Action full_action() {
  domain::Action action;
  action.id = "act_1";
  action.run = "run \"x\"";
  action.principal = {.agent = "agent", .workflow = "workflow", .environment = "production", .token = "tok"};
  action.kind = domain::ActionKind::resource;
  action.upstream = "desk";
  action.name = "desk://orders/17?ü";
  action.profile = {.tier = domain::Tier::write,
                    .reversible = true,
                    .touches = {domain::Touch::money, domain::Touch::the_public},
                    .environment = "production",
                    .undo = "desk/unrefund",
                    .system_owner = "maya",
                    .risk_owner = "ben",
                    .accountable = "ann"};
  action.arguments = "{\"a\": 1.0,\n \"b\": [] }";
  action.tool_digest = "td";
  action.digest = "d";
  action.at_ms = 1'800'000'000'123;
  return action;
}

TEST(HeldRequest, SurvivesStorageWhole) {
  auto action = full_action();
  auto text = write_request({action, R"({"quorum":1})"});
  auto read = parse_request(text, action.arguments);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(write_request(*read), text);
  EXPECT_EQ(read->action.arguments, action.arguments);
  EXPECT_EQ(read->action.profile.touches, action.profile.touches);
  EXPECT_EQ(read->action.at_ms, action.at_ms);
  EXPECT_EQ(read->terms, R"({"quorum":1})");
}

TEST(HeldRequest, DamageIsDataLoss) {
  auto good = write_request({full_action(), ""});
  for (auto [from, to] :
       {std::pair{"\"write\"", "\"destroy\""}, {"\"money\"", "\"honey\""}, {"\"resource\"", "\"thing\""}, {"}", ""}}) {
    auto bad = good;
    bad.replace(bad.find(from), std::string_view(from).size(), to);
    EXPECT_EQ(parse_request(bad, "{}").error().code, Code::data_loss) << bad;
  }
  EXPECT_FALSE(parse_request("", "{}").has_value());
}

TEST(Absences, TellWhatWasErasedFromWhatIsMissing) {
  ActionRecord record;
  for (std::uint64_t seq : {3U, 4U}) {
    auto& stored = record.entries.emplace_back();
    stored.entry.seq = seq;
    stored.entry.commitments = {.args = "c1", .out = "c2", .checks = "c3"};
    record.contents.push_back({.args = "{}"});
  }
  record.contents[0].erased_by[static_cast<std::size_t>(ledger::Field::out)] = 12;
  record.contents[1].checks = "{}";
  using Names = std::vector<std::string>;
  auto [erased, missing] = absences_of(record);
  EXPECT_EQ(erased, Names{"out of entry 3 (by entry 12)"});
  EXPECT_EQ(missing, (Names{"checks of entry 3", "out of entry 4"}));
}

TEST(Reviewers, AreReadAsTheyWereWritten) {
  using Names = std::vector<std::string>;
  for (const auto& names : {Names{}, Names{"maya"}, Names{"maya", "o\"neil", "ben"}})
    EXPECT_EQ(parse_reviewers(write_reviewers(names), "{}").value(), names);
  EXPECT_EQ(parse_reviewers("", R"({"action":"act_1","reviewers":["maya"],"terms":""})").value(), Names{"maya"});
  EXPECT_EQ(parse_reviewers("", write_request({full_action(), ""})).value(), std::nullopt);
  EXPECT_EQ(parse_reviewers("", "").value(), std::nullopt);
  EXPECT_EQ(parse_reviewers(R"(["ben"])", R"({"reviewers":["maya"]})").value(), Names{"ben"});
  for (auto bad : {"{}", "[1]", "[", "\"maya\""})
    EXPECT_EQ(parse_reviewers(bad, "").error().code, Code::data_loss) << bad;
  EXPECT_EQ(parse_reviewers("", R"({"reviewers":"maya"})").error().code, Code::data_loss);
}

TEST(Summary, KeepsTheWholeExplanation) {
  domain::Decision decision;
  decision.verdict = domain::Verdict::hold;
  decision.reason = "a person must look";
  decision.determining = {{.rule = "refunds.large",
                           .effect = domain::Verdict::hold,
                           .satisfied = true,
                           .reason = "large",
                           .terms = {{"args.amount > 200", "true (args.amount = 940)"}},
                           .file = "refunds.yaml",
                           .line = 7}};
  decision.unmet = {{.rule = "refunds.small", .effect = domain::Verdict::allow, .error = "no such key"}};
  decision.obligations = {{"approve", R"({"by":["maya"]})", {}}, {"log", "", {}}};
  decision.run_seen = {.sent = 3, .succeeded = 2};
  auto summary = summarize(decision);
  EXPECT_EQ(summary.verdict, domain::Verdict::hold);
  EXPECT_EQ(summary.rules, std::vector<std::string>{"refunds.large"});
  EXPECT_EQ(summary.reason, "a person must look");
  auto checks = json::Document::parse(summary.checks);
  ASSERT_TRUE(checks.has_value()) << summary.checks;
  auto root = checks->root();
  EXPECT_EQ(root["determining"].at(0)["terms"].at(0)["value"].string(), "true (args.amount = 940)");
  EXPECT_EQ(root["determining"].at(0)["line"].integer(), 7);
  EXPECT_EQ(root["unmet"].at(0)["error"].string(), "no such key");
  EXPECT_EQ(root["obligations"].at(0)["arguments"]["by"].at(0).string(), "maya");
  EXPECT_EQ(root["obligations"].size(), 2U);
  EXPECT_EQ(root["run"].raw(), R"({"sent":3,"succeeded":2})");
}

TEST(Prepare, MovesContentsOutAndCommitsToThem) {
  Admit admit{.action = full_action(),
              .decision = {.verdict = domain::Verdict::allow, .rules = {}, .checks = "{}", .reason = ""}};
  auto arguments = admit.action.arguments;
  auto prepared = prepare(admit, {}).value();
  EXPECT_EQ(std::get<Admit>(prepared.change).action.arguments, "");
  EXPECT_EQ(ledger::content_value(prepared.contents.args), arguments);
  EXPECT_EQ(prepared.commitments, ledger::commit(prepared.contents));
  EXPECT_NE(prepare(admit, {})->commitments.args, prepared.commitments.args);  // a fresh salt each time
}

TEST(Prepare, RefusesWhatCannotBeRecorded) {
  auto bad = [](Change change) { return !prepare(std::move(change), {}).has_value(); };
  EXPECT_TRUE(bad(Settle{.action = ""}));
  EXPECT_TRUE(bad(Settle{.action = "a", .outcome = domain::Outcome::not_executed, .actuals = {{"m", "", 1}}}));
  EXPECT_TRUE(bad(Settle{.action = "a", .outcome = domain::Outcome::succeeded, .actuals = {{"m", "", -1}}}));
  EXPECT_FALSE(bad(Settle{.action = "a", .outcome = domain::Outcome::succeeded, .actuals = {{"m", "", 1}}}));
  EXPECT_TRUE(bad(SetSwitch{{domain::Scope::Kind::agent, ""}, true, "maya", ""}));
  EXPECT_TRUE(bad(SetSwitch{{}, true, "", ""}));  // nobody did it
  EXPECT_FALSE(bad(SetSwitch{{}, true, "maya", ""}));
  EXPECT_TRUE(bad(Decide{"tkt", true, "", ""}));
  EXPECT_TRUE(bad(Hold{.action = full_action(), .quorum = 2, .expires_at_ms = 1}));
  EXPECT_TRUE(bad(Hold{.action = full_action()}));
  EXPECT_TRUE(bad(Apply{"", "text", "maya", ""}));
  EXPECT_TRUE(bad(Pin{.upstream = "u", .tool = "t", .digest = ""}));
  EXPECT_TRUE(bad(IssueToken{.token = "t", .agent = "a", .by = ""}));
}

}  // namespace
}  // namespace bw::admission
