// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/log_writer.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <vector>

#include "store/sqlite/page_gaps.h"

namespace bw::store::sqlite {
namespace {

constexpr std::size_t gathered_bytes_max = 4U << 20;
// The platform's file looks at the lowest 17 bits of a count only (os_unix.c, seekAndWriteFd), so 128 KiB are none.
constexpr std::size_t write_bytes_max = 120U << 10;

// What SQLite takes for the log: a file whose methods are ours, in front of the platform's file. SQLite gives the memory, and
// never destructs it: xClose does.
struct LogFile {
  sqlite3_file head;  // first: SQLite sees only this
  sqlite3_file* file;
  std::string waiting;  // bytes that stand at `at` once they are written
  sqlite3_int64 at;
};

// Room beside the platform's file: before it for the log, behind it for the database.
constexpr std::size_t own_bytes = (std::max(sizeof(LogFile), sizeof(ClearedFile)) + 15) / 16 * 16;

LogFile& log_of(sqlite3_file* file) { return *reinterpret_cast<LogFile*>(file); }
sqlite3_file* platform_file(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + own_bytes);
}

int write_waiting(LogFile& log) {
  int code = SQLITE_OK;
  for (std::size_t done = 0; done < log.waiting.size() && code == SQLITE_OK; done += write_bytes_max) {
    auto count = std::min(write_bytes_max, log.waiting.size() - done);
    auto at = log.at + static_cast<sqlite3_int64>(done);
    code = log.file->pMethods->xWrite(log.file, log.waiting.data() + done, static_cast<int>(count), at);
  }
  log.waiting.clear();  // also when it failed: the commit failed with it, and this process commits no more
  return code;
}

int log_close(sqlite3_file* file) {
  auto& log = log_of(file);
  int written = write_waiting(log);
  int closed = log.file->pMethods->xClose(log.file);
  log.~LogFile();
  return written != SQLITE_OK ? written : closed;
}

int log_read(sqlite3_file* file, void* out, int count, sqlite3_int64 at) {
  auto& log = log_of(file);
  if (int code = write_waiting(log); code != SQLITE_OK) return code;
  return log.file->pMethods->xRead(log.file, out, count, at);
}

int log_write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
  auto& log = log_of(file);
  bool goes_on = !log.waiting.empty() && at == log.at + static_cast<sqlite3_int64>(log.waiting.size());
  if (!goes_on || log.waiting.size() + static_cast<std::size_t>(count) > gathered_bytes_max) {
    if (int code = write_waiting(log); code != SQLITE_OK) return code;
    log.at = at;
  }
  try {
    log.waiting.append(static_cast<const char*>(bytes), static_cast<std::size_t>(count));
  } catch (const std::bad_alloc&) {
    return SQLITE_IOERR_NOMEM;  // no exception through SQLite
  }
  return SQLITE_OK;
}

int log_truncate(sqlite3_file* file, sqlite3_int64 size) {
  auto& log = log_of(file);
  if (int code = write_waiting(log); code != SQLITE_OK) return code;
  return log.file->pMethods->xTruncate(log.file, size);
}

int log_sync(sqlite3_file* file, int flags) {
  auto& log = log_of(file);
  if (int code = write_waiting(log); code != SQLITE_OK) return code;
  return log.file->pMethods->xSync(log.file, flags);
}

int log_size(sqlite3_file* file, sqlite3_int64* size) {
  auto& log = log_of(file);
  if (int code = write_waiting(log); code != SQLITE_OK) return code;
  return log.file->pMethods->xFileSize(log.file, size);
}

int log_lock(sqlite3_file* file, int level) { return log_of(file).file->pMethods->xLock(log_of(file).file, level); }
int log_unlock(sqlite3_file* file, int level) { return log_of(file).file->pMethods->xUnlock(log_of(file).file, level); }
int log_reserved(sqlite3_file* file, int* out) {
  return log_of(file).file->pMethods->xCheckReservedLock(log_of(file).file, out);
}
int log_control(sqlite3_file* file, int what, void* value) {
  return log_of(file).file->pMethods->xFileControl(log_of(file).file, what, value);
}
int log_sector(sqlite3_file* file) { return log_of(file).file->pMethods->xSectorSize(log_of(file).file); }
int log_traits(sqlite3_file* file) { return log_of(file).file->pMethods->xDeviceCharacteristics(log_of(file).file); }

