// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

// The only face of SQLite: a connection, prepared statements, rows. Errors are data_loss (the file is damaged)
// or unavailable (anything else); none may be tried again on the writing connection.
namespace bw::store::sqlite {

// Bytes, where a plain string would be text.
struct Blob {
  std::string_view bytes;
};

// A prepared statement, bound and stepped. Text and blobs that are bound must outlive the stepping.
//
//   BW_OK(insert.run(seq, Blob{leaf}));
//
//   select.begin(run);
//   while (true) {
//     BW_TRY(bool more, select.next());
//     if (!more) break;
//     use(select.text(0));
//   }
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... Args>
  Status run(const Args&... args) {
    begin(args...);
    return finish();
  }

  template <class... Args>
  void begin(const Args&... args) {
    reset();
    int at = 0;
    (bind(++at, args), ...);
  }
  Result<bool> next();  // false after the last row, and the statement is at rest again
  Status finish();      // for statements without rows
  void reset();

  int columns() const;
  bool null(int column) const;
  std::int64_t integer(int column) const;
  std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string text(int column) const;       // of text and blobs alike
  std::string_view view(int column) const;  // until the next step

 private:
  void bind(int at, std::int64_t value);
  void bind(int at, std::uint64_t value) { bind(at, static_cast<std::int64_t>(value)); }
  void bind(int at, int value) { bind(at, static_cast<std::int64_t>(value)); }
  void bind(int at, unsigned value) { bind(at, static_cast<std::int64_t>(value)); }
  void bind(int at, bool value) { bind(at, static_cast<std::int64_t>(value)); }
  void bind(int at, std::string_view text);
  void bind(int at, Blob blob);
  void bind_null(int at);
  template <class T>
  void bind(int at, const std::optional<T>& value) {
    if (value) {
      bind(at, *value);
    } else {
      bind_null(at);
    }
  }
  void bind(int at, const std::string& text) { bind(at, std::string_view(text)); }
  void bind(int at, const char* text) { bind(at, std::string_view(text)); }

  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int prepared_ = 0;  // SQLite's code; an error shows at the first step
};

// One connection, for one thread at a time.
class Database {
 public:
  enum class Mode { write, read };
  static Result<std::unique_ptr<Database>> open(const std::string& path, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Status execute(const std::string& sql);  // one or more statements without arguments

  // The statement of this text, prepared once. `sql` must be a literal: it is found by its address.
  Statement& prepared(const char* sql);

  void reset_statements();  // also those that an error left in the middle

  std::int64_t changes() const;  // rows that the last statement changed

  // Frames in the write-ahead log after the newest commit of this connection.
  std::int64_t wal_frames() const { return wal_frames_; }
  // Copies what it can of the write-ahead log into the file, without waiting for readers. True when all is copied.
  Result<bool> checkpoint();
  // The same when the log is longer than 16 MiB: for long work that commits piece by piece.
  Status checkpoint_when_long();

  // What was overwritten still stands in the write-ahead log until that is emptied. Wanted is remembered until done; false when a
  // reader is in the way, so try again later.
  void want_empty_log() { empty_log_wanted_ = true; }
  bool empty_log_wanted() const { return empty_log_wanted_; }
  Result<bool> empty_log();

  sqlite3* handle() { return database_; }

 private:
  explicit Database(sqlite3* database) : database_(database) {}
  sqlite3* database_;
  std::unordered_map<const char*, std::unique_ptr<Statement>> statements_;
  std::int64_t wal_frames_ = 0;
  bool empty_log_wanted_ = false;
};

}  // namespace bw::store::sqlite
