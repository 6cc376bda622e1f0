// SPDX-License-Identifier: Apache-2.0
// What was erased, or wrapped under a key that is gone, stands nowhere in the files: not in free pages, in gaps between the rows of a page,
// nor in the write-ahead log.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <unordered_map>

#include "store/sqlite/database.h"
#include "store/sqlite/page_gaps.h"
#include "store/testing.h"

namespace bw::store {
namespace {

using namespace admission;
using sqlite::Database;

// The keys of rows as they are kept: 60 bytes that stand nowhere by chance.
std::map<std::uint64_t, std::string> wrapped_keys(const std::string& folder) {
  auto database = Database::open(folder + "/ledger.db", Database::Mode::read).value();
  auto& select = database->prepared("SELECT entry, key FROM contents");
  select.begin();
  std::map<std::uint64_t, std::string> out;
  while (select.next().value()) out.emplace(select.number(0), select.text(1));
  return out;
}

// Which of these byte strings stand in any file of the folder.
std::vector<std::uint64_t> found_in(const std::string& folder, const std::map<std::uint64_t, std::string>& wanted) {
  auto start_of = [](const char* at) {
    std::uint64_t out = 0;
    std::memcpy(&out, at, sizeof out);
    return out;
  };
  std::unordered_map<std::uint64_t, std::uint64_t> by_start;
  for (const auto& [seq, bytes] : wanted) by_start.emplace(start_of(bytes.data()), seq);
  std::vector<std::uint64_t> out;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(file.path(), std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t i = 0; i + 8 <= bytes.size(); ++i) {
      auto found = by_start.find(start_of(bytes.data() + i));
      if (found != by_start.end()) out.push_back(found->second);
    }
  }
  return out;
}

TEST(Residue, OfManyErasuresNothingStays) {
  constexpr int actions = 1200;
  Backend backend{true};
  FakeClock clock(noon);
  std::mt19937 random(7);
  auto id_of = [](int i) { return "act_" + std::to_string(10'000 + i); };
  auto admission = Admission::open(backend.store(), clock, {}).value();
  for (int i = 0; i < actions; ++i) {
    auto admit = make_admit(id_of(i));
    admit.action.arguments = "{\"a\":\"" + std::string(random() % 1200, 'x') + "\"}";
    ASSERT_TRUE(admission->commit(admit).has_value());
    ASSERT_TRUE(admission->commit(make_settle(id_of(i))).has_value());
  }
  auto before = wrapped_keys(backend.folder());
  for (int round = 0; round < 1500; ++round) {
    ledger::Fields fields;
    if (random() % 3 != 0) fields.add(ledger::Field::args);
    if (random() % 3 != 0) fields.add(ledger::Field::out);
    if (random() % 3 != 0) fields.add(ledger::Field::checks);
    if (fields.empty()) continue;
    auto done = admission->commit(
        Erase{.targets = {{id_of(static_cast<int>(random() % actions)), fields}}, .by = "maya", .reason = "asked"});
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  admission->stop();
  while (backend.store().tend(true, noon).value()) continue;
  auto after = wrapped_keys(backend.folder());
  std::map<std::uint64_t, std::string> erased;
  for (const auto& [seq, key] : before) {
    if (!after.contains(seq) || after[seq] != key) erased.emplace(seq, key);
  }
  EXPECT_GT(erased.size(), 500U);
  EXPECT_FALSE(found_in(backend.folder(), after).empty());  // so it did look
  auto found = found_in(backend.folder(), erased);
  EXPECT_TRUE(found.empty()) << found.size() << " of " << erased.size() << ", the first of entry " << found.front();
  admission.reset();
  backend.close();
  auto verified = verify(backend.folder(), {});
  EXPECT_TRUE(verified.has_value()) << verified.error().message;
}

TEST(Residue, OnlyLeavesOfTablesHaveAGap) {
  auto page = [](std::size_t header, int kind, int rows, int start) {
    std::string out(512, 'x');
    out[header] = static_cast<char>(kind);
    out[header + 3] = '\0';
    out[header + 4] = static_cast<char>(rows);
    out[header + 5] = static_cast<char>(start >> 8);
    out[header + 6] = static_cast<char>(start);
    return out;
  };
  auto gap = [](const std::string& bytes, bool first) {
    auto [from, to] = sqlite::gap_of(bytes, first);
    return std::pair(from, to);
  };
  const std::pair none(0, 0);
  EXPECT_EQ(gap(page(0, 13, 3, 400), false), std::pair(14, 400));
  EXPECT_EQ(gap(page(100, 13, 3, 400), true), std::pair(114, 400));
  EXPECT_EQ(gap(page(0, 13, 0, 512), false), std::pair(8, 512));
  EXPECT_EQ(gap(page(0, 13, 3, 14), false), std::pair(14, 14));
  EXPECT_EQ(gap(page(0, 13, 3, 13), false), none);   // no page that SQLite makes
  EXPECT_EQ(gap(page(0, 13, 3, 513), false), none);  // nor this one
  EXPECT_EQ(gap(page(0, 13, 3, 0), false), none);    // 0 is 65536
  for (int kind : {0, 2, 5, 10}) EXPECT_EQ(gap(page(0, kind, 3, 400), false), none) << kind;
  EXPECT_EQ(gap("\x0d", false), none);
}

}  // namespace
}  // namespace bw::store
