// SPDX-License-Identifier: Apache-2.0
#include "notary/keys.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>

#include "base/durable_file.h"
#include "base/text.h"
#include "crypto/random.h"

namespace bw::notary {
namespace {

constexpr std::size_t file_bytes_max = 64 << 10;

// "billing-2/5f1c0e9a77b3": tells ledgers of one machine apart, says nothing else.
std::string fresh_origin() {
  std::array<char, 256> host{};
  std::string name = ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "";
  for (char& c : name) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    if (!plain) c = '-';
  }
  return fmt::format("{}/{}", name.empty() ? "bailiwick" : name, to_hex(crypto::random_bytes(6)));
}

ledger::NoteSigner fresh_key(const std::string& origin) {
  return {origin, ledger::KeyKind::note, crypto::SigningKey::generate()};
}

Status save(const std::string& data_dir, const Keys& keys) {
  std::string text;
  for (const auto& signer : keys.signers) text += signer.secret() + "\n";
  return write_durably(keys_path(data_dir), text, 0600);
}

}  // namespace

std::string keys_path(const std::string& data_dir) { return data_dir + "/checkpoint.keys"; }

std::vector<ledger::NoteVerifier> Keys::verifiers() const {
  std::vector<ledger::NoteVerifier> out;
  for (const auto& signer : signers) out.push_back(signer.verifier());
  return out;
}

ledger::Note Keys::sign(std::string text) const {
  ledger::Note note{std::move(text), {}};
  for (const auto& signer : signers) note.signatures.push_back(signer.sign(note.text));
  return note;
}

Result<Keys> load_keys(const std::string& data_dir) {
  auto path = keys_path(data_dir);
  BW_TRY(auto text, read_private_file(path, file_bytes_max));
  Keys keys;
  int number = 0;
  for (auto line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    auto signer = ledger::NoteSigner::parse(trim(line));
    if (!signer) return fail(std::move(signer).error().with(fmt::format("{}:{}", path, number)));
    bool fits = signer->verifier().kind() == ledger::KeyKind::note &&
                (keys.signers.empty() || signer->verifier().name() == keys.origin());
    if (!fits) {
      return fail(Code::invalid_argument,
                  fmt::format("{}:{}: expected a key of kind 1 with the name of the first", path, number));
    }
    keys.signers.push_back(*std::move(signer));
  }
  if (keys.signers.empty()) return fail(Code::invalid_argument, fmt::format("{}: there is no key in it", path));
  return keys;
}

Result<Keys> load_or_create_keys(const std::string& data_dir, std::string_view origin) {
  auto keys = load_keys(data_dir);
  if (!keys && keys.error().code != Code::not_found) return keys;
  if (keys) {
    if (origin.empty() || origin == keys->origin()) return keys;
    return fail(Code::failed_precondition, fmt::format("the ledger's origin is `{}`, not `{}`: it cannot be renamed",
                                                       keys->origin(), printable(origin, 200)));
  }
  std::string name = origin.empty() ? fresh_origin() : std::string(origin);
  if (!ledger::is_key_name(name)) {
    return fail(Code::invalid_argument,
                fmt::format("origin `{}`: expected a name without spaces and plus, as example.com/ledger",
                            printable(name, 200)));
  }
  Keys fresh{{fresh_key(name)}};
  BW_OK(save(data_dir, fresh));
  return fresh;
}

Result<Keys> add_key(const std::string& data_dir) {
  BW_TRY(auto keys, load_keys(data_dir));
  if (keys.signers.size() == keys_max)
    return fail(Code::failed_precondition, fmt::format("there are {} keys: drop one first", keys_max));
  keys.signers.push_back(fresh_key(keys.origin()));
  BW_OK(save(data_dir, keys));
  return keys;
}

Result<Keys> drop_key(const std::string& data_dir) {
  BW_TRY(auto keys, load_keys(data_dir));
  if (keys.signers.size() == 1) return fail(Code::failed_precondition, "it is the only key: add another first");
  keys.signers.erase(keys.signers.begin());
  BW_OK(save(data_dir, keys));
  return keys;
}

Result<std::vector<ledger::NoteVerifier>> parse_verifiers(std::string_view text) {
  std::vector<ledger::NoteVerifier> out;
  int number = 0;
  for (auto line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    auto verifier = ledger::NoteVerifier::parse(line);
    if (!verifier) return fail(std::move(verifier).error().with(fmt::format("line {}", number)));
    out.push_back(*std::move(verifier));
  }
  if (out.empty()) return fail(Code::invalid_argument, "there is no key; expected NAME+ID+KEY, one a line");
  return out;
}

}  // namespace bw::notary
