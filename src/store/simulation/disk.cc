// SPDX-License-Identifier: Apache-2.0
#include "store/simulation/disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

#include "base/result.h"

namespace bw::store::simulation {
namespace {

constexpr std::int64_t sector_bytes = 512;

void write_to(std::string& to, const Unsynced& change) {
  auto at = static_cast<std::size_t>(change.at);
  if (change.truncates) {
    to.resize(at);
    return;
  }
  if (to.size() < at + change.bytes.size()) to.resize(at + change.bytes.size());
  to.replace(at, change.bytes.size(), change.bytes);
}

// ---- what SQLite calls

struct Handle {
  sqlite3_file head;  // first: SQLite sees only this
  Medium* medium;
  int lock;
  int keeps_log;
  bool maps_shared;
  unsigned reads, writes;  // locks of the shared memory, a bit each
};

Handle& handle_of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
Disk& disk() { return Disk::instance(); }

int file_unlock(sqlite3_file* file, int level) {
  auto& handle = handle_of(file);
  auto& medium = *handle.medium;
  if (handle.lock > SQLITE_LOCK_SHARED && level <= SQLITE_LOCK_SHARED) {
    medium.lock_writer = nullptr;
    medium.lock_exclusive = false;
  }
  if (handle.lock >= SQLITE_LOCK_SHARED && level == SQLITE_LOCK_NONE) --medium.lock_readers;
  handle.lock = std::min(handle.lock, level);
  return SQLITE_OK;
}

int file_lock(sqlite3_file* file, int level) {
  auto& handle = handle_of(file);
  auto& medium = *handle.medium;
  if (handle.lock >= level) return SQLITE_OK;
  bool others_write = medium.lock_writer != nullptr && medium.lock_writer != &handle;
  if (handle.lock == SQLITE_LOCK_NONE) {
    if (others_write && medium.lock_exclusive) return SQLITE_BUSY;
    ++medium.lock_readers;
    handle.lock = SQLITE_LOCK_SHARED;
  }
  if (level == SQLITE_LOCK_SHARED) return SQLITE_OK;
  if (others_write) return SQLITE_BUSY;
  medium.lock_writer = &handle;
  handle.lock = SQLITE_LOCK_RESERVED;
  if (level == SQLITE_LOCK_RESERVED) return SQLITE_OK;
  if (medium.lock_readers > 1) return SQLITE_BUSY;
  medium.lock_exclusive = true;
  handle.lock = SQLITE_LOCK_EXCLUSIVE;
  return SQLITE_OK;
}

int file_reserved(sqlite3_file* file, int* out) {
  *out = handle_of(file).medium->lock_writer != nullptr ? 1 : 0;
  return SQLITE_OK;
}

void drop_shared_locks(Handle& handle, unsigned slots) {
  auto& shared = handle.medium->shared;
  for (unsigned slot = 0; slot < shared.writer.size(); ++slot) {
    auto bit = slots & (1U << slot);
    if ((handle.writes & bit) != 0) shared.writer[slot] = false;
    if ((handle.reads & bit) != 0) --shared.readers[slot];
  }
  handle.writes &= ~slots;
  handle.reads &= ~slots;
}

int shared_unmap(sqlite3_file* file, int) {
  auto& handle = handle_of(file);
  if (!std::exchange(handle.maps_shared, false)) return SQLITE_OK;
  drop_shared_locks(handle, 0xFF);
  auto& shared = handle.medium->shared;
  if (--shared.users == 0) shared = {};
  return SQLITE_OK;
}

int shared_map(sqlite3_file* file, int region, int bytes, int extend, void volatile** out) {
  auto& handle = handle_of(file);
  auto& shared = handle.medium->shared;
  BW_ASSERT(bytes == 32768);
  if (!std::exchange(handle.maps_shared, true)) ++shared.users;
  auto wanted = static_cast<std::size_t>(region) + 1;
  while (extend != 0 && shared.regions.size() < wanted) {
    shared.regions.push_back(std::make_unique<std::array<char, 32768>>());
  }
  *out = shared.regions.size() < wanted ? nullptr : shared.regions[wanted - 1]->data();
  return SQLITE_OK;
}

int shared_lock(sqlite3_file* file, int first, int count, int flags) {
  auto& handle = handle_of(file);
  auto& shared = handle.medium->shared;
  auto slots = ((1U << count) - 1) << first;
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    drop_shared_locks(handle, slots);
    return SQLITE_OK;
  }
  bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  for (unsigned slot = 0; slot < shared.writer.size(); ++slot) {
    auto bit = 1U << slot;
    if ((slots & bit) == 0) continue;
    auto other_readers = shared.readers[slot] - ((handle.reads & bit) != 0 ? 1 : 0);
    bool other_writer = shared.writer[slot] && (handle.writes & bit) == 0;
    if (other_writer || (exclusive && other_readers > 0)) return SQLITE_BUSY;
  }
  for (unsigned slot = 0; slot < shared.writer.size(); ++slot) {
    auto bit = 1U << slot;
    if ((slots & bit) == 0) continue;
    if (exclusive) {
      shared.writer[slot] = true;
      handle.writes |= bit;
    } else if ((handle.reads & bit) == 0) {
      ++shared.readers[slot];
      handle.reads |= bit;
    }
  }
  return SQLITE_OK;
}

int file_close(sqlite3_file* file) {
  shared_unmap(file, 0);
  return file_unlock(file, SQLITE_LOCK_NONE);
}
int file_read(sqlite3_file* file, void* out, int count, sqlite3_int64 at) {
  return disk().read(*handle_of(file).medium, out, count, at);
}
int file_write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
  return disk().write(*handle_of(file).medium, bytes, count, at);
}
int file_truncate(sqlite3_file* file, sqlite3_int64 size) { return disk().truncate(*handle_of(file).medium, size); }
int file_sync(sqlite3_file* file, int) { return disk().sync(*handle_of(file).medium); }
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(handle_of(file).medium->current.size());
  return SQLITE_OK;
}
int file_control(sqlite3_file* file, int what, void* value) {
  if (what != SQLITE_FCNTL_PERSIST_WAL) return SQLITE_NOTFOUND;
  auto& keeps = handle_of(file).keeps_log;
  auto& wanted = *static_cast<int*>(value);
  if (wanted < 0) {
    wanted = keeps;
  } else {
    keeps = wanted;
  }
  return SQLITE_OK;
}
int file_sector(sqlite3_file*) { return 4096; }
int file_traits(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

constexpr sqlite3_io_methods methods{.iVersion = 2,
                                     .xClose = file_close,
                                     .xRead = file_read,
                                     .xWrite = file_write,
                                     .xTruncate = file_truncate,
                                     .xSync = file_sync,
                                     .xFileSize = file_size,
                                     .xLock = file_lock,
                                     .xUnlock = file_unlock,
                                     .xCheckReservedLock = file_reserved,
                                     .xFileControl = file_control,
                                     .xSectorSize = file_sector,
                                     .xDeviceCharacteristics = file_traits,
                                     .xShmMap = shared_map,
                                     .xShmLock = shared_lock,
                                     .xShmBarrier = [](sqlite3_file*) {},
                                     .xShmUnmap = shared_unmap,
                                     .xFetch = nullptr,
                                     .xUnfetch = nullptr};

int disk_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  auto* medium = name == nullptr ? nullptr : disk().find(name, (flags & SQLITE_OPEN_CREATE) != 0);
  if (medium == nullptr) return SQLITE_CANTOPEN;
  *reinterpret_cast<Handle*>(file) = {{&methods}, medium, SQLITE_LOCK_NONE, 0, false, 0, 0};
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int disk_randomness(sqlite3_vfs*, int count, char* out) {
  auto bytes = disk().chance().bytes(static_cast<std::size_t>(count));
  std::memcpy(out, bytes.data(), bytes.size());
  return count;
}

int disk_access(sqlite3_vfs*, const char* name, int, int* out) {
  *out = disk().exists(name) ? 1 : 0;
  return SQLITE_OK;
}

int disk_path(sqlite3_vfs*, const char* name, int room, char* out) {
  sqlite3_snprintf(room, out, "%s", name);
  return SQLITE_OK;
}

// 2027-01-15, in milliseconds of the Julian calendar.
int disk_time(sqlite3_vfs*, sqlite3_int64* out) {
  *out = 212'666'760'000'000;
  return SQLITE_OK;
}

}  // namespace

