// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admission/records.h"
#include "admission/store.h"
#include "base/result.h"

namespace bw::store {

// Gets how much of long work is done, and of how much, now and then. May be empty.
using Progress = std::function<void(std::uint64_t done, std::uint64_t of)>;

// Where the ledger lives: the writing side for the committer, the reading side for everybody. The Store's parts borrow
// from this object and must not outlive it.
class Ledger {
 public:
  virtual ~Ledger() = default;
  virtual admission::Store& store() = 0;
  virtual admission::Records& records() = 0;
};

// DATA/ledger.db, one SQLite file, made when missing (with its folder), and DATA/content.keys, under which its contents are sealed.
// Refuses (`failed_precondition`) a folder that another process has open, a file of a newer version, and a ledger whose keys are lost.
// Contents that an earlier version kept in the clear are sealed first, which takes minutes for millions: `progress` is told, by entries.
Result<std::unique_ptr<Ledger>> open_sqlite(const std::string& data_dir, const Progress& progress = {});

// The reading side alone, also while another process writes. Without DATA/content.keys everything but contents can be read.
Result<std::unique_ptr<admission::Records>> open_sqlite_records(const std::string& data_dir);

// In memory, for tests and trials. The same contract, and nothing is left after the process.
std::unique_ptr<Ledger> make_memory();

struct VerifyReport {
  std::uint64_t entries = 0;
  std::uint64_t actions = 0;
  std::uint64_t contents = 0;  // checked against their commitments
  std::uint64_t erased = 0;    // gone, and an entry says so
  std::uint64_t sealed = 0;    // there, and not checked: DATA/content.keys is not
  std::string root;            // 32 raw bytes
};

// What somebody outside of the database knows of it: a checkpoint.
struct Claim {
  std::string by;  // "data/checkpoint", for the report
  std::uint64_t size = 0;
  std::string root;  // 32 raw bytes
};

// Reads the whole ledger, of a running or stopped server, and proves that it adds up: leaf hashes and tree against the
// stored head, each action's chain, commitments against contents, and every projection against the entries it follows from.
// Without DATA/content.keys contents cannot be checked, nor who might decide a ticket, which stands in one: `sealed` counts them.
// Error data_loss names the first thing that does not, by entry number. `progress` gets entries. Each of `claims` must be true of
// it too.
Result<VerifyReport> verify(const std::string& data_dir, const Progress& progress,
                            const std::vector<Claim>& claims = {});

// Makes every table beside `entries` and `contents` anew from them, in one transaction: what the entries add up to, the tree and
// the head. The ledger must not be in use. Errors: failed_precondition when it is; data_loss when the entries break their rules,
// are not those that `claims` were made of, or, without claims, are not those of the stored head. Nothing is changed then.
Result<std::uint64_t> rebuild(const std::string& data_dir, const Progress& progress,
                              const std::vector<Claim>& claims);  // entries

struct Rotation {
  std::uint64_t entries = 0;         // whose contents were put under the fresh key, by this call
  bool went_on = false;              // an earlier one had been cut off
  std::string fresh;                 // id of the key that is in use now
  std::vector<std::string> dropped;  // ids of those that DATA/content.keys has no more
};

// Puts a fresh key in the place of the one in DATA/content.keys, and under it the keys of all contents. The ledger must not be in
// use. What is done is durable before the next step begins and harms nothing if there is none: cut off anywhere, the ledger can be
// served as it is, and the next call goes on. At the end no file has a byte under an older key. `progress` gets entries, and is
// called between any two steps. Errors: failed_precondition when it is in use, also by a reader at the end, which then keeps the old
// key, and when it is not sealed yet; data_loss, naming the entry whose key cannot be opened.
Result<Rotation> rotate_content_keys(const std::string& data_dir, const Progress& progress = {});

}  // namespace bw::store
