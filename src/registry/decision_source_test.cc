// SPDX-License-Identifier: Apache-2.0
// A source of decisions means what one would write without it: the same text, the same digest.
#include "registry/decision_source.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "registry/refunds_for_test.h"

namespace bw::registry {
namespace {

Sources with_source(std::string text) {
  auto sources = refunds();
  sources["more.yaml"] = std::move(text);
  return sources;
}

constexpr std::string_view source = R"(kind: DecisionSource
name: central-opa
description: The firm's own.
opa: https://opa.example.com:8181/v1/data/agents/decision
match: {tool: "desk/*", workflow: refund-desk}
credential: {header: Authorization, prefix: "Bearer ", from: {env: OPA_TOKEN}}
timeout: 100ms
breaker: {failures: 3}
approve: {from: [support], expires: 1d}
tests:
  - name: it may be stricter
    given: {tool: desk/get_ticket, args: {ticket: T-1}, workflow: refund-desk, facts: {central_opa: deny}}
    expect: deny
    rule: central-opa.deny
)";

constexpr std::string_view written_out = R"(kind: Facts
name: central-opa
facts:
  central_opa:
    opa: https://opa.example.com:8181/v1/data/agents/decision
    arguments:
      agent: agent.name
      args: args
      environment: environment
      reversible: tool.reversible
      run: run.id
      tier: tool.tier
      tool: tool.name
      upstream: tool.upstream
      workflow: workflow.name
    credential: {header: Authorization, prefix: "Bearer ", from: {env: OPA_TOKEN}}
    value: 'type(result) == bool ? (result ? "allow" : "deny") : type(result) == map ? result.decision : result'
    type: string
    timeout: 100ms
    breaker: {failures: 3, open: 10s}
---
kind: Policy
name: central-opa
description: The firm's own.
rules:
  - id: central-opa.deny
    match: {tool: "desk/*", workflow: refund-desk}
    unless: facts.central_opa in ["allow", "hold"]
    effect: deny
    reason: The policy server `central-opa` does not allow this.
  - id: central-opa.hold
    match: {tool: "desk/*", workflow: refund-desk}
    unless: facts.central_opa == "allow"
    effect: hold
    tightens: true
    reason: The policy server `central-opa` wants a person to decide this.
    oblige:
      - approve: {from: [support], expires: 1d}
tests:
  - name: it may be stricter
    given: {tool: desk/get_ticket, args: {ticket: T-1}, workflow: refund-desk, facts: {central_opa: deny}}
    expect: deny
    rule: central-opa.deny
)";

TEST(DecisionSource, MeansAFactAndTwoRules) {
  auto sugar = loaded(with_source(std::string(source))), plain = loaded(with_source(std::string(written_out)));
  EXPECT_EQ(sugar->canonical(), plain->canonical());
  EXPECT_EQ(sugar->digest(), plain->digest());
}

TEST(DecisionSource, AsksForAQuarterOfASecondAndStopsAfterFiveFailures) {
  auto snapshot = loaded(with_source("kind: DecisionSource\nname: o\nopa: http://127.0.0.1:8181/v1/data/a\n"));
  auto fact = std::ranges::find(snapshot->facts(), "o", &domain::Fact::name);
  ASSERT_NE(fact, snapshot->facts().end());
  EXPECT_EQ(fact->timeout_ms, 250);
  EXPECT_EQ(fact->max_age_ms, 0) << "a decision about one action is not used for another";
  EXPECT_EQ(fact->breaker.failures, 5);
  EXPECT_EQ(fact->breaker.open_ms, 10'000);
}

}  // namespace
}  // namespace bw::registry
