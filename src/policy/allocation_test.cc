// SPDX-License-Identifier: Apache-2.0
// Deciding allocates nothing once the judge is warm, whatever the verdict.
#include <gtest/gtest.h>

#include <set>

#include "base/allocations_for_test.h"
#include "policy/generated_fake.h"
#include "policy/judge.h"

namespace bw::policy {
namespace {

TEST(Allocation, DecidingUsesOnlyTheJudgesOwnMemory) {
  Judge judge;
  std::set<domain::Verdict> seen;
  bool charged = false;
  for (int rules : {20, 60, 300}) {
    generated::World world(3, {.rules = rules, .tools = 6, .general_percent = 10, .only_reads = true});
    Sources sources = world.sources();
    sources.meters.push_back({.name = "spent",
                              .sum = domain::Expression{"args.i0", {}},
                              .per = {"agent", "tool"},
                              .by = domain::Expression{"args.s0", {}},
                              .limit = 10});
    auto plan = compile(sources).plan;
    ASSERT_TRUE(plan);
    std::vector<generated::Call> calls;
    for (int i = 0; i < 200; ++i) calls.push_back(generated::call(world));
    for (int round = 0; round < 2; ++round) {
      for (const auto& call : calls) {
        std::size_t before = allocations;
        auto verdict = judge.decide(*plan, {.action = call.action, .args = call.arguments.root()});
        if (round == 1) EXPECT_EQ(allocations, before);
        seen.insert(verdict);
        charged = charged || !judge.charges().empty();
      }
    }
  }
  EXPECT_EQ(seen.size(), 3U) << "allow, hold and deny should all have been decided";
  EXPECT_TRUE(charged);
}

}  // namespace
}  // namespace bw::policy