// Version 1: shared memory and memory maps are for the database file only.
constexpr sqlite3_io_methods log_methods{.iVersion = 1,
                                         .xClose = log_close,
                                         .xRead = log_read,
                                         .xWrite = log_write,
                                         .xTruncate = log_truncate,
                                         .xSync = log_sync,
                                         .xFileSize = log_size,
                                         .xLock = log_lock,
                                         .xUnlock = log_unlock,
                                         .xCheckReservedLock = log_reserved,
                                         .xFileControl = log_control,
                                         .xSectorSize = log_sector,
                                         .xDeviceCharacteristics = log_traits,
                                         .xShmMap = nullptr,
                                         .xShmLock = nullptr,
                                         .xShmBarrier = nullptr,
                                         .xShmUnmap = nullptr,
                                         .xFetch = nullptr,
                                         .xUnfetch = nullptr};

sqlite3_vfs* platform() { return sqlite3_vfs_find(nullptr); }

int open_database(const char* name, sqlite3_file* file, int flags, int* out_flags) {
  int code = platform()->xOpen(platform(), name, file, flags, out_flags);
  auto* behind = reinterpret_cast<std::byte*>(file) + (platform()->szOsFile + 15) / 16 * 16;
  if (code == SQLITE_OK) clear_gaps(file, reinterpret_cast<ClearedFile*>(behind));
  return code;
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return open_database(name, file, flags, out_flags);
  if ((flags & SQLITE_OPEN_WAL) == 0) return platform()->xOpen(platform(), name, file, flags, out_flags);
  auto* real = platform_file(file);
  file->pMethods = real->pMethods = nullptr;  // until it is open there is nothing to close
  int code = platform()->xOpen(platform(), name, real, flags, out_flags);
  if (code != SQLITE_OK) {
    if (real->pMethods != nullptr) real->pMethods->xClose(real);
    return code;
  }
  new (file) LogFile{.head = {&log_methods}, .file = real, .waiting = {}, .at = 0};
  return SQLITE_OK;
}

// The file again, a piece at a time.
int rewrite(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  int code = file->pMethods->xFileSize(file, &size);
  std::string piece;
  for (sqlite3_int64 at = 0; at < size && code == SQLITE_OK; at += static_cast<sqlite3_int64>(piece.size())) {
    piece.resize(std::min(write_bytes_max, static_cast<std::size_t>(size - at)));
    auto count = static_cast<int>(piece.size());
    code = file->pMethods->xRead(file, piece.data(), count, at);
    if (code == SQLITE_OK) code = file->pMethods->xWrite(file, piece.data(), count, at);
  }
  return code == SQLITE_OK && size > 0 ? file->pMethods->xSync(file, SQLITE_SYNC_FULL) : code;
}

}  // namespace

Status rewrite_log(const std::string& database_path) {
  if (int code = sqlite3_initialize(); code != SQLITE_OK) return fail(Code::unavailable, sqlite3_errstr(code));
  auto path = database_path + "-wal";
  int there = 0;
  int code = platform()->xAccess(platform(), path.c_str(), SQLITE_ACCESS_EXISTS, &there);
  if (code == SQLITE_OK && there == 0) return {};
  std::vector<std::max_align_t> memory(static_cast<std::size_t>(platform()->szOsFile) / sizeof(std::max_align_t) + 1);
  auto* file = reinterpret_cast<sqlite3_file*>(memory.data());
  if (code == SQLITE_OK)
    code = platform()->xOpen(platform(), path.c_str(), file, SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE, nullptr);
  if (code == SQLITE_OK) code = rewrite(file);
  if (file->pMethods != nullptr) file->pMethods->xClose(file);
  if (code == SQLITE_OK) return {};
  return fail(Code::unavailable, fmt::format("cannot write `{}` again: {}", path, sqlite3_errstr(code)));
}

Result<std::string> gathering_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = *platform();
    made.zName = "bailiwick";
    made.szOsFile = static_cast<int>(own_bytes) + (made.szOsFile + 15) / 16 * 16;
    made.xOpen = open_file;
    made.pNext = nullptr;
    return made;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  if (registered != SQLITE_OK) return fail(Code::unavailable, "SQLite takes no file system of ours");
  return std::string(vfs.zName);
}

}  // namespace bw::store::sqlite
