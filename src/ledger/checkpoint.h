// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/merkle.h"
#include "ledger/note.h"

// Checkpoints (C2SP tlog-checkpoint v1.0.0): signed notes that fix how many entries a ledger has and the root of their
// tree. Values; no I/O; any thread.
namespace bw::ledger {

struct Checkpoint {
  std::string origin;  // which ledger: the name of its keys
  std::uint64_t size = 0;
  Digest root{};
  std::string extension;  // further lines of other logs, each with its newline; ours have none
};

// The text that is signed, and back. Errors: invalid_argument.
std::string format(const Checkpoint& checkpoint);
Result<Checkpoint> parse_checkpoint(std::string_view text);

// A checkpoint with the note that it stands in, and the keys of those asked for that signed it.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  Note note;
  std::vector<std::size_t> signed_by;  // indices into the keys
  std::string bytes() const { return format(note); }
};

// Errors: invalid_argument for bytes that are no checkpoint; permission_denied when no key of its origin signed it, or a
// signature of a known key, a witness's too, is wrong.
Result<SignedCheckpoint> open_checkpoint(std::string_view bytes, std::span<const NoteVerifier> keys);

// A size or index as specified: decimal, without leading zeroes, below 2^63.
Result<std::uint64_t> parse_decimal(std::string_view text);

// One hash in base64. Errors: invalid_argument.
Result<Digest> parse_hash(std::string_view text);

}  // namespace bw::ledger
