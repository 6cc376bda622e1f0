// SPDX-License-Identifier: Apache-2.0
#include "policy/cuts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace bw::policy {
namespace {

TEST(Cuts, CountsThoseThatAValueHasReached) {
  std::mt19937_64 random(1);
  for (std::size_t count : {0U, 1U, 7U, 8U, 9U, 64U, 65U, 72U, 73U, 1'000U}) {
    Cuts cuts;
    std::vector<std::int64_t> all;
    for (std::size_t i = 0; i < count; ++i) {
      all.push_back(static_cast<std::int64_t>(random() % 2'000) - 1'000);
      cuts.add(all.back());
    }
    cuts.finish();
    std::ranges::sort(all);
    auto repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    ASSERT_EQ(cuts.size(), all.size());
    std::vector<std::int64_t> values{INT64_MIN, INT64_MAX};
    for (std::int64_t value = -1'001; value <= 1'001; ++value) values.push_back(value);
    for (std::int64_t value : values) {
      auto reached = static_cast<std::size_t>(std::ranges::count_if(all, [&](auto cut) { return cut <= value; }));
      ASSERT_EQ(cuts.reached_by(value), reached) << count << " cuts, " << value;
    }
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
