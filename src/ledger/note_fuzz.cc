// SPDX-License-Identifier: Apache-2.0
// A note, checkpoint, key, receipt, path of a tile or bundle that is read must be written again as the same bytes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ledger/receipt.h"
#include "ledger/tile_path.h"

namespace {

using namespace bw::ledger;

void read_note(std::string_view bytes) {
  auto note = parse_note(bytes);
  if (!note) return;
  BW_ASSERT(format(*note) == bytes);
  auto checkpoint = parse_checkpoint(note->text);
  if (checkpoint) BW_ASSERT(format(*checkpoint) == note->text);
}

void read_receipt(std::string_view bytes) {
  auto receipt = parse_receipt(bytes);
  if (!receipt) return;
  BW_ASSERT(format(*receipt) == bytes);
  BW_ASSERT(!verify_receipt(*receipt, {}));
}

void read_bundle(std::string_view bytes) {
  auto leaves = parse_bundle(bytes);
  if (!leaves) return;
  std::string again;
  for (auto leaf : *leaves) {
    if (leaf.size() > leaf_bytes_max) return;
    append_to_bundle(again, leaf);
  }
  BW_ASSERT(again == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_note(bytes);
  read_receipt(bytes);
  read_bundle(bytes);
  auto path = parse_tile_path(bytes);
  if (path) BW_ASSERT(format(*path) == bytes);
  auto verifier = NoteVerifier::parse(bytes);
  if (verifier) BW_ASSERT(verifier->vkey() == bytes);
  auto signer = NoteSigner::parse(bytes);
  if (signer) BW_ASSERT(signer->secret() == bytes);
  return 0;
}