Disk& Disk::instance() {
  static Disk disk;
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made{};
    made.iVersion = 2;
    made.szOsFile = sizeof(Handle);
    made.mxPathname = 512;
    made.zName = "simulated";
    made.xOpen = disk_open;
    made.xDelete = [](sqlite3_vfs*, const char* name, int) { return instance().remove(name); };
    made.xAccess = disk_access;
    made.xFullPathname = disk_path;
    made.xRandomness = disk_randomness;
    made.xSleep = [](sqlite3_vfs*, int us) { return us; };
    made.xGetLastError = [](sqlite3_vfs*, int, char*) { return 0; };
    made.xCurrentTimeInt64 = disk_time;
    return made;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 1);
  BW_ASSERT(registered == SQLITE_OK);
  return disk;
}

void Disk::format(std::uint64_t seed) {
  files_.clear();
  chance_ = Chance(seed);
  disarm();
  failed_ = down_ = false;
  trace_ = 0;
  sqlite3_randomness(0, nullptr);  // SQLite's own generator starts from this disk's again
}

void Disk::load(const Image& image) {
  for (const auto& [name, bytes] : image) {
    auto& medium = *find(name, true);
    medium.current = medium.durable = bytes;
    medium.unsynced.clear();
  }
}

Disk::Image Disk::image() const {
  Image image;
  for (const auto& [name, medium] : files_) image[name] = medium->current;
  return image;
}

void Disk::arm(Fault fault, std::int64_t operations) {
  fault_ = fault;
  countdown_ = operations;
}

