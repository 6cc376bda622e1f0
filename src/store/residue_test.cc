// SPDX-License-Identifier: Apache-2.0
// What was erased, or wrapped under a key that is gone, stands nowhere in the files: not in free pages, in gaps between the rows of a page,
// nor in the write-ahead log.
#include "store/residue.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "store/sqlite/page_gaps.h"
#include "store/testing.h"

namespace bw::store {
namespace {

using namespace admission;

TEST(Residue, OfManyErasuresNothingStays) {
  constexpr int actions = 1200;
  Backend backend{true};
  FakeClock clock(noon);
  std::mt19937 random(7);
  auto id_of = [](int i) { return "act_" + std::to_string(10'000 + i); };
  auto admission = Admission::open(backend.store(), clock, {.stepped = true}).value();
  int changes = 0;
  auto submit = [&](Change change) {
    auto taken = admission->submit(std::move(change), [](const Result<Committed>& result) {
      EXPECT_TRUE(result.has_value()) << result.error().message;
    });
    ASSERT_TRUE(taken.has_value());
    if (++changes % 10 == 0) admission->step();
  };
  for (int i = 0; i < actions; ++i) {
    auto admit = make_admit(id_of(i));
    admit.action.arguments = "{\"a\":\"" + std::string(random() % 1200, 'x') + "\"}";
    admit.action.subjects = {"C-" + std::to_string(i)};
    submit(admit);
    submit(make_settle(id_of(i)));
  }
  admission->step();
  auto before = wrapped_keys(backend.folder()), spoken_of = keyed_subjects_of(backend.folder());
  EXPECT_EQ(spoken_of.size(), actions);
  for (int round = 0; round < 1500; ++round) {
    auto fields = random() % 3 == 0 ? ledger::Fields::by_default() : ledger::Fields();
    if (random() % 3 != 0) fields.add(ledger::Field::args);
    if (random() % 3 != 0) fields.add(ledger::Field::out);
    if (random() % 3 != 0) fields.add(ledger::Field::checks);
    if (fields.empty()) continue;
    submit(Erase{.targets = {{id_of(static_cast<int>(random() % actions)), fields}}, .by = "maya", .reason = "asked"});
  }
  admission->stop();
  while (backend.store().tend(true, noon).value()) continue;
  auto after = wrapped_keys(backend.folder());
  std::map<std::uint64_t, std::string> erased;
  for (const auto& [seq, key] : before) {
    if (!after.contains(seq) || after[seq] != key) erased.emplace(seq, key);
  }
  auto still = keyed_subjects_of(backend.folder());
  std::map<std::uint64_t, std::string> forgotten;
  for (const auto& [seq, subject] : spoken_of) {
    if (!still.contains(seq)) forgotten.emplace(seq, subject);
  }
  EXPECT_GT(forgotten.size(), 300U);
  EXPECT_FALSE(found_in(backend.folder(), still).empty());
  auto named = found_in(backend.folder(), forgotten);
  EXPECT_TRUE(named.empty()) << named.size() << " of " << forgotten.size() << ", the first of entry " << named.front();
  EXPECT_GT(erased.size(), 500U);
  EXPECT_FALSE(found_in(backend.folder(), after).empty());  // so it did look
  auto found = found_in(backend.folder(), erased);
  EXPECT_TRUE(found.empty()) << found.size() << " of " << erased.size() << ", the first of entry " << found.front();
  admission.reset();
  backend.close();
  auto verified = verify(backend.folder(), {});
  EXPECT_TRUE(verified.has_value()) << verified.error().message;
}

TEST(Residue, WhatAKilledProcessHadErasedIsGoneAfterTheNextStart) {
  Backend backend{true};
  FakeClock clock(noon);
  std::uint64_t seq = 0;
  {
    auto admission = Admission::open(backend.store(), clock, {.stepped = true}).value();
    ASSERT_TRUE(admission->submit(make_admit("act_1"), [&](const Result<Committed>& r) { seq = r.value().seq; }));
    admission->step();
  }
  auto all = wrapped_keys(backend.folder());
  std::map<std::uint64_t, std::string> erased{{seq, all.at(seq)}};
  auto transaction = backend.store().begin().value();
  ASSERT_TRUE(transaction->erase_contents(seq, ledger::Fields::all()).has_value());
  ASSERT_TRUE(transaction->commit().has_value());
  TemporaryFolder killed;  // as the files are now
  copy_ledger(backend.folder(), killed.path);
  ASSERT_FALSE(found_in(killed.path, erased).empty());

  auto next = open_sqlite(killed.path).value();
  while (next->store().tend(true, noon).value()) continue;
  EXPECT_TRUE(found_in(killed.path, erased).empty());
}

// Rows of an index move between its pages, and up into those that lead to others. These have more lengths than those that are kept: then
// SQLite makes pages anew more often.
TEST(Residue, OfRowsThatMovedWithinAnIndexNothingStays) {
  constexpr int rows = 9000;
  TemporaryFolder folder;
  ASSERT_TRUE(open_sqlite(folder.path).has_value());
  auto database = sqlite::Database::open(folder.path + "/ledger.db", sqlite::Database::Mode::write).value();
  std::mt19937_64 random(11);
  std::map<std::uint64_t, std::string> there, forgotten;
  auto run = [&](const char* sql, auto... values) { ASSERT_TRUE(database->prepared(sql).run(values...).has_value()); };
  run("BEGIN");
  for (int row = 0; row < rows; ++row) {
    auto entry = (random() >> 16) >> (random() % 40);
    if (there.contains(entry) || forgotten.contains(entry)) continue;
    std::string subject(16 + random() % 600, ' ');
    for (auto& c : subject) c = static_cast<char>(random());
    run("INSERT INTO subjects (entry, subject) VALUES (?, ?)", entry, sqlite::Blob{subject});
    there.emplace(entry, std::move(subject));
    if (row % 100 != 99) continue;
    for (int i = 0; i < 60; ++i) {
      auto one = there.lower_bound((random() >> 16) >> (random() % 40));
      if (one == there.end()) continue;
      run("DELETE FROM subjects WHERE entry = ?", one->first);
      forgotten.insert(there.extract(one));
    }
    run("COMMIT");
    ASSERT_TRUE(database->checkpoint().has_value());
    run("BEGIN");
  }
  run("COMMIT");
  database->want_empty_log();
  ASSERT_TRUE(database->empty_log().value());
  EXPECT_GT(forgotten.size(), 2000U);
  EXPECT_FALSE(found_in(folder.path, there).empty());
  auto found = found_in(folder.path, forgotten);
  EXPECT_TRUE(found.empty()) << found.size() << " of " << forgotten.size();
}

TEST(Residue, OnlyPagesWithRowsHaveAGap) {
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
  EXPECT_EQ(gap(page(0, 10, 3, 400), false), std::pair(14, 400));
  EXPECT_EQ(gap(page(0, 2, 3, 400), false), std::pair(18, 400));
  for (int kind : {0, 1, 3, 5, 14}) EXPECT_EQ(gap(page(0, kind, 3, 400), false), none) << kind;
  EXPECT_EQ(gap("\x0d", false), none);
}

}  // namespace
}  // namespace bw::store
