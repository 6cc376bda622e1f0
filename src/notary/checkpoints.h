// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "admission/records.h"
#include "base/result.h"
#include "ledger/checkpoint.h"
#include "ledger/receipt.h"

namespace bw::notary {

struct CheckpointsOptions {
  std::string data_dir;
  std::string origin;              // of a new ledger; empty makes one
  std::vector<std::string> heads;  // further head files, best on other disks
};

// What a head file holds: the newest checkpoint that was published. DATA/checkpoint is one; others are named by the
// operator. Errors: not_found when there is no such file; invalid_argument; permission_denied when it is not signed by
// `keys`.
Result<ledger::SignedCheckpoint> read_head_file(const std::string& path, const std::vector<ledger::NoteVerifier>& keys);
std::string head_path(const std::string& data_dir);

// Whether the ledger has what a checkpoint says: so many entries, under that root. Errors: data_loss with the
// finding truncated or forked.
Status check_against(admission::Records& records, const ledger::Checkpoint& checkpoint);

// The proof of one entry under a checkpoint that stands for it. Errors: data_loss when the entry is missing.
Result<ledger::Receipt> make_receipt(admission::Records& records, std::uint64_t seq,
                                     const ledger::SignedCheckpoint& checkpoint);

// Signs how far the ledger has come, and remembers it where a restored or shortened database cannot reach. Never signs two
// checkpoints of which one does not grow out of the other: each is proven consistent with the one before.
//
// Blocking; safe from any thread. The records outlive it.
class Checkpoints {
 public:
  // Refuses a ledger that has not what a head file says (data_loss): it was restored, shortened or replaced.
  static Result<std::unique_ptr<Checkpoints>> open(admission::Records& records, CheckpointsOptions options);

  // The checkpoint of all entries so far: a new one, written to every head file before it is returned, or the last one when
  // nothing was added. Errors: not_found for an empty ledger, data_loss when the ledger does not continue the last
  // checkpoint, unavailable when a file cannot be written; then nothing is published and it may be called again.
  Result<ledger::SignedCheckpoint> advance();

  // The last one that was published.
  std::optional<ledger::SignedCheckpoint> latest() const;

  // Adds signatures of witnesses to the last checkpoint if it is still that of `text`. The caller has checked them.
  Status add_signatures(const std::string& text, const std::vector<ledger::NoteSignature>& signatures);

  // The proof of one entry, under a checkpoint that stands for it. Errors: not_found; those of advance().
  Result<ledger::Receipt> receipt(std::uint64_t seq);

 private:
  Checkpoints(admission::Records& records, CheckpointsOptions options)
      : records_(records), options_(std::move(options)) {}
  Status adopt(const std::string& path);
  Status publish(ledger::SignedCheckpoint next);
  std::vector<std::string> head_files() const;

  admission::Records& records_;
  CheckpointsOptions options_;
  mutable std::mutex mutex_;
  std::optional<ledger::SignedCheckpoint> last_;
};

}  // namespace bw::notary
