// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/ed25519.h"

// Signed notes (C2SP signed-note v1.0.0): a text that ends in a newline, an empty line, and a line for each signature,
//
//   — NAME base64(key id || signature)
//
// and the keys that sign and check them. Values; no I/O; any thread.
namespace bw::ledger {

constexpr std::size_t note_bytes_max = 64 << 10;
constexpr std::size_t note_signatures_max = 64;

// What a key signs, and the byte that says so in its id.
enum class KeyKind : std::uint8_t {
  note = 0x01,         // the text as it is
  cosignature = 0x04,  // the text and the time at which a witness saw it (C2SP tlog-cosignature v1)
};

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  std::string bytes;  // without the key id
  bool operator==(const NoteSignature&) const = default;
};

struct Note {
  std::string text;
  std::vector<NoteSignature> signatures;  // of known and unknown keys, in their order
};

// Errors: invalid_argument, naming what is wrong. Signatures are not checked yet: the text means nothing so far.
Result<Note> parse_note(std::string_view bytes);
std::string format(const Note& note);

// One line with its newline, as a witness answers; and any number of them.
std::string format(const NoteSignature& signature);
Result<std::vector<NoteSignature>> parse_signatures(std::string_view lines);

// Whether `name` may be the name of a key: not empty, printable, no spaces, no plus, at most 255 bytes.
bool is_key_name(std::string_view name);

// A key that checks: "NAME+ID+base64(kind || public key)", the vkey of the specification.
class NoteVerifier {
 public:
  static Result<NoteVerifier> parse(std::string_view vkey);
  NoteVerifier(std::string name, KeyKind kind, crypto::VerifyKey key);

  const std::string& name() const { return name_; }
  std::uint32_t id() const { return id_; }
  KeyKind kind() const { return kind_; }
  std::string vkey() const;

  bool is_of(const NoteSignature& signature) const { return signature.name == name_ && signature.key_id == id_; }
  bool verify(std::string_view text, const NoteSignature& signature) const;

 private:
  std::string name_;
  KeyKind kind_;
  std::uint32_t id_;
  crypto::VerifyKey key_;
};

// A key that signs: "PRIVATE+KEY+NAME+ID+base64(kind || seed)", the form that Go's sumdb/note reads too. A secret.
class NoteSigner {
 public:
  static Result<NoteSigner> parse(std::string_view text);
  NoteSigner(std::string name, KeyKind kind, crypto::SigningKey key);

  const NoteVerifier& verifier() const { return verifier_; }
  std::string secret() const;

  // `time_s` is what a cosignature says; a plain signature says no time.
  NoteSignature sign(std::string_view text, std::int64_t time_s = 0) const;

 private:
  NoteVerifier verifier_;
  crypto::SigningKey key_;
};

// Checks the signatures of all `keys`: each one that is there must be good, and one must be. Gives the indices of the
// keys that signed. Errors: permission_denied when none did, or when one of a known key is wrong.
Result<std::vector<std::size_t>> check_note(const Note& note, std::span<const NoteVerifier> keys);

// When a witness signed, in Unix seconds; nothing for a signature of another form.
std::optional<std::int64_t> cosigned_at(const NoteSignature& signature);

}  // namespace bw::ledger
