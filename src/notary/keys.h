// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/note.h"

// The keys that sign checkpoints: DATA/checkpoint.keys, mode 0600, a key a line (NoteSigner's form), oldest first, all of
// the ledger's origin. Every key signs, so a new one is added, made known, and only then the old one dropped: rotation by
// overlap. Blocking; a file is replaced as a whole, so a running server sees the old list or the new one.
namespace bw::notary {

constexpr std::size_t keys_max = 8;

struct Keys {
  std::vector<ledger::NoteSigner> signers;  // at least one

  const std::string& origin() const { return signers.front().verifier().name(); }
  std::vector<ledger::NoteVerifier> verifiers() const;
  ledger::Note sign(std::string text) const;  // by all
};

std::string keys_path(const std::string& data_dir);

// Errors: not_found; failed_precondition when others may read the file; invalid_argument, naming the line.
Result<Keys> load_keys(const std::string& data_dir);

// The same, with a first key made when there is none. `origin` is the name of a new ledger; empty makes one of the
// machine's name and chance. failed_precondition when the keys there are of another origin.
Result<Keys> load_or_create_keys(const std::string& data_dir, std::string_view origin);

// Adds a fresh key of the same origin, or drops the oldest. failed_precondition at keys_max, and for the last one.
Result<Keys> add_key(const std::string& data_dir);
Result<Keys> drop_key(const std::string& data_dir);

// vkeys out of a file or text, one a line; empty lines and those that begin with # are passed over.
Result<std::vector<ledger::NoteVerifier>> parse_verifiers(std::string_view text);

}  // namespace bw::notary
