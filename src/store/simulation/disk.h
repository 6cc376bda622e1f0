// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/simulation/chance.h"

namespace bw::store::simulation {

// A write or a truncation that no sync has made durable yet.
struct Unsynced {
  std::int64_t at = 0;  // where the bytes go; of a truncation, the new size
  std::string bytes;
  bool truncates = false;
};

// One file: what programs read, and what is on the medium.
struct Medium {
  std::string current, durable;
  std::vector<Unsynced> unsynced;

  // Locks and the index of the write-ahead log, which live as long as somebody has the file open.
  struct Shared {
    std::vector<std::unique_ptr<std::array<char, 32768>>> regions;
    std::array<int, 8> readers{};
    std::array<bool, 8> writer{};
    int users = 0;
  } shared;
  int lock_readers = 0;
  const void* lock_writer = nullptr;  // holds RESERVED or more
  bool lock_exclusive = false;
};

// A disk in memory that loses what was not synced: SQLite's default file system for this program
// (https://www.sqlite.org/vfs.html), below whatever the store puts on top. Sectors of 512 bytes are written whole or not at
// all, in any order between two syncs; bytes beside a write keep their value. One thread.
class Disk {
 public:
  // The disk of this process; the first call makes it SQLite's default.
  static Disk& instance();

  enum class Fault {
    none,
    crash_before,  // the machine stops instead of the operation
    crash_after,   // or right after it, before anybody hears of it
    write_error,   // EIO; a part may have been written
    full,          // ENOSPC; a part was written
    sync_error,    // EIO; what was to be synced is never written, though programs still read it
  };

  // What an end of the process leaves.
  enum class End { process, power };

  using Image = std::map<std::string, std::string>;

  void format(std::uint64_t seed);  // empty again
  void load(const Image& image);    // these files, durable
  Image image() const;

  // The fault comes with the operation that changes something after `operations` others; sync_error with the first sync
  // from there. Without an argument none comes.
  void arm(Fault fault, std::int64_t operations);
  void disarm() { fault_ = Fault::none; }

  // Nothing goes in or out any more, as for a process that was killed.
  void cut() { failed_ = down_ = true; }

  // A fault came: since format() or end().
  bool failed() const { return failed_; }

  // After everybody has closed its files. A process's end keeps all that was written, a power cut what was synced and, by
  // chance, parts of the rest.
  void end(End how);

  // A disk that says it has synced and has not. For tests of the test.
  void lie(bool lies) { lies_ = lies; }

  // Of all operations since format().
  std::uint64_t trace() const { return trace_; }

  // For the methods that SQLite calls.
  Medium* find(const std::string& name, bool create);
  bool exists(const std::string& name) const { return files_.contains(name); }
  int read(const Medium& medium, void* out, int count, std::int64_t at) const;
  int write(Medium& medium, const void* bytes, int count, std::int64_t at);
  int truncate(Medium& medium, std::int64_t size);
  int sync(Medium& medium);
  int remove(const std::string& name);
  bool down() const { return down_; }
  Chance& chance() { return chance_; }

 private:
  // Counts an operation. The fault that comes with it, or none.
  Fault operation(std::uint64_t what, std::uint64_t size, bool syncs);
  void put(Medium& medium, Unsynced change);
  void lose(Medium& medium);

  std::map<std::string, std::unique_ptr<Medium>> files_;
  Chance chance_{0};
  Fault fault_ = Fault::none;
  std::int64_t countdown_ = 0;
  bool failed_ = false, down_ = false, lies_ = false;
  std::uint64_t trace_ = 0;
};

}  // namespace bw::store::simulation