Disk::Fault Disk::operation(std::uint64_t what, std::uint64_t size, bool syncs) {
  trace_ = (trace_ ^ (what + (size << 3))) * 0x100000001B3ULL;
  if (fault_ == Fault::none || countdown_-- > 0) return Fault::none;
  if ((fault_ == Fault::sync_error) != syncs && fault_ != Fault::crash_before && fault_ != Fault::crash_after)
    return Fault::none;
  failed_ = true;
  auto fault = std::exchange(fault_, Fault::none);
  if (fault == Fault::crash_before || fault == Fault::crash_after) down_ = true;
  return fault;
}

Medium* Disk::find(const std::string& name, bool create) {
  if (down_) return nullptr;
  auto found = files_.find(name);
  if (found != files_.end()) return found->second.get();
  if (!create) return nullptr;
  return files_.emplace(name, std::make_unique<Medium>()).first->second.get();
}

int Disk::read(const Medium& medium, void* out, int count, std::int64_t at) const {
  if (down_) return SQLITE_IOERR_READ;
  auto wanted = static_cast<std::size_t>(count), from = static_cast<std::size_t>(at);
  auto have = from >= medium.current.size() ? 0 : std::min(wanted, medium.current.size() - from);
  if (have > 0) std::memcpy(out, medium.current.data() + from, have);
  if (have == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(out) + have, 0, wanted - have);
  return SQLITE_IOERR_SHORT_READ;
}

void Disk::put(Medium& medium, Unsynced change) {
  write_to(medium.current, change);
  medium.unsynced.push_back(std::move(change));
}

int Disk::write(Medium& medium, const void* bytes, int count, std::int64_t at) {
  if (down_) return SQLITE_IOERR_WRITE;
  auto fault = operation(1, static_cast<std::uint64_t>(count), false);
  if (fault == Fault::crash_before) return SQLITE_IOERR_WRITE;
  std::string_view all(static_cast<const char*>(bytes), static_cast<std::size_t>(count));
  bool partly = fault == Fault::write_error || fault == Fault::full;
  if (partly) all = all.substr(0, static_cast<std::size_t>(chance_.below(count + 1)));
  put(medium, {.at = at, .bytes = std::string(all), .truncates = false});
  if (fault == Fault::full) return SQLITE_FULL;
  return fault == Fault::none ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

int Disk::truncate(Medium& medium, std::int64_t size) {
  if (down_) return SQLITE_IOERR_TRUNCATE;
  auto fault = operation(2, static_cast<std::uint64_t>(size), false);
  if (fault != Fault::none && fault != Fault::crash_after) return SQLITE_IOERR_TRUNCATE;
  put(medium, {.at = size, .bytes = {}, .truncates = true});
  return fault == Fault::none ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int Disk::sync(Medium& medium) {
  if (down_) return SQLITE_IOERR_FSYNC;
  auto fault = operation(3, medium.unsynced.size(), true);
  if (fault == Fault::crash_before) return SQLITE_IOERR_FSYNC;
  if (lies_) return fault == Fault::none ? SQLITE_OK : SQLITE_IOERR_FSYNC;
  if (fault != Fault::sync_error) {
    for (const auto& change : medium.unsynced) write_to(medium.durable, change);
  }
  medium.unsynced.clear();
  return fault == Fault::none ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

int Disk::remove(const std::string& name) {
  if (down_) return SQLITE_IOERR_DELETE;
  auto fault = operation(4, name.size(), false);
  if (fault != Fault::none && fault != Fault::crash_after) return SQLITE_IOERR_DELETE;
  bool gone = files_.erase(name) == 1;
  if (fault != Fault::none) return SQLITE_IOERR_DELETE;
  return gone ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

// What a power cut does to one file: each unsynced change, or each sector of it, is there or is not.
void Disk::lose(Medium& medium) {
  enum { all_lost, all_kept, first_kept, some_kept, torn, ways };
  auto way = chance_.below(ways);
  auto kept = chance_.below(static_cast<std::int64_t>(medium.unsynced.size()) + 1);
  for (const auto& change : medium.unsynced) {
    if (way == all_lost || (way == first_kept && kept-- <= 0) || (way == some_kept && chance_.once_in(2))) continue;
    if (way != torn || change.truncates) {
      if (way != torn || chance_.once_in(2)) write_to(medium.durable, change);
      continue;
    }
    auto size = static_cast<std::int64_t>(change.bytes.size());
    for (std::int64_t from = 0; from < size;) {
      auto count = std::min(size - from, sector_bytes - (change.at + from) % sector_bytes);
      auto piece = change.bytes.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(count));
      if (chance_.once_in(2)) write_to(medium.durable, {change.at + from, std::move(piece), false});
      from += count;
    }
  }
  medium.unsynced.clear();
  medium.current = medium.durable;
}

void Disk::end(End how) {
  for (auto& [name, medium] : files_) {
    if (how == End::power) lose(*medium);
    BW_ASSERT(medium->shared.users == 0 && medium->lock_readers == 0);
  }
  disarm();
  failed_ = down_ = false;
}

}  // namespace bw::store::simulation
