// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "admission/store_contract.h"
#include "store/sqlite/database.h"
#include "store/testing.h"

namespace bw::admission {
namespace {

struct BackendUnderTest final : StoreUnderTest {
  explicit BackendUnderTest(bool sqlite) : backend(sqlite) {}
  Store& store() override { return backend.store(); }
  Records& records() override { return backend.records(); }
  void reopen() override { backend.reopen(); }
  store::Backend backend;
};

StoreMaker maker(std::string name, bool sqlite) {
  return {std::move(name), [sqlite] { return std::make_unique<BackendUnderTest>(sqlite); }};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract, testing::Values(maker("memory", false)));
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(maker("sqlite", true)));

}  // namespace bw::admission

namespace bw::store {
namespace {

TEST(Sqlite, ASecondProcessIsRefusedByName) {
  Backend first(true);
  auto second = open_sqlite(first.folder());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::failed_precondition);
  EXPECT_NE(second.error().message.find("in use by process " + std::to_string(::getpid())), std::string::npos)
      << second.error().message;
  EXPECT_TRUE(open_sqlite_records(first.folder()).has_value());  // reading is free
  first.close();
  EXPECT_TRUE(open_sqlite(first.folder()).has_value());
}

TEST(Sqlite, FilesArePrivateAndKeptTheHardWay) {
  TemporaryFolder parent;
  auto folder = parent.path + "/new/data";
  auto ledger = open_sqlite(folder);
  ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
  struct stat status{};
  ASSERT_EQ(::stat(folder.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  for (auto file : {"/ledger.db", "/ledger.db-wal", "/lock"}) {
    ASSERT_EQ(::stat((folder + file).c_str(), &status), 0) << file;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << file;
  }
  auto reader = sqlite::Database::open(folder + "/ledger.db", sqlite::Database::Mode::read).value();
  for (auto [pragma, want] : {std::pair{"PRAGMA journal_mode", "wal"}, {"PRAGMA page_size", "4096"}}) {
    sqlite::Statement statement(reader->handle(), pragma);
    ASSERT_TRUE(statement.next().value());
    EXPECT_EQ(statement.text(0), want) << pragma;
  }
}

TEST(Sqlite, TheLogStaysSmallWhileChangesKeepComing) {
  TemporaryFolder folder;
  auto ledger = open_sqlite(folder.path).value();
  auto& store = ledger->store();
  const ledger::Contents contents{.args = std::string(1U << 20, 'x')};
  for (std::uint64_t seq = 0; seq < 64; ++seq) {
    auto transaction = store.begin().value();
    ASSERT_TRUE(transaction->append(seq, "{}", crypto::digest("{}"), contents).has_value());
    ASSERT_TRUE(transaction->commit().has_value());
    ASSERT_TRUE(store.tend(false, 0).has_value());
  }
  struct stat log{};
  ASSERT_EQ(::stat((folder.path + "/ledger.db-wal").c_str(), &log), 0);
  EXPECT_LT(log.st_size, 24 << 20) << "64 MiB went through it";
}

TEST(Sqlite, ForeignAndNewerFilesAreRefused) {
  TemporaryFolder folder;
  {
    auto database = sqlite::Database::open(folder.path + "/ledger.db", sqlite::Database::Mode::write).value();
    ASSERT_TRUE(database->execute("PRAGMA application_id=7; CREATE TABLE t (a)").has_value());
  }
  EXPECT_EQ(open_sqlite(folder.path).error().code, Code::failed_precondition);

  TemporaryFolder newer;
  ASSERT_TRUE(open_sqlite(newer.path).has_value());
  {
    auto database = sqlite::Database::open(newer.path + "/ledger.db", sqlite::Database::Mode::write).value();
    ASSERT_TRUE(database->execute("INSERT INTO migrations VALUES (99, 'tomorrow')").has_value());
  }
  EXPECT_NE(open_sqlite(newer.path).error().message.find("version 99"), std::string::npos);
  EXPECT_FALSE(open_sqlite_records(newer.path).has_value());
}

TEST(Sqlite, AFileThatIsNoDatabaseIsDataLoss) {
  TemporaryFolder folder;
  auto* file = std::fopen((folder.path + "/ledger.db").c_str(), "w");
  std::fputs(std::string(20000, 'x').c_str(), file);
  std::fclose(file);
  EXPECT_EQ(open_sqlite(folder.path).error().code, Code::data_loss);
}

TEST(Sqlite, RecordsOfAMissingLedgerAreAnError) {
  TemporaryFolder folder;
  EXPECT_FALSE(open_sqlite_records(folder.path).has_value());
}

}  // namespace
}  // namespace bw::store
