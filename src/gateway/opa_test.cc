// SPDX-License-Identifier: Apache-2.0
// What a policy server can answer, and what becomes of the action. Most cases are ways in which enforcement points of other
// products took something for a permission that was none.
#include "gateway/opa.h"

#include <gtest/gtest.h>

#include "gateway/live.h"
#include "gateway/upstreams_fake.h"
#include "json/document.h"
#include "policy/facts.h"
#include "policy/judge.h"

namespace bw::gateway {
namespace {

constexpr std::string_view kUrl = "http://127.0.0.1:8181/v1/data/agents/decision";

// Answers what it is told, after as long as it is told.
class FakeServer final : public http::Client {
 public:
  async::Task<http::ClientResult> send(http::ClientRequest request) override {
    requests.push_back({request.method, request.url, request.body});
    if (answers_after) {
      [[maybe_unused]] auto first = co_await async::wait_any(async::kNever, *answers_after, *request.cancel);
      if (request.cancel->is_set()) co_return std::unexpected(http::ClientError{{Code::cancelled, "cancelled"}});
    }
    if (fails) co_return std::unexpected(http::ClientError{{*fails, "connection refused"}});
    http::ClientResponse response;
    response.status = status;
    response.headers.add("content-type", type);
    response.body = body;
    co_return response;
  }
  struct Seen {
    std::string method, url, body;
  };
  std::vector<Seen> requests;
  int status = 200;
  std::string type = "application/json", body = R"({"result":true})";
  std::optional<Code> fails;
  async::Event* answers_after = nullptr;
};

class OpaTest : public ::testing::Test {
 protected:
  OpaTest() {
    fact.name = "central";
    fact.opa = kUrl;
    fact.timeout_ms = 250;
    fact.breaker = {.failures = 2, .open_ms = 1000};
  }

  Result<SourceAnswer> ask() {
    auto asking =
        opa.ask({.snapshot = snapshot, .fact = &fact, .arguments = R"({"tool":"desk/look"})", .timeout_ms = 250});
    return async::run(loop, std::move(asking));
  }
  std::string problem() {
    auto said = ask();
    return said ? "answered " + said->result : said.error().message;
  }
  std::string problem_of(std::string body) {
    server.body = std::move(body);
    return problem();
  }
  static async::Task<void> keep(async::Task<Result<SourceAnswer>> task, std::optional<Result<SourceAnswer>>& said) {
    Result<SourceAnswer> answer = co_await std::move(task);
    said.emplace(std::move(answer));
  }
  void pass(std::int64_t ms) {
    clock.advance_ms(ms);
    loop.fire_timers();
    loop.poll();
  }

  std::shared_ptr<const registry::Snapshot> snapshot = testing::snapshot();
  domain::Fact fact;
  FakeClock clock;
  async::Loop loop{clock};
  FakeServer server;
  OpaClient opa{loop, server};
};

TEST_F(OpaTest, AsksTheDataApiWithAnInput) {
  server.body = R"({"decision_id":"7c3a","result":{"decision":"hold"},"metrics":{"timer_ns":1}})";
  auto said = ask();
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(said->result, R"({"decision":"hold"})");
  EXPECT_EQ(said->decision_id, "7c3a");
  EXPECT_EQ(said->digest.size(), 64U);
  EXPECT_EQ(said->within_ms, 1);
  ASSERT_EQ(server.requests.size(), 1U);
  EXPECT_EQ(server.requests[0].method, "POST");
  EXPECT_EQ(server.requests[0].url, kUrl);
  EXPECT_EQ(server.requests[0].body, R"({"input":{"tool":"desk/look"}})");
}

TEST_F(OpaTest, UndefinedIsNoDecision) {
  EXPECT_TRUE(problem_of("{}").starts_with("undefined: "));
  EXPECT_TRUE(problem_of(R"({"decision_id":"7c3a"})").starts_with("undefined: "));
  EXPECT_TRUE(problem_of(R"({"warning":{"code":"api_usage_warning","message":"…"}})").starts_with("undefined: "));
}

TEST_F(OpaTest, WhatIsNoAnswerOfOpaIsNoDecision) {
  for (const auto* body :
       {"", "true", "[]", "null", R"({"result":true)", R"({"result":true,"result":false})",
        R"({"result":true} {"result":false})", R"({"result":NaN})", R"({"result":true,"decision_id":7})"}) {
    EXPECT_TRUE(problem_of(body).starts_with("malformed: ")) << body << ": " << problem();
  }
  EXPECT_TRUE(
      problem_of(R"({"result":true,"decision_id":")" + std::string(200, 'x') + "\"}").starts_with("malformed: "));
  EXPECT_TRUE(problem_of(R"({"result":")" + std::string(kOpaBytesMax, 'x') + "\"}").starts_with("malformed: "));
}

// The page of a proxy that asks somebody to sign in says 200 too.
TEST_F(OpaTest, APageIsNoDecision) {
  server.type = "text/html";
  EXPECT_TRUE(problem_of(R"({"result":true})").starts_with("malformed: "));
}

TEST_F(OpaTest, AnotherStatusIsNoDecisionWhateverTheBodySays) {
  for (int status : {201, 204, 302, 400, 401, 404, 429, 500, 503}) {
    server.status = status;
    EXPECT_TRUE(problem().starts_with(fmt::format("status {}: ", status))) << problem();
    pass(1000);
  }
}

TEST_F(OpaTest, NobodyThereIsNoDecision) {
  server.fails = Code::unavailable;
  EXPECT_EQ(problem(), "unreachable: connection refused");
}

