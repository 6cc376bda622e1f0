// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "evidence/statement.h"
#include "ledger/checkpoint.h"
#include "notary/tiles.h"

namespace bw::evidence {

struct Verified {
  Basis basis;
  Claims claims;
  ledger::SignedCheckpoint checkpoint;
  std::uint64_t actions = 0, approvals = 0, exceptions = 0, contents = 0, erased = 0;
  bool page_checked = false;  // false when another version of the program made the page
};

// A checkpoint that somebody kept, with its name for errors.
struct Kept {
  std::string name;
  ledger::Checkpoint checkpoint;
};

// Reads an export from its first byte to its last, with nothing but `keys`: entries against the checkpoint, contents against the
// entries, what its summaries and its page say against both. `made_by` is this program. `kept` are checkpoints that the entries must
// continue. Errors: not_found; permission_denied when no key signed the checkpoint; invalid_argument for a kept checkpoint that the export
// says nothing about; data_loss naming the first thing that does not add up. `progress` gets entries. Blocking; any thread.
Result<Verified> verify_export(const std::string& folder, const std::vector<ledger::NoteVerifier>& keys,
                               const std::vector<Kept>& kept, const std::string& made_by,
                               const notary::Progress& progress);

}  // namespace bw::evidence
