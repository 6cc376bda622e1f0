// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

// SHA-256 and what is built from it. Every function is safe from any thread; each thread keeps one context and reuses it.
//
//   std::string raw = sha256("abc");                     // 32 raw bytes; to_hex(raw) for people
//   Digest node = digest({"\x01", view(left), view(right)});  // parts, without joining them and without the heap
namespace bw::crypto {

// 32 raw bytes without the heap, for code that makes many of them.
using Digest = std::array<char, 32>;
inline std::string_view view(const Digest& digest) { return {digest.data(), digest.size()}; }

std::string sha256(std::string_view bytes);                         // 32 raw bytes
std::string sha256(std::initializer_list<std::string_view> parts);  // of the parts joined
Digest digest(std::string_view bytes);
Digest digest(std::initializer_list<std::string_view> parts);

std::string hmac_sha256(std::string_view key, std::string_view bytes);  // RFC 2104, 32 raw bytes

// SHA-256 of bytes that come piece by piece. One owner; not for two threads at once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void add(std::string_view bytes);
  std::string finish();  // the digest of all that was added; the object then starts anew

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Compares secrets in a time that depends on the lengths only.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace bw::crypto
