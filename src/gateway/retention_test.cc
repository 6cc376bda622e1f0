// SPDX-License-Identifier: Apache-2.0
#include "gateway/retention.h"

#include <gtest/gtest.h>

#include "registry/load.h"

namespace bw::gateway {
namespace {

constexpr const char* registry_text = R"(
kind: Person
name: ana
---
kind: Agent
name: bot
owner: ana
steward: ana
may: {environments: [sandbox], tools: ["x/*"]}
---
kind: Workflow
name: books
accountable: ana
agents: [bot]
retention: books
may: {environments: [sandbox], tools: ["x/*"]}
---
kind: Workflow
name: chat
accountable: ana
agents: [bot]
may: {environments: [sandbox], tools: ["x/*"]}
---
kind: Upstream
name: x
command: x
environment: sandbox
tools:
  look: {tier: read}
  hear: {tier: read, retention: short}
resources: ["*"]
---
kind: Retention
name: books
keep: 7y
fields: {out: 90d, why: 7y}
---
kind: Retention
name: hands
keep: 1d
fields: {reviewers: 2d}
---
kind: Retention
name: short
keep: 1d
---
kind: Retention
name: rest
keep: 30d
default: true
)";

std::shared_ptr<const registry::Snapshot> snapshot() {
  auto loaded = registry::load({{"x.yaml", registry_text}});
  EXPECT_TRUE(loaded.snapshot) << registry::format(loaded);
  return loaded.snapshot;
}

std::vector<ledger::Retention> of(const registry::Snapshot& snapshot, const std::string& tool,
                                  const std::string& workflow, domain::ActionKind kind = domain::ActionKind::tool) {
  domain::Action action;
  action.kind = kind;
  action.upstream = "x";
  action.name = tool;
  action.principal.workflow = workflow;
  return retention_of(snapshot, action);
}

constexpr std::int64_t day = 86'400'000;

TEST(Retention, IsTheToolsElseTheWorkflowsElseTheDefault) {
  auto declared = snapshot();
  using All = std::vector<ledger::Retention>;
  EXPECT_EQ(of(*declared, "x/hear", "books"), (All{{"short", day, ledger::Fields::by_default()}}));
  EXPECT_EQ(of(*declared, "x/look", "chat"), (All{{"rest", 30 * day, ledger::Fields::by_default()}}));
  EXPECT_EQ(of(*declared, "file:///a", "chat", domain::ActionKind::resource).front().name, "rest");
  EXPECT_EQ(of(*declared, "file:///a", "books", domain::ActionKind::resource).front().name, "books");
}

TEST(Retention, GivesEachFieldOnePeriod) {
  auto declared = snapshot();
  auto books = of(*declared, "x/look", "books");
  ASSERT_EQ(books.size(), 2U);
  ledger::Fields out;
  out.add(ledger::Field::out);
  EXPECT_EQ(books[0], (ledger::Retention{"books", 7 * 365 * day, ledger::Fields::by_default().without(out)}));
  EXPECT_EQ(books[1], (ledger::Retention{"books", 90 * day, out}));
  auto periods = periods_of(&declared->retention().at("books"));
  EXPECT_EQ(periods[static_cast<std::size_t>(ledger::Field::out)], 90 * day);
  EXPECT_EQ(periods[static_cast<std::size_t>(ledger::Field::subject)], 7 * 365 * day);
  EXPECT_EQ(periods_of(nullptr), Periods{});
}

TEST(Retention, LetsWhoMightDecideStayUnlessItIsNamed) {
  auto declared = snapshot();
  auto at = static_cast<std::size_t>(ledger::Field::reviewers);
  EXPECT_EQ(periods_of(&declared->retention().at("books"))[at], for_good);
  auto hands = periods_of(&declared->retention().at("hands"));
  EXPECT_EQ(hands[at], 2 * day);
  EXPECT_EQ(hands[static_cast<std::size_t>(ledger::Field::subject)], day);  // they are not whom arguments speak of
}

}  // namespace
}  // namespace bw::gateway