TEST_F(OpaTest, WhatComesTooLateIsNoDecision) {
  async::Event never;
  server.answers_after = &never;
  std::optional<Result<SourceAnswer>> said;
  async::spawn(loop, keep(opa.ask({.snapshot = snapshot, .fact = &fact, .arguments = "{}", .timeout_ms = 250}), said));
  loop.poll();
  pass(249);
  EXPECT_FALSE(said);
  pass(1);
  ASSERT_TRUE(said);
  ASSERT_FALSE(*said);
  EXPECT_EQ(said->error().code, Code::deadline_exceeded);
  EXPECT_EQ(said->error().message, "late: no answer within 250ms");
}

TEST_F(OpaTest, TheBreakerOpensAfterFailuresInARowAndOneQuestionTries) {
  server.fails = Code::unavailable;
  problem();
  EXPECT_TRUE(problem().starts_with("unreachable: ")) << "two are asked";
  EXPECT_EQ(problem(), "breaker open: OPA failed 2 times in a row; it is tried again in 1s");
  EXPECT_EQ(server.requests.size(), 2U) << "and the third is not";
  pass(1000);
  EXPECT_TRUE(problem().starts_with("unreachable: ")) << "one tries";
  EXPECT_TRUE(problem().starts_with("breaker open: ")) << "and failed: closed again for as long";
  pass(1000);
  server.fails.reset();
  EXPECT_EQ(problem(), "answered true");
  server.fails = Code::unavailable;
  EXPECT_TRUE(problem().starts_with("unreachable: ")) << "an answer begins the count anew";
  EXPECT_TRUE(problem().starts_with("unreachable: "));
}

TEST_F(OpaTest, WhileOneQuestionTriesNoOtherIsAsked) {
  server.fails = Code::unavailable;
  problem(), problem();
  pass(1000);
  async::Event answer;
  server.answers_after = &answer;
  std::optional<Result<SourceAnswer>> said;
  async::spawn(loop, keep(opa.ask({.snapshot = snapshot, .fact = &fact, .arguments = "{}", .timeout_ms = 250}), said));
  loop.poll();
  EXPECT_EQ(problem(), "breaker open: OPA failed 2 times in a row; one question tries it now");
  EXPECT_EQ(server.requests.size(), 3U);
  answer.set();
  loop.poll();
}

TEST_F(OpaTest, AnAnswerThatDecidesNothingOpensNoBreaker) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(problem_of("{}").starts_with("undefined: "));
  server.status = 500;
  problem(), problem();
  EXPECT_TRUE(problem().starts_with("breaker open: ")) << "one that says it cannot does";
}

// From the answer to the verdict, through the rules that a DecisionSource becomes.
class SourceVerdict : public ::testing::Test {
 protected:
  domain::Verdict judge(std::string_view result, std::string_view tool = "desk/look") {
    auto snapshot = testing::snapshot(std::string(testing::kRegistry) + R"(---
kind: DecisionSource
name: central
opa: http://127.0.0.1:8181/v1/data/agents/decision
---
kind: Policy
name: p
rules:
  - {id: look, match: {tool: desk/look}, effect: allow}
  - {id: later, match: {tool: desk/later}, effect: hold, reason: r}
)");
    Prepared prepared = prepare(snapshot, {});
    EXPECT_TRUE(prepared.live.plan);
    domain::Action action;
    action.name = tool;
    action.upstream = "desk";
    action.arguments = "{}";
    action.principal = {"bot", "job", "sandbox", "tok"};
    action.profile = *snapshot->profile("desk", tool.substr(5), "job");
    auto args = json::Document::parse("{}").value();
    auto look_up = policy::look_ups(*prepared.live.plan, action, args.root());
    EXPECT_EQ(look_up.size(), 1U);
    input = look_up.at(0).arguments;
    auto document = json::Document::parse(std::string(result)).value();
    auto value = policy::fact_value(*prepared.live.plan, look_up.at(0), action, args.root(), document.root());
    policy::Facts facts;
    facts["central"] = value ? std::optional(*value) : std::nullopt;
    return policy::judge(*prepared.live.plan, {.action = action, .args = args.root(), .facts = &facts}).verdict;
  }
  std::string input;
};

TEST_F(SourceVerdict, OnlyWordsAndTruthsThatAreMeantCount) {
  using domain::Verdict;
  for (const auto* allows : {"true", R"("allow")", R"({"decision":"allow","reason":"x"})"})
    EXPECT_EQ(judge(allows), Verdict::allow) << allows;
  for (const auto* holds : {R"("hold")", R"({"decision":"hold"})"}) EXPECT_EQ(judge(holds), Verdict::hold) << holds;
  for (const auto* denies :
       {"false", R"("deny")", R"({"decision":"deny"})", "null", "1", "0", R"("true")", R"("Allow")", R"("allow ")",
        "[]", R"(["allow"])", "{}", R"({"allow":true})", R"({"decision":true})", R"({"decision":null})", R"("")"})
    EXPECT_EQ(judge(denies), Verdict::deny) << denies;
}

TEST_F(SourceVerdict, NothingThatItSaysOpensAnything) {
  using domain::Verdict;
  EXPECT_EQ(judge(R"("allow")", "desk/later"), Verdict::hold) << "what is held stays held";
  EXPECT_EQ(judge(R"("deny")", "desk/later"), Verdict::deny);
  for (const auto* says : {R"("allow")", R"("hold")", "true"})
    EXPECT_EQ(judge(says, "desk/refund"), Verdict::deny) << "what no rule allows stays denied: " << says;
}

TEST_F(SourceVerdict, ItIsToldWhatIsAboutToBeDone) {
  judge("true");
  EXPECT_EQ(input, R"({"agent":"bot","args":{},"environment":"sandbox","reversible":false,"run":"","tier":"read",)"
                   R"("tool":"desk/look","upstream":"desk","workflow":"job"})");
}

}  // namespace
}  // namespace bw::gateway
