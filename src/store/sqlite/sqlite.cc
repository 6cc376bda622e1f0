// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "base/log.h"
#include "store/sqlite/cache.h"
#include "store/sqlite/contents.h"
#include "store/sqlite/lock.h"
#include "store/sqlite/log_writer.h"
#include "store/sqlite/records.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/transaction.h"
#include "store/store.h"

// One file, one writing connection, one thread that uses it: for writes and for checkpoints. SQLite before 3.51.3 can
// damage a file when two connections write or checkpoint at the same instant; here there never are two.
namespace bw::store {
namespace {

using namespace admission;
using sqlite::Database;

constexpr std::int64_t page_bytes = 4096;
// After so much of write-ahead log the committer copies it into the file although changes wait. Whoever waits in the meantime
// waits for a few hundred pages and their sync, about as long as for a commit; more at a time would be fewer pages in all, and
// a stall that the 99th percentile sees.
constexpr std::int64_t busy_checkpoint_frames = (1 << 20) / page_bytes;
constexpr std::int64_t forget_meters_every_ms = 600'000;

class SqliteLedger final : public Ledger, private Store {
 public:
  SqliteLedger(sqlite::Lock lock, std::unique_ptr<Database> database, const sqlite::SharedContentKeys& keys,
               const sqlite::SharedSubjectKey& subject_key, std::string path)
      : lock_(std::move(lock)),
        database_(std::move(database)),
        sealer_(keys),
        subject_key_(subject_key),
        records_(sqlite::make_records(std::move(path), keys, subject_key)) {}

  Store& store() override { return *this; }
  Records& records() override { return *records_; }

 private:
  Result<std::unique_ptr<Transaction>> begin() override {
    return sqlite::begin(*database_, cache_, &sealer_, subject_key_);
  }

  Result<bool> tend(bool idle, std::int64_t now_ms) override {
    auto frames = database_->wal_frames();
    if (frames < copied_frames_) copied_frames_ = 0;  // the log was begun anew
    auto behind = frames - copied_frames_;
    if (database_->empty_log_wanted()) {
      BW_TRY(auto emptied, database_->empty_log());
      if (emptied) copied_frames_ = frames = behind = 0;
    }
    if (behind > 0 && (idle || behind >= busy_checkpoint_frames)) {
      BW_OK(database_->checkpoint());
      copied_frames_ = frames;
      behind = 0;
    }
    if (idle && behind == 0 && now_ms >= forget_meters_at_ms_) return forget_meters(now_ms);
    return behind > 0 || database_->empty_log_wanted();
  }

  // Drops the rows of meters that count nothing any more, a piece at a time. No decision depends on them.
  Result<bool> forget_meters(std::int64_t now_ms) {
    constexpr int piece = 500;
    auto& select = database_->prepared(
        "SELECT meter, key, state FROM meters WHERE (meter, key) > (?, ?) ORDER BY meter, key LIMIT ?");
    select.begin(forget_meter_, forget_key_, piece);
    std::vector<std::pair<std::string, std::string>> idle;
    int seen = 0;
    std::string meter, key;
    while (true) {
      BW_TRY(auto more, select.next());
      if (!more) break;
      ++seen;
      meter = select.text(0);
      key = select.text(1);
      BW_TRY(auto state, parse_meter(select.view(2)));
      if (is_idle(state, now_ms)) idle.emplace_back(meter, key);
    }
    BW_OK(drop_meters(idle));
    bool more = seen == piece;
    forget_meter_ = more ? meter : std::string();
    forget_key_ = more ? key : std::string();
    if (!more) forget_meters_at_ms_ = now_ms + forget_meters_every_ms;
    return more || !idle.empty();
  }

  Status drop_meters(const std::vector<std::pair<std::string, std::string>>& names) {
    if (names.empty()) return {};
    BW_OK(database_->prepared("BEGIN IMMEDIATE").run());
    for (const auto& [meter, key] : names) {
      BW_OK(database_->prepared("DELETE FROM meters WHERE meter = ? AND key = ?").run(meter, key));
      if (cache_) cache_->meters.erase(sqlite::meter_name(meter, key));
    }
    return database_->prepared("COMMIT").run();
  }

  sqlite::Lock lock_;
  std::unique_ptr<Database> database_;
  sqlite::ContentSealer sealer_;
  const sqlite::SharedSubjectKey subject_key_;
  std::unique_ptr<Records> records_;
  std::optional<sqlite::Cache> cache_;
  std::int64_t copied_frames_ = 0;
  std::int64_t forget_meters_at_ms_ = 0;
  std::string forget_meter_, forget_key_;
};

Status configure(Database& database) {
  BW_OK(database.execute(fmt::format("PRAGMA page_size={}", page_bytes)));
  BW_OK(database.execute(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0;"
      "PRAGMA trusted_schema=0; PRAGMA cell_size_check=1; PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY"));
  sqlite::Statement mode(database.handle(), "PRAGMA journal_mode");
  BW_TRY(auto row, mode.next());
  if (!row || mode.view(0) != "wal") return fail(Code::unavailable, "ledger.db cannot keep a write-ahead log here");
  return {};
}

}  // namespace

Result<std::unique_ptr<Ledger>> open_sqlite(const std::string& data_dir, const Progress& progress) {
  BW_OK(sqlite::prepare_folder(data_dir));
  BW_TRY(auto lock, sqlite::Lock::take(data_dir));
  auto path = data_dir + "/ledger.db";
  BW_OK(sqlite::prepare_file(path));  // its log and index get the same permissions
  BW_OK(sqlite::rewrite_log(path));
  BW_TRY(auto database, Database::open(path, Database::Mode::write));
  BW_OK(configure(*database));
  BW_OK(sqlite::migrate(*database));
  BW_OK(sqlite::sync_folder(data_dir));
  BW_TRY(auto keys, sqlite::settle_keys(*database, data_dir, progress));
  database->want_empty_log();  // a process that was killed may have left there what it had erased
  BW_TRY(auto subject_key, sqlite::settle_subject_key(*database, data_dir, *keys));
  return std::make_unique<SqliteLedger>(std::move(lock), std::move(database), keys, subject_key, std::move(path));
}

Result<std::unique_ptr<Records>> open_sqlite_records(const std::string& data_dir) {
  auto path = data_dir + "/ledger.db";
  BW_TRY(auto database, Database::open(path, Database::Mode::read));
  BW_OK(sqlite::check_version(*database));
  BW_TRY(auto keys, sqlite::read_keys(*database, data_dir));
  BW_TRY(auto subject_key, sqlite::read_subject_key(data_dir));
  return sqlite::make_records(std::move(path), std::move(keys), std::move(subject_key));
}

}  // namespace bw::store
