// SPDX-License-Identifier: Apache-2.0
#include "ledger/checkpoint.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/text.h"

namespace bw::ledger {
namespace {

std::unexpected<Error> wrong(std::string what) { return fail(Code::invalid_argument, "checkpoint: " + what); }

// Takes the next line, which must be there and not be empty.
Result<std::string_view> take_line(std::string_view& text, std::string_view what) {
  auto end = text.find('\n');
  if (end == std::string_view::npos || end == 0) return wrong(fmt::format("its {} is missing", what));
  auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

Result<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || (text.size() > 1 && text.front() == '0') || value > static_cast<std::uint64_t>(INT64_MAX))
    return fail(Code::invalid_argument, fmt::format("`{}` is no decimal number below 2^63", printable(text, 40)));
  return value;
}

Result<Digest> parse_hash(std::string_view text) {
  auto bytes = from_base64(text);
  if (!bytes || bytes->size() != sizeof(Digest))
    return fail(Code::invalid_argument, fmt::format("`{}` is no hash in base64", printable(text, 60)));
  Digest out;
  std::memcpy(out.data(), bytes->data(), out.size());
  return out;
}

std::string format(const Checkpoint& checkpoint) {
  return fmt::format("{}\n{}\n{}\n{}", checkpoint.origin, checkpoint.size, to_base64(crypto::view(checkpoint.root)),
                     checkpoint.extension);
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  Checkpoint out;
  BW_TRY(out.origin, take_line(text, "first line, the origin,"));
  BW_TRY(auto size, take_line(text, "second line, the number of entries,"));
  BW_TRY(auto root, take_line(text, "third line, the root,"));
  BW_TRY(out.size, parse_decimal(size));
  BW_TRY(out.root, parse_hash(root));
  out.extension = text;
  if (text.starts_with('\n') || text.contains("\n\n") || (!text.empty() && !text.ends_with('\n')))
    return wrong("it has an empty line");
  return out;
}

Result<SignedCheckpoint> open_checkpoint(std::string_view bytes, std::span<const NoteVerifier> keys) {
  SignedCheckpoint out;
  BW_TRY(out.note, parse_note(bytes));
  BW_TRY(out.checkpoint, parse_checkpoint(out.note.text));
  BW_TRY(out.signed_by, check_note(out.note, keys));
  bool by_log = std::ranges::any_of(out.signed_by, [&](std::size_t i) {
    return keys[i].kind() == KeyKind::note && keys[i].name() == out.checkpoint.origin;
  });
  if (!by_log) {
    return fail(Code::permission_denied,
                fmt::format("no trusted key of `{}` signed it", printable(out.checkpoint.origin, 200)));
  }
  return out;
}

}  // namespace bw::ledger
