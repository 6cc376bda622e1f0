// SPDX-License-Identifier: Apache-2.0
// Deciding allocates nothing once the arenas have grown: neither binding, nor reading JSON, nor evaluating.
#include <gtest/gtest.h>

#include <array>

#include "base/allocations_for_test.h"
#include "cel/compile.h"
#include "cel/from_json.h"

namespace bw::cel {
namespace {

TEST(Allocation, EvaluatingUsesOnlyTheArena) {
  Type args = Type::object(make_object(
      "Args", {{"amount_usd", Type::float64()}, {"note", Type::string(), true}, {"tags", Type::list(Type::string())}}));
  Environment environment;
  std::size_t slot = environment.declare("args", args);
  auto compiled = compile(
      "args.amount_usd <= 200 && args.?note.orValue('') != 'x' && args.tags.all(t, t.matches('^[a-z]+$')) && "
      "args.tags.map(t, t + '!').exists(t, t in ['a!', 'b!'])",
      environment);
  ASSERT_TRUE(compiled.program);
  auto document = json::Document::parse(R"({"amount_usd": 12, "tags": ["b", "c"]})").value();
  Arena arena;
  Activation activation(environment);
  for (int round = 0; round < 3; ++round) {
    std::size_t before = allocations;
    arena.reset();
    activation.bind(slot, from_json(document.root(), args, "args", arena));
    ASSERT_TRUE(evaluate(*compiled.program, activation, arena).is_true());
    if (round == 2) {
      EXPECT_EQ(allocations, before);
    }
  }
}

TEST(Arena, GivesMemoryBackAtOnceAndKeepsIt) {
  Arena arena;
  auto first = arena.array<std::uint64_t>(100);
  auto large = arena.array<std::uint64_t>(100'000);
  EXPECT_EQ(arena.bytes_used(), 100'100 * sizeof(std::uint64_t));
  first[99] = large[99'999] = 7;
  arena.reset();
  EXPECT_EQ(arena.bytes_used(), 0U);
  EXPECT_EQ(arena.array<std::uint64_t>(100).data(), first.data());
  EXPECT_EQ(arena.copy("text"), "text");
  EXPECT_EQ(arena.concat("a", "", "b"), "ab");
}

}  // namespace
}  // namespace bw::cel
