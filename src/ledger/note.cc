// SPDX-License-Identifier: Apache-2.0
#include "ledger/note.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "crypto/hash.h"

namespace bw::ledger {
namespace {

constexpr std::string_view dash = "\xE2\x80\x94 ";  // an em dash and a space
constexpr std::size_t key_name_bytes_max = 255;

std::unexpected<Error> wrong(std::string what) { return fail(Code::invalid_argument, "signed note: " + what); }

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 255);
  return out;
}

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (unsigned char c : bytes) value = (value << 8) | c;
  return value;
}

// The rules of UTF-8: RFC 3629 section 4. Control characters but the newline are refused with them.
bool is_note_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    unsigned first = byte(at);
    if (first < 0x80) {
      if (first < 0x20 && first != '\n') return false;
      ++at;
      continue;
    }
    std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (length == 0) return false;
    for (std::size_t i = 1; i < length; ++i) {
      if ((byte(at + i) & 0xC0U) != 0x80) return false;
    }
    unsigned second = byte(at + 1);
    bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    bool outside = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
    if (overlong || outside) return false;
    at += length;
  }
  return true;
}

std::uint32_t key_id(std::string_view name, KeyKind kind, std::string_view public_key) {
  char type = static_cast<char>(kind);
  auto hash = crypto::digest({name, "\n", std::string_view(&type, 1), public_key});
  return static_cast<std::uint32_t>(from_big_endian(crypto::view(hash).substr(0, 4)));
}

// What a cosignature signs: C2SP tlog-cosignature, "Ed25519 signed message".
std::string cosigned_message(std::string_view text, std::int64_t time_s) {
  return fmt::format("cosignature/v1\ntime {}\n{}", time_s, text);
}

Result<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(dash)) return wrong("a signature line begins with an em dash and a space");
  line.remove_prefix(dash.size());
  auto space = line.find(' ');
  if (space == std::string_view::npos || !is_key_name(line.substr(0, space)))
    return wrong("a signature line is `— NAME SIGNATURE`, and the name has neither spaces nor a plus");
  auto bytes = from_base64(line.substr(space + 1));
  if (!bytes || bytes->size() < 5) return wrong("a signature is no base64, or too short");
  return NoteSignature{std::string(line.substr(0, space)),
                       static_cast<std::uint32_t>(from_big_endian(std::string_view(*bytes).substr(0, 4))),
                       bytes->substr(4)};
}

// The parts of "NAME+ID+KEY", and the key's first byte as its kind.
struct KeyText {
  std::string name;
  std::uint32_t id = 0;
  KeyKind kind = KeyKind::note;
  std::string bytes;
};

Result<KeyText> parse_key_text(std::string_view text) {
  auto first = text.find('+');
  auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return wrong("a key is NAME+ID+KEY");
  KeyText out;
  out.name = text.substr(0, first);
  if (!is_key_name(out.name)) return wrong("a key's name is not empty and has neither spaces nor a plus");
  auto id = from_hex(text.substr(first + 1, second - first - 1));
  if (!id || id->size() != 4) return wrong(fmt::format("the id of key `{}` is 8 digits, lower-case hex", out.name));
  out.id = static_cast<std::uint32_t>(from_big_endian(*id));
  auto key = from_base64(text.substr(second + 1));
  if (!key || key->size() != 33) return wrong(fmt::format("key `{}` is not 33 bytes in base64", out.name));
  auto kind = static_cast<unsigned char>(key->front());
  if (kind != 0x01 && kind != 0x04)
    return wrong(
        fmt::format("key `{}` is of kind {}; known are 1 (Ed25519) and 4 (Ed25519 cosignature)", out.name, kind));
  out.kind = static_cast<KeyKind>(kind);
  out.bytes = key->substr(1);
  return out;
}

}  // namespace

bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > key_name_bytes_max || !is_note_text(name)) return false;
  // Unicode's spaces, in UTF-8, and what breaks lines.
  for (std::string_view space : {" ", "+", "\n", "\x7F", "\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\xA8",
                                 "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"}) {
    if (name.contains(space)) return false;
  }
  for (char last = '\x80'; last != '\x8B'; ++last) {
    if (name.contains(std::string("\xE2\x80") + last)) return false;
  }
  return true;
}

Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > note_bytes_max) return wrong(fmt::format("longer than {} bytes", note_bytes_max));
  if (!is_note_text(bytes)) return wrong("not UTF-8, or with control characters");
  auto blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos) return wrong("there is no empty line before its signatures");
  Note note;
  note.text = bytes.substr(0, blank + 1);
  BW_TRY(note.signatures, parse_signatures(bytes.substr(blank + 2)));
  if (note.signatures.empty()) return wrong("there is no signature");
  return note;
}

