// SPDX-License-Identifier: Apache-2.0
#include "cel/map_keys.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

namespace bw::cel {
namespace {

// In a table for so many keys the places of these are the same: what is chosen is the bits that the place does not depend on.
std::vector<Value::Entry> crowding(std::size_t count) {
  std::vector<Value::Entry> out;
  for (std::size_t i = 0; i < count; ++i) {
    auto number = static_cast<std::int64_t>(i << 40U);
    out.push_back({i % 2 == 0 ? Value::int64(number) : Value::uint64(static_cast<std::uint64_t>(number)),
                   Value::int64(static_cast<std::int64_t>(i))});
  }
  return out;
}

TEST(MapKeys, ChosenToCollideCostNoMoreThanSorting) {
  for (std::size_t count : {100U, 10'000U}) {
    auto entries = crowding(count);
    Arena arena;
    std::size_t steps = 0, log = std::bit_width(count);
    auto index = index_keys(arena, entries, &steps);
    ASSERT_TRUE(index);
    EXPECT_TRUE(index->is_sorted);
    EXPECT_LE(steps, (8 + 2 * log) * count);
    for (const auto& entry : entries) {
      EXPECT_EQ(find_key(*index, entries, entry.key, &steps), &entry);
      EXPECT_LE(steps, log + 1);
    }
    EXPECT_EQ(find_key(*index, entries, Value::int64(7)), nullptr);
    EXPECT_EQ(find_key(*index, entries, Value::string("7")), nullptr);
    EXPECT_EQ(find_key(*index, entries, Value::boolean(true)), nullptr);
    EXPECT_EQ(find_key(*index, entries, Value::float64(0)), &entries[0]);
    EXPECT_EQ(find_key(*index, entries, Value::float64(0.5)), nullptr);
    EXPECT_EQ(find_key(*index, entries, Value::float64(1e300)), nullptr);
    entries.push_back({Value::uint64(std::uint64_t{1} << 40U), Value::null()});
    EXPECT_FALSE(index_keys(arena, entries)) << "an int and a uint of one value are one key";
  }
}

TEST(MapKeys, NobodyChoseAreHashed) {
  std::vector<std::string> texts;
  for (int i = 0; i < 10'000; ++i) texts.push_back(fmt::format("customer-{}", i * 37));
  std::vector<Value::Entry> entries;
  for (const auto& text : texts) entries.push_back({Value::string(text), Value::null()});
  Arena arena;
  std::size_t steps = 0;
  auto index = index_keys(arena, entries, &steps);
  ASSERT_TRUE(index);
  EXPECT_FALSE(index->is_sorted);
  EXPECT_LE(steps, 2 * entries.size());
  for (const auto& entry : entries) EXPECT_EQ(find_key(*index, entries, entry.key), &entry);
  EXPECT_EQ(find_key(*index, entries, Value::string("customer-1")), nullptr);
}

}  // namespace
}  // namespace bw::cel
