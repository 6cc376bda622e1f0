// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "domain/action.h"
#include "domain/decision.h"
#include "domain/scope.h"

namespace bw::domain {
namespace {

TEST(Scope, RoundTripsAndRefusesNonsense) {
  for (auto text : {"everything", "upstream:desk", "tool:desk/refund", "workflow:w", "agent:a", "run:run_1"}) {
    EXPECT_EQ(to_string(parse_scope(text).value()), text);
  }
  for (auto text : {"", "all", "agent", "agent:", "everything:x", "team:x"}) EXPECT_FALSE(parse_scope(text)) << text;
}

TEST(Words, EachSpellingReadsBack) {
  for (auto& word : tier_names()) EXPECT_EQ(name(*parse_tier(word)), word);
  for (auto& word : autonomy_names()) EXPECT_EQ(name(*parse_autonomy(word)), word);
  EXPECT_FALSE(parse_tier("Read"));
  EXPECT_GT(Verdict::deny, Verdict::hold);
  EXPECT_GT(Verdict::hold, Verdict::allow);
}

TEST(ToolProfile, OneWayDoorsAreWhatCannotBeTakenBackOrTouchesMoneyAccessProductionOrThePublic) {
  ToolProfile profile{.tier = Tier::write, .reversible = true, .environment = "staging"};
  EXPECT_FALSE(profile.is_one_way_door());
  profile.environment = "production";
  EXPECT_TRUE(profile.is_one_way_door());
  profile.tier = Tier::read;
  EXPECT_FALSE(profile.is_one_way_door());
  EXPECT_TRUE((ToolProfile{.tier = Tier::write, .reversible = false}.is_one_way_door()));
  EXPECT_TRUE((ToolProfile{.tier = Tier::execute, .reversible = true, .touches = {Touch::money}}.is_one_way_door()));
}

}  // namespace
}  // namespace bw::domain
