// SPDX-License-Identifier: Apache-2.0
#include "policy/cuts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace bw::policy {
namespace {

// Cuts, and what each value around each of them must have reached.
void expect_counted(std::vector<std::int64_t> all, int width) {
  Cuts cuts;
  for (std::int64_t cut : all) cuts.add(cut);
  cuts.finish();
  Block block;
  Cuts::View view = cuts.lay_out(block);
  std::ranges::sort(all);
  auto repeated = std::ranges::unique(all);
  all.erase(repeated.begin(), repeated.end());
  ASSERT_EQ(cuts.size(), all.size());
  if (!all.empty()) EXPECT_EQ(view.width, width);
  std::vector<std::int64_t> values{INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
  for (std::int64_t cut : all) {
    auto at = static_cast<std::uint64_t>(cut);
    for (std::uint64_t far : {0UL, 1UL, 2UL, 3UL, 1UL << 20U, 1UL << 41U, 1UL << 42U}) {
      values.push_back(static_cast<std::int64_t>(at + far));
      values.push_back(static_cast<std::int64_t>(at - far));
    }
  }
  for (std::int64_t value : values) {
    auto reached = static_cast<std::size_t>(std::ranges::count_if(all, [&](auto cut) { return cut <= value; }));
    ASSERT_EQ(view.reached_by(value), reached) << all.size() << " cuts, " << value;
  }
}

constexpr std::size_t sizes[]{0, 1, 7, 8, 9, 31, 32, 33, 64, 65, 72, 73, 96, 97, 1'000};

TEST(Cuts, CountsThoseThatAValueHasReached) {
  std::mt19937_64 random(1);
  for (std::size_t size : sizes) {
    std::vector<std::int64_t> narrow(size), spread(size), any(size);
    for (auto& cut : narrow) cut = static_cast<std::int64_t>(random() % 2'000) - 1'000;
    for (auto& cut : spread) cut = static_cast<std::int64_t>(random() % 1'000'000'000) - 500'000'000;
    for (auto& cut : any) cut = static_cast<std::int64_t>(random());
    expect_counted(narrow, 2);
    if (size > 1) expect_counted(spread, 4);
    if (size > 1) expect_counted(any, 8);
  }
  expect_counted({INT64_MIN, INT64_MAX}, 8);
  expect_counted({INT64_MIN, INT64_MIN + 1}, 2);
  expect_counted({INT64_MAX - 1, INT64_MAX}, 2);
  expect_counted({0, 65'535}, 2);
  expect_counted({0, 65'536}, 2);
  expect_counted({1, 65'538}, 4);
}

// Of what people write as amounts, keys of two bytes tell every value apart from its neighbours.
TEST(Cuts, CountsDoublesByNarrowKeys) {
  std::mt19937_64 random(2);
  for (std::size_t size : sizes) {
    std::vector<std::int64_t> halves, cents;
    for (std::size_t i = 0; i < size; ++i) {
      halves.push_back(Cuts::place_of(static_cast<double>(random() % 1'000) + 0.5) + static_cast<std::int64_t>(i % 2));
      cents.push_back(Cuts::place_of(static_cast<double>(random() % 100'000) / 100 - 500) +
                      static_cast<std::int64_t>(i % 2));
    }
    expect_counted(halves, 2);
    if (size > 1) expect_counted(cents, 8);
  }
}

TEST(Cuts, OrdersDoublesAsTheyCompare) {
  using Limits = std::numeric_limits<double>;
  const std::vector<double> sorted{-Limits::infinity(),
                                   Limits::lowest(),
                                   -2.5,
                                   -Limits::denorm_min(),
                                   0.0,
                                   Limits::denorm_min(),
                                   1.0,
                                   std::nextafter(1.0, 2.0),
                                   Limits::max(),
                                   Limits::infinity()};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    EXPECT_EQ(Cuts::at_place(Cuts::place_of(sorted[i])), sorted[i]);
    if (i > 0) EXPECT_LT(Cuts::place_of(sorted[i - 1]), Cuts::place_of(sorted[i])) << sorted[i];
  }
  EXPECT_EQ(Cuts::place_of(-0.0), Cuts::place_of(0.0));
  EXPECT_EQ(Cuts::at_place(Cuts::place_of(1.0) + 1), std::nextafter(1.0, 2.0));
  EXPECT_EQ(Cuts::at_place(Cuts::place_of(-1.0) + 1), std::nextafter(-1.0, 0.0));
}

}  // namespace
}  // namespace bw::policy
