// SPDX-License-Identifier: Apache-2.0
// Sugar means what one would write without it: the same text, the same digest.
#include "registry/refunds.h"

#include <gtest/gtest.h>

#include "registry/refunds_for_test.h"

namespace bw::registry {
namespace {

// The refund desk with other policies beside its own, which pay nothing by themselves.
Sources with_file(std::string text) {
  auto sources = refunds();
  sources["more.yaml"] = std::move(text);
  return sources;
}

constexpr std::string_view terms = R"(kind: Refunds
name: good-will
description: Small gestures.
tool: desk/create_refund
amount: args.amount_usd + 1.0
auto_up_to: 20
unattended: Small.
human_if:
  - args.reason == "press"
approve: {from: [support], expires: 1d}
never_above: 500
a_day: 1000
customer: args.customer
a_day_each: 40
)";

constexpr std::string_view written_out = R"(kind: Policy
name: good-will
description: Small gestures.
rules:
  - id: good-will.auto
    match: {tool: desk/create_refund}
    all: [(args.amount_usd + 1.0) > 0, (args.amount_usd + 1.0) <= 20]
    effect: allow
    unattended: Small.
  - id: good-will.human
    match: {tool: desk/create_refund}
    any: [(args.amount_usd + 1.0) > 20, args.reason == "press"]
    effect: hold
    reason: More than 20 is decided by a person, and so is what the terms single out.
    oblige:
      - approve: {from: [support], expires: 1d}
  - id: good-will.never
    match: {tool: desk/create_refund}
    when: (args.amount_usd + 1.0) > 500
    effect: deny
    reason: More than 500 is not paid by agents.
---
kind: Meters
name: good-will
meters:
  good_will_a_day:
    match: {tool: desk/create_refund}
    sum: int(math.ceil(double(args.amount_usd + 1.0)))
    window: 1d
    limit: 1000
  good_will_a_day_each:
    match: {tool: desk/create_refund}
    sum: int(math.ceil(double(args.amount_usd + 1.0)))
    by: args.customer
    window: 1d
    limit: 40
)";

TEST(RefundsTerms, MeanRulesAndMeters) {
  auto sugar = loaded(with_file(std::string(terms))), plain = loaded(with_file(std::string(written_out)));
  EXPECT_EQ(sugar->canonical(), plain->canonical());
  EXPECT_EQ(sugar->digest(), plain->digest());
}

TEST(RefundsTerms, EveryRuleStandsWhereItsTermsDo) {
  auto snapshot = loaded(with_file(std::string(terms)));
  auto again = Snapshot::from_canonical(snapshot->canonical(), snapshot->places());
  ASSERT_TRUE(again);
  for (const auto* one : {snapshot.get(), again->get()}) {
    const auto& policy = one->policies().at(0);
    ASSERT_EQ(policy.name, "good-will");
    ASSERT_EQ(policy.rules.size(), 3U);
    std::vector<int> lines;
    for (const auto& rule : policy.rules) {
      EXPECT_EQ(rule.where.file, "more.yaml");
      lines.push_back(rule.where.line);
    }
    EXPECT_EQ(lines, (std::vector{6, 9, 11})) << "auto_up_to, human_if, never_above";
    EXPECT_EQ(policy.rules[0].all[0].where.line, 5);
    EXPECT_EQ(policy.rules[0].all[0].where.column, 8) << "so that what stands in parentheses has its own column";
  }
}

TEST(RefundsTerms, WithoutAnAmountThatIsPaidEverythingIsForAPerson) {
  auto snapshot = loaded(with_file("kind: Refunds\nname: a\ntool: desk/create_refund\namount: args.amount_usd\n"));
  const auto& policy = snapshot->policies().at(0);
  ASSERT_EQ(policy.rules.size(), 1U);
  EXPECT_EQ(policy.rules[0].any[0].text, "args.amount_usd > 0");
  EXPECT_EQ(policy.rules[0].effect, domain::Verdict::hold);
  EXPECT_EQ(snapshot->meters().size(), 3U) << "those that were there";
}

TEST(Fixtures, AreWrittenOut) {
  auto policy = [](std::string_view rest) {
    return std::string("kind: Policy\nname: a\nrules:\n  - {id: a, effect: allow, match: {tier: read}}\n") +
           std::string(rest);
  };
  auto sugar = loaded(with_file(policy(R"(fixtures:
  ticket: {tool: desk/get_ticket, args: {ticket: T-1, deep: {a: 1, b: 2}}, workflow: refund-desk}
tests:
  - {name: one, given: {like: ticket}, expect: allow}
  - {name: two, given: {like: ticket, args: {ticket: T-2, deep: {b: 3}}}, expect: allow}
)")));
  auto plain = loaded(with_file(policy(R"(tests:
  - {name: one, given: {tool: desk/get_ticket, args: {ticket: T-1, deep: {a: 1, b: 2}}, workflow: refund-desk}, expect: allow}
  - {name: two, given: {tool: desk/get_ticket, args: {ticket: T-2, deep: {a: 1, b: 3}}, workflow: refund-desk}, expect: allow}
)")));
  EXPECT_EQ(sugar->canonical(), plain->canonical());
}

}  // namespace
}  // namespace bw::registry
