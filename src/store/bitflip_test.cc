// SPDX-License-Identifier: Apache-2.0
// One bit of the file is another. Verification finds it, or it is in bytes without meaning: then every row of every table
// reads as before. BW_SOAK=1 makes it a million flips.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "admission/meters.h"
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

class Flipper {
 public:
  explicit Flipper(const std::string& path) : file_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    BW_ASSERT(file_ >= 0);
    bytes_ = static_cast<std::uint64_t>(::lseek(file_, 0, SEEK_END));
  }
  ~Flipper() { ::close(file_); }
  Flipper(const Flipper&) = delete;
  Flipper& operator=(const Flipper&) = delete;
  std::uint64_t bits() const { return bytes_ * 8; }
  void flip(std::uint64_t bit) const {
    char byte = 0;
    auto at = static_cast<off_t>(bit / 8);
    BW_ASSERT(::pread(file_, &byte, 1, at) == 1);
    byte = static_cast<char>(byte ^ (1 << (bit % 8)));
    BW_ASSERT(::pwrite(file_, &byte, 1, at) == 1);
  }

 private:
  int file_;
  std::uint64_t bytes_;
};

TEST(BitFlips, AreFoundOrMeanNothing) {
  bool soak = std::getenv("BW_SOAK") != nullptr;
  int flips = soak ? 1'000'000 : 250;
  Sample sample(6);
  TemporaryFolder folder;
  sample.copy_to(folder.path);
  std::filesystem::remove(folder.path + "/ledger.db-wal");
  ASSERT_TRUE(verify(folder.path, {}, {sample.claim}).has_value());
  auto whole = meaning(folder.path).value();
  Flipper flipper(folder.path + "/ledger.db");
  std::mt19937_64 random(soak ? std::random_device()() : 20261121);
  int found = 0;
  for (int i = 0; i < flips; ++i) {
    auto bit = random() % flipper.bits();
    flipper.flip(bit);
    if (verify(folder.path, {}, {sample.claim})) {
      auto now = meaning(folder.path);
      ASSERT_TRUE(now && *now == whole) << "not found: bit " << bit % 8 << " of byte " << bit / 8;
    } else {
      ++found;
    }
    flipper.flip(bit);
  }
  ASSERT_TRUE(verify(folder.path, {}, {sample.claim}).has_value());
  fmt::print("{} of {} flips found, the others in bytes without meaning\n", found, flips);
  EXPECT_GT(found, flips / 10);
}

}  // namespace
}  // namespace bw::store
