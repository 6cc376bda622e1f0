// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

// Secrecy for what is stored: AES-256-GCM (NIST SP 800-38D) with nonces of 12 bytes and tags of 16.
//
//   Sealer sealer;
//   auto key = fresh_key();
//   sealer.use(key);                                                   // a key for one record alone,
//   auto sealed = sealer.seal(numbered(0), "entry 17", "for few eyes");  // its values numbered
//   sealer.use(master);
//   auto kept = sealer.wrap(key, "entry 17");
namespace bw::crypto {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t wrapped_bytes = nonce_bytes + key_bytes + tag_bytes;

std::string fresh_key();  // 32 random bytes

using Nonce = std::array<char, nonce_bytes>;
Nonce numbered(std::uint32_t number);  // big-endian, behind zeros

// Seals under the key that it was told to use. One owner; not for two threads at once.
class Sealer {
 public:
  Sealer();
  ~Sealer();
  Sealer(Sealer&&) noexcept;
  Sealer& operator=(Sealer&&) noexcept;

  void use(std::string_view key);

  // Ciphertext and tag. A pair of key and nonce must never seal twice. `bound` is authenticated, not stored.
  std::string seal(const Nonce& nonce, std::string_view bound, std::string_view plain);

  // A key, sealed under a random nonce that stands before it: at most 2^32 of them under one key in use (SP 800-38D, 8.3).
  std::string wrap(std::string_view key, std::string_view bound);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// What was sealed. Any thread. Errors: data_loss when key, nonce, bound or a byte is not the one that sealed.
Result<std::string> unseal(std::string_view key, const Nonce& nonce, std::string_view bound, std::string_view sealed);
Result<std::string> unwrap(std::string_view key, std::string_view bound, std::string_view wrapped);

}  // namespace bw::crypto
