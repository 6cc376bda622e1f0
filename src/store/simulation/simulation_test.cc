// SPDX-License-Identifier: Apache-2.0
// Worlds from seeds: none breaks a promise, each can be lived again, and mistakes that are put into the store are found.
//   BW_SEED=17 build/bin/store_simulation      lives world 17 and prints what happens
//   BW_SOAK=1 build/bin/store_simulation       100,000 worlds, 2,000 in each test
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/log.h"
#include "store/simulation/world.h"
#include "store/testing.h"

namespace bw::store::simulation {
namespace {

constexpr std::uint64_t worlds = 2'000;
constexpr int ages_of_soak = 50;

class Simulation : public testing::Test {
 protected:
  Simulation() { log::set_level(log::Level::off); }
};

std::string how_to_repeat(std::uint64_t seed, const Story& story) {
  return fmt::format("world {}: {}\nlive it again: BW_SEED={} build/bin/store_simulation", seed, story.wrong, seed);
}

TEST_F(Simulation, TheOneOfBwSeed) {
  const char* only = std::getenv("BW_SEED");
  if (only == nullptr) return;
  auto seed = std::strtoull(only, nullptr, 10);
  auto story = live(seed, Plant::none, true);
  ASSERT_EQ(story.wrong, "") << how_to_repeat(seed, story);
}

// Of the worlds from one seed on.
class Age : public Simulation, public testing::WithParamInterface<int> {};

TEST_P(Age, NoWorldBreaksAPromise) {
  if (std::getenv("BW_SEED") != nullptr) GTEST_SKIP() << "one world was asked for";
  std::uint64_t entries = 0, faults = 0, acknowledged = 0;
  auto before = static_cast<std::uint64_t>(GetParam()) * worlds;
  for (auto seed = before + 1; seed <= before + worlds; ++seed) {
    auto story = live(seed);
    ASSERT_EQ(story.wrong, "") << how_to_repeat(seed, story);
    entries += story.entries;
    faults += story.faults;
    acknowledged += story.acknowledged;
  }
  fmt::print("{} worlds to {}: {} faults, {} entries, {} acknowledged\n", worlds, before + worlds, faults, entries,
             acknowledged);
  // Or else too little happened for this to prove anything.
  EXPECT_GT(entries, 20 * worlds);
  EXPECT_GT(acknowledged, 10 * worlds);
  EXPECT_GT(faults, worlds);
}

INSTANTIATE_TEST_SUITE_P(Ages, Age, testing::Range(0, soaking() ? ages_of_soak : 1));

TEST_F(Simulation, ASeedMakesTheSameWorldAgain) {
  std::set<std::uint64_t> traces;
  for (std::uint64_t seed = 1; seed <= 32; ++seed) {
    auto once = live(seed), again = live(seed);
    EXPECT_EQ(once.trace, again.trace) << seed;
    EXPECT_EQ(once.entries, again.entries) << seed;
    traces.insert(once.trace);
  }
  EXPECT_EQ(traces.size(), 32U);
}

struct Mistake {
  Plant plant;
  const char* found_as;  // what the finding says
};

class Planted : public Simulation, public testing::WithParamInterface<Mistake> {};

TEST_P(Planted, IsFound) {
  for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
    auto story = live(seed, GetParam().plant);
    // A disk that lies about syncs damages the file as well, in worlds of its own.
    if (story.wrong.find(GetParam().found_as) == std::string::npos) continue;
    fmt::print("found in world {}: {}\n", seed, story.wrong);
    return;
  }
  FAIL() << "not found in " << worlds << " worlds";
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, Planted,
    testing::Values(Mistake{Plant::acknowledges_unsynced, "acknowledged"}, Mistake{Plant::forgets_release, "meter"},
                    Mistake{Plant::approves_twice, "ticket"}, Mistake{Plant::forgets_switch, "switch"},
                    Mistake{Plant::frees_retry, "repeats"}, Mistake{Plant::keeps_erased, "was erased"},
                    Mistake{Plant::erases_more, "is gone"}, Mistake{Plant::forgets_legal_hold, "legal hold"},
                    Mistake{Plant::forgets_retention, "retention"}));

}  // namespace
}  // namespace bw::store::simulation
