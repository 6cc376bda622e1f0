// SPDX-License-Identifier: Apache-2.0
// Proofs against the judge: over small policies made from seeds, every request of a finite domain is judged. What is
// verified no request breaks; what one breaks is found, and told as violated.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/text.h"
#include "policy/compile.h"
#include "policy/invariant.h"
#include "policy/judge.h"
#include "policy/request.h"
#include "prove/prove.h"
#include "prove/report.h"

namespace bw::prove {
namespace {

using domain::Verdict;

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}

  policy::Sources sources() {
    policy::Sources s;
    s.tools.push_back(
        {"u/t",
         "u",
         {.tier = below(2) == 0 ? domain::Tier::read : domain::Tier::write,
          .reversible = below(2) == 0,
          .environment = "staging"},
         R"({"type":"object","required":["n","s"],"properties":{"n":{"type":"integer"},"d":{"type":"number"},
                           "s":{"enum":["a","b"]},"l":{"type":"array","items":{"type":"string"}}}})"});
    s.facts.push_back({.name = "f", .file = "f.json", .value = {"result", {}}, .type = "int"});
    s.workflows["w"] = below(4) == 0 ? domain::Autonomy::read_only : domain::Autonomy::production;
    domain::Policy policy{.name = "p"};
    for (int i = 0; i < 4; ++i) policy.rules.push_back(rule(i));
    for (int i = 0; i < 3; ++i) {
      policy.invariants.push_back(
          {.name = fmt::format("i{}", i), .match = {}, .when = {{condition(), {}}}, .must = {claim(), {}}, .where = {}});
      policy.invariants.back().match.tool = {"u/t"};
    }
    s.policies.push_back(std::move(policy));
    return s;
  }

  // Every request of the domain: the constants of the conditions with their neighbours, what is left out, what does not fit.
  static std::vector<std::string> requests() {
    std::vector<std::string> out;
    for (const auto* n :
         {R"("n":0,)", R"("n":1,)", R"("n":2,)", R"("n":3,)", R"("n":9223372036854775807,)", R"("n":"x",)", ""}) {
      for (const auto* s : {R"("s":"a")", R"("s":"b")", R"("s":"c")", R"("s":1)"}) {
        for (const auto* d : {"", R"(,"d":1.5)", R"(,"d":2.0)", R"(,"d":false)"}) {
          for (const auto* l : {"", R"(,"l":[])", R"(,"l":["a"])", R"(,"l":["b","a"])"}) {
            for (const auto* f : {"", R"("f":1)", R"("f":2)"})
              out.push_back(
                  fmt::format(R"({{"tool":"u/t","workflow":"w","args":{{{}{}{}{}}},"facts":{{{}}}}})", n, s, d, l, f));
          }
        }
      }
    }
    return out;
  }

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }

  std::string atom() {
    switch (below(9)) {
      case 0: return fmt::format("args.n {} {}", relation(), below(4));
      case 1: return fmt::format("args.s == \"{}\"", below(2) == 0 ? "a" : "b");
      case 2: return fmt::format("has(args.d) && args.d {} {}", relation(), below(2) == 0 ? "1.5" : "2");
      case 3: return fmt::format("facts.f {} {}", relation(), 1 + below(2));
      case 4: return fmt::format("args.n + 1 > {}", below(4));
      case 5: return fmt::format("6 / args.n == {}", 2 + below(2));
      case 6: return "has(args.l) && args.l.exists(x, x == args.s)";
      case 7: return fmt::format("has(args.l) && size(args.l) {} {}", relation(), below(3));
      default: return below(2) == 0 ? R"(args.s in ["a", "b"])" : R"(args.s in ["a"])";
    }
  }
  std::string_view relation() {
    static constexpr std::string_view all[]{"<", "<=", ">", ">=", "==", "!="};
    return all[below(6)];
  }
  std::string condition() {
    std::string one = atom();
    switch (below(5)) {
      case 0: return fmt::format("({}) || args.n == {}", one, below(3));
      case 1: return fmt::format("!({})", one);
      case 2: return fmt::format("(args.s == \"a\" ? ({}) : args.n > 1)", one);
      default: return one;
    }
  }
  std::string claim() {
    switch (below(5)) {
      case 0: return R"(verdict != "allow")";
      case 1: return R"(verdict == "deny" || "stamp" in obligations)";
      case 2: return R"(verdict != "hold" || approvers == ["x"])";
      case 3: return R"(verdict != "allow" || args.n < 3)";
      default: return R"(verdict in ["allow", "hold"])";
    }
  }
  domain::Rule rule(int number) {
    domain::Rule out{.id = fmt::format("r{}", number), .policy = "p"};
    out.match.tool = {"u/t"};
    out.effect = static_cast<Verdict>(below(3));
    if (number == 0) out.effect = Verdict::allow;
    out.all = {{condition(), {}}};
    if (below(3) == 0) out.unless = {{condition(), {}}};
    if (below(3) == 0) out.any = {{condition(), {}}, {condition(), {}}};
    if (out.effect == Verdict::hold)
      out.obligations.push_back({"approve", fmt::format(R"({{"from":["{}"]}})", below(2) == 0 ? "x" : "y"), {}});
    if (out.effect == Verdict::allow) out.obligations.push_back({"stamp", R"({"with":["run"]})", {}});
    if (out.effect == Verdict::allow && below(2) == 0) out.unattended = "it is small";
    out.tightens = out.effect == Verdict::hold && below(2) == 0;
    return out;
  }

  std::mt19937_64 random_;
};

// The first request of the domain that breaks it, or nothing.
std::string broken_by(const policy::Plan& plan, const policy::PlannedInvariant& invariant,
                      const std::vector<std::string>& requests) {
  for (const auto& text : requests) {
    auto request = policy::Request::parse(plan, text).value();
    auto decision = policy::judge(plan, request.input());
    if (policy::check(plan, invariant, request.input(), decision) == policy::Kept::broken) return text;
  }
  return {};
}

TEST(Proofs, AgreeWithJudgingEveryRequest) {
  auto requests = World::requests();
  int verified = 0, violated = 0, inconclusive = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    auto compiled = policy::compile(World(seed).sources());
    ASSERT_TRUE(compiled.plan) << "seed " << seed << ": " << format(compiled.diagnostics.front());
    auto report = prove(*compiled.plan).value();
    ASSERT_EQ(report.proofs.size(), 3U);
    for (const Proof& proof : report.proofs) {
      const auto& planned = compiled.plan->tool("u/t")->invariants;
      auto at = std::ranges::find(planned, proof.invariant, &policy::PlannedInvariant::invariant);
      std::string witness = broken_by(*compiled.plan, *at, requests);
      std::string what =
          fmt::format("seed {}: when {} must {}", seed, proof.invariant->when[0].text, proof.invariant->must.text);
      if (proof.answer == Answer::verified) EXPECT_EQ(witness, "") << what;
      if (!witness.empty())
        EXPECT_EQ(proof.answer, Answer::violated) << what << " " << witness << " " << join(proof.why, "; ");
      verified += proof.answer == Answer::verified ? 1 : 0;
      violated += proof.answer == Answer::violated ? 1 : 0;
      inconclusive += proof.answer == Answer::inconclusive ? 1 : 0;
    }
  }
  EXPECT_GT(verified, 30);
  EXPECT_GT(violated, 30);
  EXPECT_LT(inconclusive, 15) << "but for invariants that speak of nothing";
}

}  // namespace
}  // namespace bw::prove
