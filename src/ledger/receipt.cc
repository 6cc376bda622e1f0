// SPDX-License-Identifier: Apache-2.0
#include "ledger/receipt.h"

#include <fmt/core.h>

#include "base/text.h"

namespace bw::ledger {
namespace {

constexpr std::string_view first_line = "c2sp.org/tlog-proof@v1\n";
constexpr std::size_t proof_hashes_max = 63;

std::unexpected<Error> wrong(std::string what) { return fail(Code::invalid_argument, "receipt: " + what); }

// Takes "WORD REST\n" and gives REST.
Result<std::string_view> take(std::string_view& text, std::string_view word) {
  auto end = text.find('\n');
  auto line = text.substr(0, end);
  bool has_it = end != std::string_view::npos && line.starts_with(word) && line.substr(word.size()).starts_with(' ');
  if (!has_it) return wrong(fmt::format("the line `{} …` is missing", word));
  text.remove_prefix(end + 1);
  return line.substr(word.size() + 1);
}

}  // namespace

std::string format(const Receipt& receipt) {
  std::string out = fmt::format("{}extra {}\nindex {}\n", first_line, to_base64(receipt.leaf), receipt.index);
  for (const auto& hash : receipt.proof) out += to_base64(crypto::view(hash)) + "\n";
  return out + "\n" + receipt.checkpoint;
}

Result<Receipt> parse_receipt(std::string_view bytes) {
  if (bytes.size() > receipt_bytes_max) return wrong(fmt::format("longer than {} bytes", receipt_bytes_max));
  if (!bytes.starts_with(first_line)) return wrong("its first line is not c2sp.org/tlog-proof@v1");
  bytes.remove_prefix(first_line.size());
  Receipt out;
  BW_TRY(auto extra, take(bytes, "extra"));
  auto leaf = from_base64(extra);
  if (!leaf) return wrong("its `extra`, the leaf, is no base64");
  out.leaf = *std::move(leaf);
  BW_TRY(auto index, take(bytes, "index"));
  BW_TRY(out.index, parse_decimal(index));
  while (true) {
    auto end = bytes.find('\n');
    if (end == std::string_view::npos) return wrong("there is no checkpoint in it");
    auto line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (line.empty()) break;
    if (out.proof.size() == proof_hashes_max) return wrong(fmt::format("more than {} hashes", proof_hashes_max));
    BW_TRY(auto hash, parse_hash(line));
    out.proof.push_back(hash);
  }
  out.checkpoint = bytes;
  return out;
}

Result<ProvenEntry> verify_receipt(const Receipt& receipt, std::span<const NoteVerifier> keys) {
  ProvenEntry out;
  BW_TRY(out.signed_checkpoint, open_checkpoint(receipt.checkpoint, keys));
  const auto& checkpoint = out.signed_checkpoint.checkpoint;
  if (!verify_inclusion(receipt.index, checkpoint.size, leaf_hash(receipt.leaf), receipt.proof, checkpoint.root))
    return fail(Code::data_loss, "the proof does not lead from its leaf to the root of its checkpoint");
  BW_TRY(out.entry, parse_entry(receipt.leaf));
  if (out.entry.seq != receipt.index)
    return fail(Code::data_loss,
                fmt::format("its leaf says that it is entry {}, not {}", out.entry.seq, receipt.index));
  return out;
}

}  // namespace bw::ledger
