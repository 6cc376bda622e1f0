// SPDX-License-Identifier: Apache-2.0
#include "admission/meters.h"

#include <gtest/gtest.h>

#include <random>

namespace bw::admission {
namespace {

constexpr std::int64_t noon = 1'800'000'000'000;

domain::Charge charge(std::int64_t amount, std::int64_t limit, std::int64_t window_ms) {
  return {"refunds", "agent", amount, limit, window_ms};
}

TEST(Meters, CountChargesInFlight) {
  MeterState state;
  auto one = charge(1, 2, 0);
  EXPECT_FALSE(reserve(state, one, noon));
  EXPECT_FALSE(reserve(state, one, noon));
  auto no = reserve(state, one, noon);
  ASSERT_TRUE(no);
  EXPECT_EQ(no->used, 2);
  EXPECT_FALSE(no->retry_after_ms);
  release(state, one, 1, noon);
  EXPECT_FALSE(reserve(state, one, noon));
  release(state, one, 100, noon);
  EXPECT_EQ(state.in_flight, 0);
}

TEST(Meters, SayWhenAWindowChargeWillFit) {
  MeterState state;
  auto day = charge(600, 1000, 64'000);
  ASSERT_FALSE(reserve(state, day, noon));
  auto no = reserve(state, day, noon + 10'000);
  ASSERT_TRUE(no);
  EXPECT_EQ(no->used, 600);
  ASSERT_TRUE(no->retry_after_ms);
  auto when = noon + 10'000 + *no->retry_after_ms;
  EXPECT_TRUE(reserve(state, day, when - 1));
  EXPECT_FALSE(reserve(state, day, when));
  EXPECT_LE(when, noon + 65'000);                                                  // a 64th late at most
  EXPECT_FALSE(reserve(state, charge(1001, 1000, 64'000), noon)->retry_after_ms);  // never fits
}

// The promise itself: whatever comes, no window of any start holds more than the limit.
TEST(Meters, NeverAdmitMoreThanTheLimitInAnyWindow) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    auto below = [&](std::int64_t n) { return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n)); };
    std::int64_t windows[] = {1, 2, 50, 63, 64, 65, 1000, 60'000, 86'400'000};
    auto window = windows[below(9)];
    auto limit = 1 + below(50);
    struct Spent {
      std::int64_t at, amount;
    };
    std::vector<Spent> spent;
    MeterState state;
    std::int64_t now = noon + below(window);
    std::int64_t admitted = 0;
    for (int i = 0; i < 400; ++i) {
      now += below(3) == 0 ? 0 : below(window / 4 + 2);
      auto c = charge(below(5), limit, window);
      auto no = reserve(state, c, now);
      state = parse_meter(encode(state)).value();
      if (no) continue;
      admitted += c.amount;
      spent.push_back({now, c.amount});
      if (below(5) == 0) {  // some are not executed after all
        auto& back = spent[static_cast<std::size_t>(below(static_cast<std::int64_t>(spent.size())))];
        release(state, c, back.amount, back.at);
        if (now - back.at < window) back.amount = 0;
      }
      std::int64_t in_window = 0;
      for (auto& s : spent) in_window += s.at > now - window ? s.amount : 0;
      ASSERT_LE(in_window, limit) << "seed " << seed;
      ASSERT_LE(state.buckets.size(), 66U);
      ASSERT_GE(used(state, now), in_window) << "seed " << seed;
    }
    EXPECT_GT(admitted, 0) << "seed " << seed;
  }
}

TEST(Meters, AreAtMostOneBucketTooStrict) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937_64 random(seed);
    std::int64_t window = 6400;
    MeterState state;
    std::vector<std::pair<std::int64_t, std::int64_t>> spent;
    std::int64_t now = noon;
    for (int i = 0; i < 500; ++i) {
      now += static_cast<std::int64_t>(random() % 200);
      auto c = charge(1, 20, window);
      if (!reserve(state, c, now)) {
        spent.emplace_back(now, 1);
        continue;
      }
      std::int64_t a_bucket_more = 0;
      for (auto [at, amount] : spent) a_bucket_more += at > now - window - bucket_width_ms(window) ? amount : 0;
      ASSERT_GE(a_bucket_more, 20) << "refused although the window and a 64th had room, seed " << seed;
    }
  }
}

TEST(Meters, ReleaseGivesBackOnlyWhatIsStillCounted) {
  MeterState state;
  auto c = charge(5, 10, 6400);
  ASSERT_FALSE(reserve(state, c, noon));
  ASSERT_FALSE(reserve(state, c, noon + 1000));
  release(state, c, 5, noon);
  EXPECT_EQ(used(state, noon + 1000), 5);
  release(state, c, 5, noon);
  EXPECT_EQ(used(state, noon + 1000), 5);
  release(state, c, 3, noon + 1000);
  EXPECT_EQ(used(state, noon + 1000), 2);
  release(state, charge(5, 10, 100), 2, noon + 1000);  // counted under another window
  EXPECT_EQ(used(state, noon + 1000), 2);
}

TEST(Meters, OverrunCountsEvenWhenItDoesNotFit) {
  MeterState state;
  auto c = charge(5, 10, 6400);
  ASSERT_FALSE(reserve(state, c, noon));
  overrun(state, c, 100, noon + 10);
  EXPECT_EQ(used(state, noon + 10), 105);
  EXPECT_TRUE(reserve(state, charge(0, 10, 6400), noon + 10));
  EXPECT_FALSE(reserve(state, c, noon + 10 + 6600));
}

TEST(Meters, AChangedWindowNeverForgetsEarly) {
  MeterState state;
  ASSERT_FALSE(reserve(state, charge(5, 10, 64'000), noon));
  auto shorter = charge(6, 10, 6400);
  EXPECT_TRUE(reserve(state, shorter, noon + 5000));
  EXPECT_EQ(state.window_ms, 6400);
  EXPECT_FALSE(reserve(state, shorter, noon + 10'000));
  EXPECT_TRUE(reserve(state, charge(6, 10, 640'000), noon + 12'000));
  EXPECT_FALSE(reserve(state, charge(6, 10, 640'000), noon + 700'000));
}

TEST(Meters, RefuseAmountsThatAreNone) {
  EXPECT_TRUE(check_charge(charge(0, 0, 0)).has_value());
  EXPECT_TRUE(check_charge(charge(amount_max, amount_max, amount_max)).has_value());
  for (auto bad : {charge(-1, 1, 1), charge(1, -1, 1), charge(1, 1, -1), charge(amount_max + 1, 1, 1),
                   charge(1, amount_max + 1, 1), charge(INT64_MAX, INT64_MAX, INT64_MAX), charge(INT64_MIN, 1, 1)}) {
    EXPECT_EQ(check_charge(bad).error().code, Code::invalid_argument);
  }
}

TEST(Meters, HugeAmountsDoNotOverflow) {
  MeterState state;
  auto c = charge(amount_max, amount_max, 1000);
  ASSERT_FALSE(reserve(state, c, noon));
  for (int i = 0; i < 3000; ++i) overrun(state, c, amount_max, noon);
  EXPECT_GT(used(state, noon), amount_max);
  EXPECT_TRUE(reserve(state, c, noon));
}

TEST(Meters, StatesSurviveStorageAndDamageIsSeen) {
  MeterState state{.window_ms = 6400, .limit = 10, .in_flight = 3, .buckets = {{7, 2}, {9, 4}}};
  EXPECT_EQ(encode(state), "6400 10 3 7:2 9:4");
  EXPECT_EQ(parse_meter(encode(state)).value(), state);
  EXPECT_EQ(parse_meter("0 0 0").value(), MeterState{});
  for (auto bad : {"", "1", "1 2", "1 2 3 ", "1 2 3 4", "1 2 3 4:", "1 2 3 4:5 ", "1 2 3 4:5 4:5", "1 2 -3",
                   "1 2 3 4:5x", "0 2 3 4:5", "99999999999999999999 2 3"}) {
    EXPECT_FALSE(parse_meter(bad).has_value()) << bad;
  }
}

TEST(Meters, AreIdleWhenNothingCounts) {
  MeterState state;
  EXPECT_TRUE(is_idle(state, noon));
  ASSERT_FALSE(reserve(state, charge(1, 10, 6400), noon));
  EXPECT_FALSE(is_idle(state, noon + 6400));
  EXPECT_TRUE(is_idle(state, noon + 6600));
  ASSERT_FALSE(reserve(state, charge(1, 10, 0), noon + 6600));
  EXPECT_FALSE(is_idle(state, noon + 66000));
}

}  // namespace
}  // namespace bw::admission
