// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/checkpoint.h"
#include "notary/tiles.h"

// Checking what left the machine: a folder of tiles, and pairs of checkpoints. Offline. Blocking; any thread.
namespace bw::notary {

// Reads the folder from its first entry to its last: each entry against its bundle's hashes, each tile against the entries,
// the root against the signed checkpoint, and the rules that entries keep. Errors: not_found for a missing file;
// permission_denied when no key signed the checkpoint; data_loss naming the first thing that does not add up.
Result<ledger::SignedCheckpoint> verify_tiles(const std::string& folder, const std::vector<ledger::NoteVerifier>& keys,
                                              const Progress& progress);

// The subtrees of a ledger of `size` entries, from the files of its tiles.
ledger::Subtree tile_files(const std::string& folder, std::uint64_t size);

// Whether the ledger of the later checkpoint continues that of the earlier; `subtree` is asked when their sizes differ.
// Errors: data_loss when it does not; those of `subtree`.
Status check_growth(const ledger::Checkpoint& earlier, const ledger::Checkpoint& later, const ledger::Subtree& subtree);

}  // namespace bw::notary
