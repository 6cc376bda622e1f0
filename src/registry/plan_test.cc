// SPDX-License-Identifier: Apache-2.0
#include "registry/plan.h"

#include "registry/refunds_for_test.h"

namespace bw::registry {
namespace {

std::string planned(const Sources& after) {
  auto before = loaded(refunds());
  return format(plan(before.get(), *loaded(after)));
}

TEST(Plan, OfTheSameMeaningIsEmpty) {
  auto commented = with(refunds(), "meters.yaml", "kind: Meters", "# as agreed\nkind: Meters");
  EXPECT_TRUE(plan(loaded(refunds()).get(), *loaded(commented)).empty());
}

TEST(Plan, NamesTheDeepestPlaceAndWhatWidens) {
  EXPECT_EQ(planned(with(refunds(), "meters.yaml", "limit: 2000", "limit: 5000")),
            "Meters refunds\n"
            "  ~ meters.refund_dollars_a_day.limit: 2000 -> 5000\n"
            "    ! widens: a higher limit\n");
  EXPECT_EQ(planned(with(refunds(), "meters.yaml", "limit: 2000", "limit: 500")),
            "Meters refunds\n"
            "  ~ meters.refund_dollars_a_day.limit: 2000 -> 500\n");
  EXPECT_EQ(planned(with(refunds(), "policies/refunds.yaml", "<= 200.0", "<= 300.0")),
            "Policy refunds\n"
            "  ~ rules[refund.small].all: [\"args.amount_usd > 0.0 && args.amount_usd <= 200.0\"] -> "
            "[\"args.amount_usd > 0.0 && args.amount_usd <= 300.0\"]\n"
            "    ! widens: it counts for other actions\n");
  EXPECT_EQ(planned(with(refunds(), "upstreams/desk.yaml", "    tier: write\n", "    tier: recommend\n")),
            "Upstream desk\n"
            "  ~ tools.send_reply.tier: \"write\" -> \"recommend\"\n"
            "    ! widens: a lower tier asks for less\n");
}

TEST(Plan, MarksNewGrantsForAgentAndWorkflow) {
  EXPECT_EQ(format(plan(loaded(refunds_without_access()).get(), *loaded(refunds()))),
            "Agent desk-agent\n"
            "  + may.tools[desk/grant_access]: \"desk/grant_access\"\n"
            "    ! widens: a new grant: `desk/grant_access`\n"
            "Workflow refund-desk\n"
            "  + may.tools[desk/grant_access]: \"desk/grant_access\"\n"
            "    ! widens: a new grant: `desk/grant_access`\n");
  EXPECT_EQ(planned(with(refunds(), "refund-desk.yaml", "    - desk/cancel_refund\n", "")),
            "Agent desk-agent\n"
            "  - may.tools[desk/cancel_refund]: \"desk/cancel_refund\"\n"
            "Workflow refund-desk\n"
            "  - may.tools[desk/cancel_refund]: \"desk/cancel_refund\"\n");
}

TEST(Plan, MarksARemovedHoldAndAWeakerEffect) {
  auto text = planned(with(refunds(), "policies/refunds.yaml", "    effect: deny\n    reason: Access",
                           "    effect: hold\n    reason: Access"));
  EXPECT_EQ(text,
            "Policy refunds\n  ~ rules[access.never].effect: \"deny\" -> \"hold\"\n    ! widens: deny became hold\n");

  auto without = refunds();
  auto& policy = without.find("policies/refunds.yaml")->second;
  auto from = policy.find("  # A refund that is taken back"), to = policy.find("  - id: reply.review");
  policy.erase(from, to - from);
  from = policy.find("  - name: cancelling a refund is held"), to = policy.find("  - name: a reply is read");
  policy.erase(from, to - from);
  text = planned(without);
  EXPECT_NE(text.find("  - rules[refund.cancel]: "), std::string::npos) << text;
  EXPECT_NE(text.find("    ! widens: a hold is gone\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  - tests[cancelling a refund is held]: "), std::string::npos) << text;
}

TEST(Plan, TightensSilently) {
  EXPECT_FALSE(plan(loaded(refunds()).get(),
                    *loaded(with(refunds(), "refund-desk.yaml", "autonomy: production", "autonomy: propose-only")))
                   .widens());
  EXPECT_TRUE(plan(loaded(with(refunds(), "refund-desk.yaml", "autonomy: production", "autonomy: propose-only")).get(),
                   *loaded(refunds()))
                  .widens());
}

TEST(Plan, OfTheFirstSnapshotAddsEverything) {
  auto first = plan(nullptr, *loaded(refunds()));
  EXPECT_EQ(first.changes.size(), 10U);  // three people, a team, an agent, a workflow, two upstreams, a policy, meters
  for (const auto& change : first.changes) {
    EXPECT_EQ(change.what, Change::What::added);
    EXPECT_TRUE(change.path.empty());
    EXPECT_TRUE(change.before.empty());
  }
  EXPECT_TRUE(first.widens());
}

TEST(Plan, OfDocumentsThatComeAndGo) {
  auto more = refunds();
  more["otto.yaml"] = "kind: Person\nname: otto\nkind_of: bot\n";
  EXPECT_EQ(planned(more), "Person otto\n  + all of it: {\"kind_of\":\"bot\"}\n");
  EXPECT_EQ(format(plan(loaded(more).get(), *loaded(refunds()))),
            "Person otto\n  - all of it: {\"kind_of\":\"bot\"}\n");
}

}  // namespace
}  // namespace bw::registry