Result<std::vector<NoteSignature>> parse_signatures(std::string_view lines) {
  if (lines.size() > note_bytes_max || !is_note_text(lines))
    return wrong("its signatures are no text, or too much of it");
  if (!lines.empty() && !lines.ends_with('\n')) return wrong("its last line has no newline");
  std::vector<NoteSignature> out;
  while (!lines.empty()) {
    if (out.size() == note_signatures_max) return wrong(fmt::format("more than {} signatures", note_signatures_max));
    auto end = lines.find('\n');
    BW_TRY(auto signature, parse_signature(lines.substr(0, end)));
    out.push_back(std::move(signature));
    lines.remove_prefix(end + 1);
  }
  return out;
}

std::string format(const NoteSignature& signature) {
  return fmt::format("{}{} {}\n", dash, signature.name, to_base64(big_endian(signature.key_id, 4) + signature.bytes));
}

std::string format(const Note& note) {
  std::string out = note.text + "\n";
  for (const auto& signature : note.signatures) out += format(signature);
  return out;
}

NoteVerifier::NoteVerifier(std::string name, KeyKind kind, crypto::VerifyKey key)
    : name_(std::move(name)), kind_(kind), id_(key_id(name_, kind, key.bytes())), key_(std::move(key)) {}

Result<NoteVerifier> NoteVerifier::parse(std::string_view vkey) {
  BW_TRY(auto parts, parse_key_text(vkey));
  auto key = crypto::VerifyKey::from_bytes(parts.bytes);
  if (!key) return wrong(fmt::format("key `{}` is no Ed25519 key", parts.name));
  NoteVerifier out(parts.name, parts.kind, *std::move(key));
  if (out.id() != parts.id) return wrong(fmt::format("the id of key `{}` is not that of its key", parts.name));
  return out;
}

std::string NoteVerifier::vkey() const {
  return fmt::format("{}+{}+{}", name_, to_hex(big_endian(id_, 4)), to_base64(static_cast<char>(kind_) + key_.bytes()));
}

bool NoteVerifier::verify(std::string_view text, const NoteSignature& signature) const {
  if (!is_of(signature)) return false;
  if (kind_ == KeyKind::note) return key_.verify(text, signature.bytes);
  auto time_s = cosigned_at(signature);
  return time_s && key_.verify(cosigned_message(text, *time_s), std::string_view(signature.bytes).substr(8));
}

NoteSigner::NoteSigner(std::string name, KeyKind kind, crypto::SigningKey key)
    : verifier_(std::move(name), kind, key.verify_key()), key_(std::move(key)) {}

Result<NoteSigner> NoteSigner::parse(std::string_view text) {
  constexpr std::string_view prefix = "PRIVATE+KEY+";
  if (!text.starts_with(prefix)) return wrong("a signing key begins with PRIVATE+KEY+");
  BW_TRY(auto parts, parse_key_text(text.substr(prefix.size())));
  BW_TRY(auto key, crypto::SigningKey::from_seed(parts.bytes));
  NoteSigner out(parts.name, parts.kind, std::move(key));
  if (out.verifier().id() != parts.id)
    return wrong(fmt::format("the id of key `{}` is not that of its key", parts.name));
  return out;
}

std::string NoteSigner::secret() const {
  return fmt::format("PRIVATE+KEY+{}+{}+{}", verifier_.name(), to_hex(big_endian(verifier_.id(), 4)),
                     to_base64(static_cast<char>(verifier_.kind()) + key_.seed()));
}

NoteSignature NoteSigner::sign(std::string_view text, std::int64_t time_s) const {
  NoteSignature out{verifier_.name(), verifier_.id(), {}};
  if (verifier_.kind() == KeyKind::note) {
    out.bytes = key_.sign(text);
  } else {
    out.bytes = big_endian(static_cast<std::uint64_t>(time_s), 8) + key_.sign(cosigned_message(text, time_s));
  }
  return out;
}

Result<std::vector<std::size_t>> check_note(const Note& note, std::span<const NoteVerifier> keys) {
  std::vector<std::size_t> signed_by;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (const auto& signature : note.signatures) {
      if (!keys[i].is_of(signature)) continue;
      if (!keys[i].verify(note.text, signature))
        return fail(Code::permission_denied, fmt::format("the signature of key `{}` is wrong", keys[i].name()));
      if (signed_by.empty() || signed_by.back() != i) signed_by.push_back(i);
    }
  }
  if (signed_by.empty()) return fail(Code::permission_denied, "it is not signed by a key that is trusted here");
  return signed_by;
}

std::optional<std::int64_t> cosigned_at(const NoteSignature& signature) {
  if (signature.bytes.size() != 8 + 64) return std::nullopt;
  auto time_s = from_big_endian(std::string_view(signature.bytes).substr(0, 8));
  if (time_s > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return static_cast<std::int64_t>(time_s);
}

}  // namespace bw::ledger
