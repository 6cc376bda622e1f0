// SPDX-License-Identifier: Apache-2.0
#include "crypto/seal.h"

#include <openssl/evp.h>

#include <algorithm>

#include "crypto/random.h"

namespace bw::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// Fetched once and never freed, as in hash.cc.
const EVP_CIPHER* gcm() {
  static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  BW_ASSERT(fetched != nullptr);
  return fetched;
}

ContextPtr make_context() {
  ContextPtr context(EVP_CIPHER_CTX_new());
  BW_ASSERT(context != nullptr);
  return context;
}

const unsigned char* data_of(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* data_of(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* data_of(const Nonce& nonce) { return reinterpret_cast<const unsigned char*>(nonce.data()); }

int size_of(std::string_view bytes) {
  BW_ASSERT(bytes.size() <= 1U << 30);
  return static_cast<int>(bytes.size());
}

}  // namespace

std::string fresh_key() { return random_salt(key_bytes); }

Nonce numbered(std::uint32_t number) {
  Nonce out{};
  for (std::size_t i = 0; i < 4; ++i) out[nonce_bytes - 1 - i] = static_cast<char>(number >> (8 * i));
  return out;
}

struct Sealer::Context {
  ContextPtr cipher = make_context();
};

Sealer::Sealer() : context_(std::make_unique<Context>()) {
  BW_ASSERT(EVP_EncryptInit_ex2(context_->cipher.get(), gcm(), nullptr, nullptr, nullptr) == 1);
}
Sealer::~Sealer() = default;
Sealer::Sealer(Sealer&&) noexcept = default;
Sealer& Sealer::operator=(Sealer&&) noexcept = default;

void Sealer::use(std::string_view key) {
  BW_ASSERT(key.size() == key_bytes);
  BW_ASSERT(EVP_EncryptInit_ex2(context_->cipher.get(), nullptr, data_of(key), nullptr, nullptr) == 1);
}

// A failure here is memory or a broken provider: nothing a caller could do about it.
std::string Sealer::seal(const Nonce& nonce, std::string_view bound, std::string_view plain) {
  auto* c = context_->cipher.get();
  std::string out(plain.size() + tag_bytes, '\0');
  int size = 0, rest = 0, ignored = 0;
  bool good = EVP_EncryptInit_ex2(c, nullptr, nullptr, data_of(nonce), nullptr) == 1 &&
              EVP_EncryptUpdate(c, nullptr, &ignored, data_of(bound), size_of(bound)) == 1 &&
              EVP_EncryptUpdate(c, data_of(out), &size, data_of(plain), size_of(plain)) == 1 &&
              EVP_EncryptFinal_ex(c, data_of(out) + size, &rest) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, tag_bytes, data_of(out) + plain.size()) == 1;
  BW_ASSERT(good && static_cast<std::size_t>(size + rest) == plain.size());
  return out;
}

std::string Sealer::wrap(std::string_view key, std::string_view bound) {
  auto random = random_salt(nonce_bytes);
  Nonce nonce;
  std::ranges::copy(random, nonce.begin());
  return random + seal(nonce, bound, key);
}

Result<std::string> unseal(std::string_view key, const Nonce& nonce, std::string_view bound, std::string_view sealed) {
  if (key.size() != key_bytes || sealed.size() < tag_bytes)
    return fail(Code::data_loss, "sealed bytes, or their key, are too short");
  thread_local ContextPtr context = make_context();
  auto* c = context.get();
  auto cipher = sealed.substr(0, sealed.size() - tag_bytes);
  std::string tag(sealed.substr(cipher.size())), out(cipher.size(), '\0');
  int size = 0, rest = 0, ignored = 0;
  bool good = EVP_DecryptInit_ex2(c, gcm(), data_of(key), data_of(nonce), nullptr) == 1 &&
              EVP_DecryptUpdate(c, nullptr, &ignored, data_of(bound), size_of(bound)) == 1 &&
              EVP_DecryptUpdate(c, data_of(out), &size, data_of(cipher), size_of(cipher)) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1 &&
              EVP_DecryptFinal_ex(c, data_of(out) + size, &rest) == 1;
  if (!good) return fail(Code::data_loss, "sealed bytes were changed, or the key is not theirs");
  return out;
}

Result<std::string> unwrap(std::string_view key, std::string_view bound, std::string_view wrapped) {
  if (wrapped.size() != wrapped_bytes) return fail(Code::data_loss, "a wrapped key has 60 bytes");
  Nonce nonce;
  std::ranges::copy(wrapped.substr(0, nonce_bytes), nonce.begin());
  return unseal(key, nonce, bound, wrapped.substr(nonce_bytes));
}

}  // namespace bw::crypto
