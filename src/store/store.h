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
Result<std::unique_ptr<Ledger>> open_sqlite(const std::string& data_dir);

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
// Error data_loss names the first thing that does not, by entry number. `progress` gets entries done and to do, now and
// then; it may be empty. Each of `claims` must be true of it too.
Result<VerifyReport> verify(const std::string& data_dir,
                            const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                            const std::vector<Claim>& claims = {});

// Makes every table beside `entries` and `contents` anew from them, in one transaction: what the entries add up to, the tree and
// the head. The ledger must not be in use. Errors: failed_precondition when it is; data_loss when the entries break their rules,
// are not those that `claims` were made of, or, without claims, are not those of the stored head. Nothing is changed then.
Result<std::uint64_t> rebuild(const std::string& data_dir,
                              const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                              const std::vector<Claim>& claims);  // entries

}  // namespace bw::store
