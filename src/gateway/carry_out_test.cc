// SPDX-License-Identifier: Apache-2.0
#include "gateway/carry_out.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bw::gateway {
namespace {

policy::Obligations joined(std::vector<std::pair<std::string, std::string>> given) {
  std::vector<domain::Obligation> obligations;
  for (auto& [type, arguments] : given) obligations.push_back({type, arguments, {}});
  auto all = policy::join_obligations(obligations);
  EXPECT_TRUE(all) << all.error().message;
  return all ? *all : policy::Obligations{};
}

TEST(CarryOut, SetsAndLowersArgumentsAndLeavesTheOtherBytesAlone) {
  auto all = joined({{"mutate", R"({"set":{"priority":"low","dry_run":true}})"},
                     {"cap", R"({"argument":"amount","at":200,"over":"lower"})"}});
  auto changed = change_arguments(all, R"({ "amount": 940.50, "priority":"high" ,"n":1e2})");
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->arguments, R"({ "amount": 200, "priority":"low" ,"n":1e2,"dry_run":true})");
  ASSERT_EQ(changed->changes.size(), 3U);
  auto again = change_arguments(all, changed->arguments);
  EXPECT_EQ(again->arguments, changed->arguments);
  EXPECT_TRUE(again->changes.empty()) << "what is as it should be is not changed";
}

TEST(CarryOut, ACapDeniesWhatItCannotMeasure) {
  auto lower = joined({{"cap", R"({"argument":"amount","at":200,"over":"lower"})"}});
  auto deny = joined({{"cap", R"({"argument":"amount","at":200})"}});
  EXPECT_TRUE(change_arguments(deny, R"({"amount":200})"));
  EXPECT_FALSE(change_arguments(deny, R"({"amount":200.01})"));
  for (const char* arguments : {"{}", R"({"amount":"9999"})", R"({"amount":null})", R"({"amount":[1]})"}) {
    EXPECT_FALSE(change_arguments(lower, arguments)) << arguments;
  }
}

TEST(CarryOut, RedactsStructuredContentAndTheTextThatSaysTheSame) {
  auto all = joined({{"redact", R"({"fields":["email","cards.number","*.secret"]})"},
                     {"redact", R"({"fields":["phone"],"as":"drop"})"}});
  auto result = redact(
      all,
      R"({"content":[{"type":"text","text":"{\"email\":\"a@b\",\"n\":1.50}"}],"isError":false,"structuredContent":)"
      R"({"email":"a@b","phone":"1","cards":[{"number":"42","x":1},{"number":43}],"deep":{"secret":[1,2],"email":"kept"}}})");
  ASSERT_TRUE(result);
  EXPECT_EQ(
      *result,
      R"({"content":[{"type":"text","text":"{\"email\":\"[redacted]\",\"n\":1.50}"}],"isError":false,"structuredContent":)"
      R"({"email":"[redacted]","cards":[{"number":"[redacted]","x":1},{"number":"[redacted]"}],)"
      R"("deep":{"secret":"[redacted]","email":"kept"}}})");
}

TEST(CarryOut, AResultThatCannotBeLookedIntoIsNotRedacted) {
  auto all = joined({{"redact", R"({"fields":["email"]})"}});
  for (const char* result :
       {R"({"content":[{"type":"text","text":"write to a@b"}]})", R"({"content":[{"type":"text","text":"\"a@b\""}]})",
        R"({"content":[{"type":"image","data":"aGk=","mimeType":"image/png"}]})",
        R"({"content":[{"type":"resource","resource":{"text":"{\"email\":1}"}}]})", R"({"contents":[{"text":"{}"}]})",
        "7"}) {
    EXPECT_FALSE(redact(all, result)) << result;
  }
  EXPECT_TRUE(redact(all, R"({"content":[]})"));
  EXPECT_EQ(*redact({}, "as it is"), "as it is");
  EXPECT_TRUE(withheld_result("why").contains(R"("isError":true)"));
}

TEST(CarryOut, StampsTheCallWithoutTouchingItsArguments) {
  auto all = joined({{"stamp", R"({"with":["run","action"]})"}, {"stamp", R"({"with":["action","workflow"]})"}});
  domain::Action action{.id = "act_1", .run = "r", .principal = {.agent = "bot", .workflow = "job"}};
  EXPECT_EQ(
      stamp(all, action, R"({"name":"x","arguments":{}})"),
      R"({"name":"x","arguments":{},"_meta":{"dev.bailiwick/stamp":{"action":"act_1","run":"r","workflow":"job"}}})");
}

TEST(Obligations, JoinToTheStricter) {
  auto all = joined({{"cap", R"({"argument":"n","at":10,"over":"lower"})"},
                     {"cap", R"({"argument":"n","at":20})"},
                     {"redact", R"({"fields":["a"],"as":"drop"})"},
                     {"redact", R"({"fields":["a","b"]})"},
                     {"sample", R"({"percent":5})"},
                     {"sample", R"({"percent":15})"},
                     {"mutate", R"({"set":{"x":{"b":1,"a":2}}})"},
                     {"mutate", R"({"set":{"x":{"a":2,"b":1}}})"},
                     {"undo", "{}"}});
  EXPECT_EQ(all.caps.at("n").at, 10);
  EXPECT_FALSE(all.caps.at("n").lower);
  EXPECT_EQ(all.redact.at("a"), policy::Obligations::As::drop);
  EXPECT_EQ(all.redact.at("b"), policy::Obligations::As::mask);
  EXPECT_EQ(all.sample_percent, 15);
  EXPECT_TRUE(all.undo);
}

TEST(Obligations, WhatContradictsOrIsNotUnderstoodIsAnError) {
  EXPECT_FALSE(policy::join_obligations({{"mutate", R"({"set":{"x":1}})", {}}, {"mutate", R"({"set":{"x":2}})", {}}}));
  EXPECT_FALSE(policy::join_obligations({{"teleport", "{}", {}}}));
}

TEST(Obligations, TheSampleIsAPartAndAlwaysTheSame) {
  std::vector<domain::Obligation> tenth{{"sample", R"({"percent":10})", {}}};
  int sampled = 0;
  for (int i = 0; i < 4096; ++i) sampled += policy::is_sampled(tenth, fmt::format("{:03x}{:061x}", i, 0)) ? 1 : 0;
  EXPECT_EQ(sampled, 410) << "one of ten, over digests that are spread evenly";
  EXPECT_TRUE(policy::is_sampled({{"sample", R"({"percent":100})", {}}}, "ffffffff"));
  EXPECT_FALSE(policy::is_sampled(tenth, "")) << "what has no digest yet";
}

}  // namespace
}  // namespace bw::gateway
