// SPDX-License-Identifier: Apache-2.0
#include "policy/history.h"

#include <gtest/gtest.h>

#include "policy/compile.h"
#include "policy/judge.h"
#include "policy/request.h"
#include "policy/returned.h"

namespace bw::policy {
namespace {

using domain::Verdict;

Sources sources(std::string condition, Verdict effect) {
  domain::Rule rule{.id = "r", .policy = "p"};
  rule.all = {{std::move(condition), {"p.yaml", 3, 7, 1}}};
  rule.effect = effect;
  Sources s;
  s.policies.push_back({.name = "p", .rules = {rule}});
  if (effect != Verdict::allow) {
    domain::Rule otherwise{.id = "otherwise", .policy = "p"};
    otherwise.effect = Verdict::allow;
    s.policies.front().rules.push_back(otherwise);
  }
  s.tools.push_back({"mail/send", "mail", {.tier = domain::Tier::read}, ""});
  s.workflows["desk"] = domain::Autonomy::production;
  return s;
}

Verdict judged(std::string condition, Verdict effect, std::string_view run) {
  auto compiled = compile(sources(std::move(condition), effect));
  for (const auto& d : compiled.diagnostics) ADD_FAILURE() << d.message;
  auto given =
      std::string(R"({"tool":"mail/send","args":{"to":"Ann@Example.com","id":42},"run":)") + std::string(run) + "}";
  auto request = Request::parse(*compiled.plan, given);
  if (!request) {
    ADD_FAILURE() << request.error().message;
    return Verdict::deny;
  }
  return judge(*compiled.plan, request->input()).verdict;
}
bool holds(std::string condition, std::string_view run) {
  return judged(std::move(condition), Verdict::allow, run) == Verdict::allow;
}

TEST(RunHistory, SaysWhatWasCalledAndHowOften) {
  constexpr std::string_view run = R"({"called":{"crm/lookup":2,"crm/list":1,"x/y":1},"failed":{"x/y":1}})";
  EXPECT_TRUE(holds(R"(run.called("crm/lookup") && run.calls("crm/*") == 3 && !run.called("crm/look"))", run));
  EXPECT_TRUE(holds(R"(run.called("x/y") && !run.succeeded("x/y") && run.succeeded("crm/l*t"))", run));
  EXPECT_TRUE(holds(R"(run.calls("*") == 0 && run.labels == [] && !run.returned(args.to, "*"))", "{}"));
  EXPECT_TRUE(holds(R"("untrusted" in run.labels)", R"({"labels":["untrusted"]})"));
}

TEST(RunHistory, SaysWhereAValueCameFrom) {
  constexpr std::string_view run =
      R"({"returned":{"crm/lookup":{"email":" ann@example.COM ","n":42.0,"_meta":{"x":"hidden"}},
          "inbox/read":{"content":[{"type":"text","text":"{\"body\":\"Write to <mailto:ann@example.com>.\"}"}]}}})";
  EXPECT_TRUE(holds(R"(run.returned(args.to, "crm/lookup"))", run));
  EXPECT_TRUE(holds(R"(run.returned(args.id, "crm/*") && run.returned(42, "*") && run.returned("42", "*"))", run));
  EXPECT_FALSE(holds(R"(run.returned(args.to, "inbox/read"))", run)) << "a part of a text is not the value";
  EXPECT_TRUE(holds(R"(run.mentioned(args.to, "inbox/*"))", run));
  EXPECT_FALSE(holds(R"(run.mentioned("ann@example.co", "inbox/*"))", run));
  EXPECT_FALSE(holds(R"(run.returned("hidden", "crm/*"))", run));
  EXPECT_FALSE(holds(R"(run.returned(args.to, "crm/other"))", run));
}

TEST(RunHistory, UnknownGoesToTheStricterSide) {
  for (const char* condition :
       {R"(run.called("x/*"))", R"(run.calls("x/*") >= 0)", R"(run.succeeded("x/*"))",
        R"(run.returned(args.to, "x/*"))", R"(run.mentioned(args.to, "x/*"))", R"("untrusted" in run.labels)"}) {
    EXPECT_EQ(judged(condition, Verdict::allow, R"("unknown")"), Verdict::deny) << condition;
    EXPECT_EQ(judged(condition, Verdict::hold, R"("unknown")"), Verdict::hold) << condition;
    EXPECT_EQ(judged(condition, Verdict::deny, R"("unknown")"), Verdict::deny) << condition;
  }
}

TEST(RunHistory, WhatIsNotAllRememberedDoesNotSayNo) {
  auto compiled = compile(sources(R"(run.returned(args.to, "crm/*"))", Verdict::deny));
  auto request = Request::parse(*compiled.plan, R"({"tool":"mail/send","args":{"to":"b@example.com"}})");
  domain::RunHistory history;
  history.returned["crm/list"].complete = false;
  Input input = request->input();
  input.history = &history;
  EXPECT_EQ(judge(*compiled.plan, input).verdict, Verdict::deny);
  history.returned["crm/list"].complete = true;
  EXPECT_EQ(judge(*compiled.plan, input).verdict, Verdict::allow);
}

TEST(RunHistory, IsBounded) {
  std::string many = "[";
  for (std::size_t i = 0; i <= kReturnedMax; ++i) many += std::to_string(i) + ",";
  many += "0]";
  domain::RunHistory::Returned returned;
  auto document = json::Document::parse(many);
  add_result(returned, document->root());
  EXPECT_FALSE(returned.complete);
  EXPECT_LE(returned.values.size(), 16 * kReturnedMax);
  auto more = json::Document::parse(R"(["new"])");
  add_result(returned, more->root());
  EXPECT_LE(returned.values.size(), 16 * kReturnedMax);
}

TEST(RunHistory, ToolsOfReturnedAreWrittenOut) {
  auto compiled = compile(sources(R"(run.returned(args.to, string(args.tool)))", Verdict::allow));
  ASSERT_EQ(compiled.diagnostics.size(), 1U);
  EXPECT_EQ(compiled.diagnostics[0].message, "returned() needs the name of its tool written out");
  EXPECT_EQ(compiled.diagnostics[0].where.line, 3);
  auto good =
      compile(sources(R"([args.to].all(a, run.returned(a, "crm/*") || run.mentioned(a, "x/y")))", Verdict::allow));
  EXPECT_EQ(good.plan->result_patterns(), (std::vector<std::string>{"crm/*", "x/y"}));
}

}  // namespace
}  // namespace bw::policy
