// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policy/compile.h"

// A small refund desk for the tests of this room. Line numbers count from the order of the rules.
namespace bw::analysis {

inline domain::Expression at_line(std::string text, int line) { return {std::move(text), {"p.yaml", line, 11, 1}}; }

inline domain::Rule rule_for_test(std::string id, domain::Verdict effect, std::vector<domain::Expression> all) {
  domain::Rule out{.id = std::move(id), .policy = "p"};
  out.match.tool = {"desk/refund"};
  out.all = std::move(all);
  out.effect = effect;
  out.where = {"p.yaml", out.all.empty() ? 1 : out.all.front().where.line - 1, 7, 1};
  return out;
}

inline domain::PolicyTest test_for_test(std::string name, std::string args, domain::Verdict expect, std::string rule) {
  return {.name = name,
          .given = R"({"tool":"desk/refund","args":)" + args + "}",
          .expect = expect,
          .expect_rule = std::move(rule),
          .where = {"p.yaml", 90, 3, 1}};
}

// Up to 200 is paid, more is held, above 5000 is refused.
inline policy::Sources refunds_for_test() {
  using domain::Verdict;
  policy::Sources s;
  domain::Policy policy{.name = "p"};
  policy.rules = {
      rule_for_test("small", Verdict::allow, {at_line("args.amount > 0.0 && args.amount <= 200.0", 11)}),
      rule_for_test("large", Verdict::hold, {at_line("args.amount > 200.0", 21)}),
      rule_for_test("ceiling", Verdict::deny, {at_line("args.amount > 5000.0", 31)}),
  };
  policy.rules[0].unattended = "small sums are owed";
  policy.tests = {
      test_for_test("nothing", R"({"amount":0.0})", Verdict::deny, ""),
      test_for_test("200", R"({"amount":200.0})", Verdict::allow, "small"),
      test_for_test("more", R"({"amount":200.01})", Verdict::hold, "large"),
      test_for_test("5000", R"({"amount":5000.0})", Verdict::hold, "large"),
      test_for_test("too much", R"({"amount":5000.01})", Verdict::deny, "ceiling"),
  };
  s.policies.push_back(std::move(policy));
  domain::ToolProfile profile{.tier = domain::Tier::execute,
                              .reversible = true,
                              .touches = {domain::Touch::money},
                              .environment = "production"};
  s.tools.push_back({"desk/refund", "desk", profile,
                     R"({"type":"object","properties":{"amount":{"type":"number"},"kind":{"enum":["full","partial"]},
                         "to":{"type":"array","items":{"type":"string"}},"urgent":{"type":"boolean"}},
                         "required":["amount"]})"});
  s.workflows["desk"] = domain::Autonomy::production;
  return s;
}

}  // namespace bw::analysis
