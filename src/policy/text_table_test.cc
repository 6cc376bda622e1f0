// SPDX-License-Identifier: Apache-2.0
#include "policy/text_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "policy/text_classes.h"

namespace bw::policy {
namespace {

std::vector<std::string> made_up(std::uint64_t seed, int count) {
  std::mt19937_64 random(seed);
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) {
    std::string text(random() % 40, 'a');
    for (char& c : text) c = static_cast<char>('a' + random() % 3);
    out.push_back(std::move(text));
  }
  return out;
}

TEST(TextTable, NumbersTextsInTheOrderOfTheirFirstAppearance) {
  TextTable table;
  std::map<std::string, std::uint32_t> known;
  EXPECT_EQ(table.find(""), TextTable::none);
  for (const std::string& text : made_up(1, 5'000)) {
    auto [at, fresh] = known.try_emplace(text, static_cast<std::uint32_t>(known.size()));
    EXPECT_EQ(table.add(text), at->second);
  }
  ASSERT_EQ(table.size(), known.size());
  for (const auto& [text, number] : known) {
    EXPECT_EQ(table.find(text), number);
    EXPECT_EQ(table.text(number), text);
  }
  for (const std::string& text : made_up(2, 5'000)) {
    auto found = known.find(text);
    EXPECT_EQ(table.find(text), found == known.end() ? TextTable::none : found->second) << text;
  }
}

// Texts that somebody chose so that a search for one looks at all of them.
TEST(TextTable, CraftedTextsMakeNoSearchLong) {
  constexpr std::uint64_t low = 0x7FF;
  std::vector<std::string> crafted;
  for (int i = 0; crafted.size() < 600; ++i) {
    std::string text = fmt::format("agent-{}", i);
    if ((TextTable::hash(text, 0) & low) == 7) crafted.push_back(text);
  }
  TextTable table;
  for (const std::string& text : crafted) table.add(text);
  EXPECT_LE(table.steps(), TextTable::steps_max);
  for (std::uint32_t i = 0; i < crafted.size(); ++i) EXPECT_EQ(table.find(crafted[i]), i);
}

TEST(TextClasses, AreTextsNamedAndTheLongestPrefixOfOthers) {
  TextClasses classes;
  std::vector<std::string> prefixes{"a", "ab", "abba", "b", "ca", "ab"};
  for (const auto& prefix : prefixes) classes.prefix(prefix);
  classes.name("abc");
  classes.name("");
  classes.finish();
  EXPECT_EQ(classes.named(), 2U);
  EXPECT_EQ(classes.count(), 2U + 1 + 5);
  for (std::size_t i = 0; i < classes.count(); ++i) EXPECT_EQ(classes.class_of(classes.representative(i)), i);
  for (const std::string& text : made_up(3, 2'000)) {
    if (text.empty() || text == "abc") continue;
    std::string longest;
    for (const auto& prefix : prefixes) {
      if (text.starts_with(prefix) && prefix.size() > longest.size()) longest = prefix;
    }
    EXPECT_EQ(classes.representative(classes.class_of(text)), longest + '\xff') << text;
  }
}

}  // namespace
}  // namespace bw::policy
