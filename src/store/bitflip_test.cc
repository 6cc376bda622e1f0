// SPDX-License-Identifier: Apache-2.0
// One bit of the file is another. Verification finds it, or it is in bytes without meaning: then every row of every table
// reads as before. BW_SOAK=1 flips every bit of the file, and 64,000 of its log.
#include <fmt/core.h>

#include <algorithm>

#include "admission/meters.h"
#include "store/flipping.h"
#include "store/sample.h"
#include "store/sqlite/rows.h"

namespace bw::store {
namespace {

// What the tables say. The time of a migration is a note to people; of a meter counts what it counts at the end of the
// ledger, while its limit, and the window of one with nothing in it, are shown and not proven (docs/formats/ledger.md).
Result<std::string> meaning(const std::string& folder) {
  BW_TRY(auto database, sqlite::Database::open(folder + "/ledger.db", sqlite::Database::Mode::read));
  sqlite::Statement tables(database->handle(),
                           // SQLite itself goes by the statement, never by the column `type`.
                           "SELECT name, sql FROM sqlite_schema WHERE sql LIKE 'CREATE TABLE%' ORDER BY name");
  sqlite::Statement head(database->handle(), "SELECT at FROM head");
  BW_TRY(auto has_head, head.next());
  auto at_ms = has_head ? head.integer(0) : 0;
  std::string out;
  while (true) {
    BW_TRY(auto more, tables.next());
    if (!more) return out;
    auto table = tables.text(0);
    out += fmt::format("{} {}\n", table, tables.view(1));
    auto columns = table == "migrations" ? "version" : "*";
    sqlite::Statement rows(database->handle(), fmt::format("SELECT {} FROM \"{}\"", columns, table));
    while (true) {
      BW_TRY(auto row, rows.next());
      if (!row) break;
      if (table == "meters") {
        BW_TRY(auto state, admission::parse_meter(rows.view(2)));
        if (is_idle(state, at_ms)) continue;  // it may be dropped at any time
        forget(state, at_ms);
        state.limit = 0;
        if (state.buckets.empty()) state.window_ms = 0;
        out += fmt::format("{} {} {}\n", rows.view(0), rows.view(1), encode(state));
        continue;
      }
      for (int i = 0; i < rows.columns(); ++i) out += fmt::format("{}:{}{} ", i, rows.null(i) ? "-" : "", rows.view(i));
      out += '\n';
    }
  }
}

std::string first_difference(std::string_view before, std::string_view now) {
  auto [left, right] = std::ranges::mismatch(before, now);
  auto begin = before.rfind('\n', static_cast<std::size_t>(left - before.begin())) + 1;
  auto line = [begin](std::string_view text) { return text.substr(std::min(begin, text.size()), 300); };
  return fmt::format("before: {}\nnow:    {}", line(before), line(now));
}

class BitFlips : public testing::TestWithParam<int> {
 protected:
  // A bit that verification passes over must leave every row as it was.
  template <class Flip>
  void check(const std::string& path, Flip flip_each_of) {
    ASSERT_TRUE(verify(folder.path, {}, {sample.claim}).has_value());
    auto whole = meaning(folder.path).value();
    Flipper flipper(path);
    std::uint64_t found = 0;
    auto flips = flip_each_of(flipper, [&](std::uint64_t bit) {
      if (!verify(folder.path, {}, {sample.claim})) {
        ++found;
        return;
      }
      auto now = meaning(folder.path);
      EXPECT_TRUE(now && *now == whole) << "not found: bit " << bit % 8 << " of byte " << bit / 8 << " of " << path
                                        << "\n"
                                        << first_difference(whole, now ? *now : now.error().message);
    });
    ASSERT_TRUE(verify(folder.path, {}, {sample.claim}).has_value());
    fmt::print("{} of {} flips found, the others in bytes without meaning\n", found, flips);
    EXPECT_GT(found, flips / 100);
  }

  Sample sample{6, 260};
  TemporaryFolder folder{memory_folder()};
};

TEST_P(BitFlips, OfTheFileAreFoundOrMeanNothing) {
  sample.copy_to(folder.path);
  std::filesystem::remove(folder.path + "/ledger.db-wal");
  check(folder.path + "/ledger.db",
        [](const Flipper& flipper, const CheckBit& each) { return flip_each(flipper, GetParam(), 250, each); });
}

// While somebody has the ledger open the log is read by its index, and SQLite checks no sum of what it reads.
TEST_P(BitFlips, OfTheLogInUseAreFoundOrMeanNothing) {
  sample.copy_to(folder.path);
  auto in_use = sqlite::Database::open(folder.path + "/ledger.db", sqlite::Database::Mode::read).value();
  ASSERT_TRUE(in_use->execute("SELECT size FROM head"));
  check(folder.path + "/ledger.db-wal", [](const Flipper& flipper, const CheckBit& each) {
    return flip_some(flipper, GetParam(), soaking() ? 2'000 : 250, each);
  });
}

INSTANTIATE_TEST_SUITE_P(Slice, BitFlips, testing::Range(0, soaking() ? slices : 1));

}  // namespace
}  // namespace bw::store
