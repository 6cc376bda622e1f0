// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/result.h"

namespace bw::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// Fetched once: OpenSSL 3 otherwise looks the algorithm up, under a lock, at each use. Never freed: it lives as long as
// the process, and threads may still hash while it exits.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  BW_ASSERT(fetched != nullptr);
  return fetched;
}

ContextPtr make_context() {
  ContextPtr context(EVP_MD_CTX_new());
  BW_ASSERT(context != nullptr);
  return context;
}

// A failure here is memory or a broken provider: nothing a caller could do about it.
void start(EVP_MD_CTX* context) { BW_ASSERT(EVP_DigestInit_ex2(context, algorithm(), nullptr) == 1); }
void feed(EVP_MD_CTX* context, std::string_view bytes) {
  BW_ASSERT(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}
void finish_into(EVP_MD_CTX* context, char* out) {
  unsigned size = 0;
  BW_ASSERT(EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(out), &size) == 1 && size == 32);
}

EVP_MD_CTX* thread_context() {
  thread_local ContextPtr context = make_context();
  return context.get();
}

void hash_into(std::initializer_list<std::string_view> parts, char* out) {
  auto* context = thread_context();
  start(context);
  for (auto part : parts) feed(context, part);
  finish_into(context, out);
}

}  // namespace

std::string sha256(std::string_view bytes) { return sha256({bytes}); }

std::string sha256(std::initializer_list<std::string_view> parts) {
  std::string out(32, '\0');
  hash_into(parts, out.data());
  return out;
}

Digest digest(std::string_view bytes) { return digest({bytes}); }

Digest digest(std::initializer_list<std::string_view> parts) {
  Digest out;
  hash_into(parts, out.data());
  return out;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string out(32, '\0');
  unsigned size = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  auto* made = HMAC(algorithm(), key.empty() ? "" : key.data(), static_cast<int>(key.size()), data, bytes.size(),
                    reinterpret_cast<unsigned char*>(out.data()), &size);
  BW_ASSERT(made != nullptr && size == 32);
  return out;
}

struct Sha256::Context {
  ContextPtr digest = make_context();
};

Sha256::Sha256() : context_(std::make_unique<Context>()) { start(context_->digest.get()); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes) { feed(context_->digest.get(), bytes); }

std::string Sha256::finish() {
  std::string out(32, '\0');
  finish_into(context_->digest.get(), out.data());
  start(context_->digest.get());
  return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace bw::crypto
