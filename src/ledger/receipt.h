// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"

namespace bw::ledger {

// A receipt: an entry with the proof that a signed checkpoint stands for it, checkable by anybody who has the ledger's
// key, without the ledger. Its file is a tlog-proof (C2SP tlog-proof v1) whose `extra` is the leaf. A value; any thread.
struct Receipt {
  std::string leaf;
  std::uint64_t index = 0;
  std::vector<Digest> proof;  // RFC 6962 section 2.1.1, from the leaf up
  std::string checkpoint;     // the bytes of the note
};

constexpr std::size_t receipt_bytes_max = 128 << 10;

std::string format(const Receipt& receipt);
Result<Receipt> parse_receipt(std::string_view bytes);  // invalid_argument

struct ProvenEntry {
  Entry entry;
  SignedCheckpoint signed_checkpoint;
};

// Errors: invalid_argument; permission_denied when no key signed the checkpoint; data_loss when the proof does not lead from
// the leaf to its root, or the leaf is no entry with this number.
Result<ProvenEntry> verify_receipt(const Receipt& receipt, std::span<const NoteVerifier> keys);

}  // namespace bw::ledger
