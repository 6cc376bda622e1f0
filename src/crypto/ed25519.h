// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

// Ed25519 (RFC 8032): 32-byte public keys, 64-byte signatures, raw bytes everywhere. Keys are immutable, cheap to copy,
// and safe to use from any thread at once.
namespace bw::crypto {

class VerifyKey {
 public:
  static Result<VerifyKey> from_bytes(std::string_view public_key);  // 32 raw bytes
  static Result<VerifyKey> from_pem(std::string_view pem);           // SubjectPublicKeyInfo

  bool verify(std::string_view message, std::string_view signature) const;
  std::string bytes() const;
  std::string pem() const;

 private:
  friend class SigningKey;
  struct Key;
  explicit VerifyKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;
};

class SigningKey {
 public:
  static SigningKey generate();
  static Result<SigningKey> from_seed(std::string_view seed);  // 32 raw bytes
  static Result<SigningKey> from_pem(std::string_view pem);    // PKCS #8, not encrypted

  std::string sign(std::string_view message) const;
  std::string seed() const;  // secret
  std::string pem() const;   // secret
  VerifyKey verify_key() const;

 private:
  explicit SigningKey(std::shared_ptr<const VerifyKey::Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const VerifyKey::Key> key_;
};

// A key file holds PKCS #8 PEM or exactly 32 raw bytes. A file that others than its owner may read is refused.
Result<SigningKey> load_signing_key(const std::string& path);

// Writes PEM with mode 0600, durably, and never over an existing file (`already_exists`).
Status save_signing_key(const std::string& path, const SigningKey& key);

}  // namespace bw::crypto
