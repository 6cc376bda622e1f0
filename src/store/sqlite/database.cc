// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/database.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <cstring>

#include "store/sqlite/log_writer.h"

namespace bw::store::sqlite {
namespace {

Error error_of(sqlite3* database, int code) {
  auto kind = Code::unavailable;
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: kind = Code::data_loss; break;
    default: break;
  }
  // SQLite says "disk I/O error" to much that the system has a better word for.
  int cause = sqlite3_system_errno(database);
  return {kind, fmt::format("ledger.db: {}{}{} ({})", sqlite3_errmsg(database), cause == 0 ? "" : ": ",
                            cause == 0 ? "" : std::strerror(cause), sqlite3_extended_errcode(database))};
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  prepared_ = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                 &statement_, nullptr);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Result<bool> Statement::next() {
  if (prepared_ != SQLITE_OK) return fail(error_of(database_, prepared_));
  auto code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    auto error = error_of(database_, code);
    reset();
    return fail(std::move(error));
  }
  reset();
  return false;
}

Status Statement::finish() {
  BW_TRY(auto row, next());
  if (row) reset();
  return {};
}

void Statement::reset() { sqlite3_reset(statement_); }

int Statement::columns() const { return sqlite3_column_count(statement_); }
bool Statement::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
std::string Statement::text(int column) const { return std::string(view(column)); }

std::string_view Statement::view(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? std::string_view() : std::string_view(data, size);
}

// Binding fails only for a statement that is wrong or too large a value; the step says so.
void Statement::bind(int at, std::int64_t value) { sqlite3_bind_int64(statement_, at, value); }
void Statement::bind(int at, std::string_view text) {
  sqlite3_bind_text64(statement_, at, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}
void Statement::bind(int at, Blob blob) {
  sqlite3_bind_blob64(statement_, at, blob.bytes.data() == nullptr ? "" : blob.bytes.data(), blob.bytes.size(),
                      SQLITE_STATIC);
}
void Statement::bind_null(int at) { sqlite3_bind_null(statement_, at); }

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Mode mode) {
  // Statistics of memory that nobody reads cost a lock at each allocation. Only before the first use of the library.
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)configured;
  sqlite3* handle = nullptr;
  int flags = mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  std::string vfs;
  if (mode == Mode::write) {
    BW_TRY(vfs, gathering_vfs());
  }
  auto code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                              vfs.empty() ? nullptr : vfs.c_str());
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) return fail(error_of(handle, code).with(fmt::format("cannot open {}", path)));
  if (mode == Mode::read) {
    sqlite3_busy_timeout(handle, 5000);
    BW_OK(
        database->execute("PRAGMA query_only=1; PRAGMA mmap_size=0; PRAGMA trusted_schema=0; PRAGMA cache_size=-4096"));
    return database;
  }
  BW_OK(database->execute(
      "PRAGMA secure_delete=ON"));  // what is erased, or sealed under another key, must not stay in free bytes
  // The log keeps its size over restarts: a commit that grows the file pays for its metadata too.
  int keep = 1;
  sqlite3_file_control(handle, nullptr, SQLITE_FCNTL_PERSIST_WAL, &keep);
  // In the place of SQLite's own checkpoints. `PRAGMA wal_autocheckpoint`, also with 0, would put them back or remove this.
  sqlite3_wal_hook(
      handle,
      [](void* self, sqlite3*, const char*, int frames) {
        static_cast<Database*>(self)->wal_frames_ = frames;
        return SQLITE_OK;
      },
      database.get());
  return database;
}

Database::~Database() {
  statements_.clear();
  sqlite3_close_v2(database_);
}

Status Database::execute(const std::string& sql) {
  auto code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error_of(database_, code));
  return {};
}

Statement& Database::prepared(const char* sql) {
  auto& slot = statements_[sql];
  if (!slot) slot = std::make_unique<Statement>(database_, sql);
  return *slot;
}

void Database::reset_statements() {
  for (auto& [sql, statement] : statements_) statement->reset();
}

std::int64_t Database::changes() const { return sqlite3_changes64(database_); }

Result<bool> Database::checkpoint() {
  int frames = 0, copied = 0;
  auto code = sqlite3_wal_checkpoint_v2(database_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &frames, &copied);
  if (code == SQLITE_BUSY) return false;
  if (code != SQLITE_OK) return fail(error_of(database_, code));
  return copied == frames;
}

Status Database::checkpoint_when_long() {
  constexpr std::int64_t frames_max = (16 << 20) / 4096;
  if (wal_frames_ < frames_max) return {};
  BW_OK(checkpoint());
  return {};
}

Result<bool> Database::empty_log() {
  auto code = sqlite3_wal_checkpoint_v2(database_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if ((code & 0xFF) == SQLITE_BUSY) return false;
  if (code != SQLITE_OK) return fail(error_of(database_, code));
  wal_frames_ = 0;
  empty_log_wanted_ = false;
  return true;
}

}  // namespace bw::store::sqlite
