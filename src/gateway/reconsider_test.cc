// SPDX-License-Identifier: Apache-2.0
#include "gateway/reconsider.h"

#include <gtest/gtest.h>

#include "gateway/live_for_test.h"

namespace bw::gateway {
namespace {

using domain::Verdict;

const std::string registry_text = desk_registry("production", "desk/*, desk/refund, desk/grant", R"(
kind: Upstream
name: desk
url: https://desk.example.com/mcp
environment: production
tools:
  refund: {tier: execute, touches: [money], reversible: true, system_owner: ana}
  grant: {tier: execute, touches: [access], system_owner: ana}
  look: {tier: read}
---
kind: Policy
name: p
rules:
- id: capped
  match: {tool: desk/refund}
  effect: allow
  unattended: small
  oblige: [{cap: {argument: amount, at: 100, over: lower}}]
- {id: large, match: {tool: desk/refund}, when: "args.amount > 500.0", effect: hold, reason: ask}
- {id: undone, match: {tool: desk/grant}, effect: allow, unattended: x, oblige: [{cap: {argument: amount, at: 5, over: deny}}]}
- {id: look, match: {tool: desk/look}, effect: allow}
)");

domain::Action action(std::string tool, std::string arguments = "{}") {
  domain::Action out{.id = "act_1", .run = "r", .principal = {"bot", "desk", "production", "t"}, .upstream = "desk"};
  out.name = std::move(tool);
  out.arguments = std::move(arguments);
  return out;
}

domain::Decision decide(const Live& live, domain::Action asked) {
  auto where = standing(live, asked);
  EXPECT_TRUE(where.profile) << where.refused;
  asked.profile = *where.profile;
  policy::Judge judge;
  return reconsider(judge, live, where, std::move(asked), {}, nullptr);
}

TEST(Reconsider, StandsAsTheRegistryDeclaresAndGrants) {
  auto live = live_of(registry_text);
  EXPECT_TRUE(standing(live, action("desk/look")).profile);
  EXPECT_EQ(standing(live, action("desk/gone")).refused, "builtin/unknown");
  auto stranger = action("desk/look");
  stranger.principal.agent = "other";
  EXPECT_EQ(standing(live, stranger).refused, "builtin/not_granted");
  auto elsewhere = action("desk/look");
  elsewhere.principal.environment = "sandbox";
  EXPECT_EQ(standing(live, elsewhere).refused, "builtin/not_granted");
}

// As the path does: what obligations make of the arguments is judged too, and the stricter of both counts.
TEST(Reconsider, JudgesTheActionAsAskedAndAsItWouldBeSent) {
  auto live = live_of(registry_text);
  auto small = decide(live, action("desk/refund", R"({"amount":300})"));
  EXPECT_EQ(small.verdict, Verdict::allow);
  ASSERT_EQ(small.changes.size(), 1U);
  EXPECT_EQ(small.changes[0].from + " " + small.changes[0].to, "300 100");
  auto large = decide(live, action("desk/refund", R"({"amount":900})"));
  EXPECT_EQ(large.verdict, Verdict::hold);
  EXPECT_EQ(large.determining.at(0).rule, "large");
  EXPECT_TRUE(decide(live, action("desk/refund", R"({"amount":50})")).changes.empty());
}

TEST(Reconsider, DeniesWhatCannotBeCarriedOut) {
  auto denied = decide(live_of(registry_text), action("desk/grant", R"({"amount":6})"));
  EXPECT_EQ(denied.verdict, Verdict::deny);
  EXPECT_EQ(denied.determining.at(0).rule, "builtin/obligation");
  EXPECT_EQ(decide(live_of(registry_text), action("desk/look", "{")).verdict, Verdict::deny);
}

}  // namespace
}  // namespace bw::gateway
