// SPDX-License-Identifier: Apache-2.0
#include "crypto/ed25519.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/durable_file.h"
#include "crypto/random.h"

namespace bw::crypto {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using ContextPtr = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

BioPtr reader(std::string_view text) { return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::string contents(BIO* bio) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

bool is_ed25519(const KeyPtr& key) { return key && EVP_PKEY_get_id(key.get()) == EVP_PKEY_ED25519; }

// PEM may ask for a passphrase; a server has nobody to ask.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

struct VerifyKey::Key {
  KeyPtr key;
};

Result<VerifyKey> VerifyKey::from_bytes(std::string_view public_key) {
  if (public_key.size() != 32) return fail(Code::invalid_argument, "an Ed25519 public key has 32 bytes");
  KeyPtr key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(public_key), 32));
  if (!key) return fail(Code::invalid_argument, "not an Ed25519 public key");
  return VerifyKey(std::make_shared<const Key>(std::move(key)));
}

Result<VerifyKey> VerifyKey::from_pem(std::string_view pem) {
  auto bio = reader(pem);
  KeyPtr key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
  if (!is_ed25519(key)) return fail(Code::invalid_argument, "not an Ed25519 public key in PEM");
  return VerifyKey(std::make_shared<const Key>(std::move(key)));
}

bool VerifyKey::verify(std::string_view message, std::string_view signature) const {
  ContextPtr context(EVP_MD_CTX_new());
  BW_ASSERT(context != nullptr);
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_->key.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

std::string VerifyKey::bytes() const {
  std::string out(32, '\0');
  std::size_t size = out.size();
  BW_ASSERT(EVP_PKEY_get_raw_public_key(key_->key.get(), reinterpret_cast<unsigned char*>(out.data()), &size) == 1);
  return out;
}

std::string VerifyKey::pem() const {
  BioPtr bio(BIO_new(BIO_s_mem()));
  BW_ASSERT(bio && PEM_write_bio_PUBKEY(bio.get(), key_->key.get()) == 1);
  return contents(bio.get());
}

SigningKey SigningKey::generate() {
  auto key = from_seed(random_bytes(32));
  BW_ASSERT(key.has_value());
  return *std::move(key);
}

Result<SigningKey> SigningKey::from_seed(std::string_view seed) {
  if (seed.size() != 32) return fail(Code::invalid_argument, "an Ed25519 seed has 32 bytes");
  KeyPtr key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), 32));
  if (!key) return fail(Code::internal, "cannot make an Ed25519 key");
  return SigningKey(std::make_shared<const VerifyKey::Key>(std::move(key)));
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  auto bio = reader(pem);
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!is_ed25519(key)) return fail(Code::invalid_argument, "not an unencrypted Ed25519 private key in PEM");
  return SigningKey(std::make_shared<const VerifyKey::Key>(std::move(key)));
}

std::string SigningKey::sign(std::string_view message) const {
  ContextPtr context(EVP_MD_CTX_new());
  BW_ASSERT(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_->key.get()) == 1);
  std::string out(64, '\0');
  std::size_t size = out.size();
  auto* signature = reinterpret_cast<unsigned char*>(out.data());
  BW_ASSERT(EVP_DigestSign(context.get(), signature, &size, bytes_of(message), message.size()) == 1);
  return out;
}

std::string SigningKey::seed() const {
  std::string out(32, '\0');
  std::size_t size = out.size();
  BW_ASSERT(EVP_PKEY_get_raw_private_key(key_->key.get(), reinterpret_cast<unsigned char*>(out.data()), &size) == 1);
  return out;
}

std::string SigningKey::pem() const {
  BioPtr bio(BIO_new(BIO_s_secmem()));
  BW_ASSERT(bio &&
            PEM_write_bio_PKCS8PrivateKey(bio.get(), key_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return contents(bio.get());
}

VerifyKey SigningKey::verify_key() const {
  std::string raw(32, '\0');
  std::size_t size = raw.size();
  BW_ASSERT(EVP_PKEY_get_raw_public_key(key_->key.get(), reinterpret_cast<unsigned char*>(raw.data()), &size) == 1);
  auto key = VerifyKey::from_bytes(raw);
  BW_ASSERT(key.has_value());
  return *std::move(key);
}

namespace {

constexpr std::size_t file_bytes_max = 4096;

// Closes at the end of its scope.
struct File {
  int descriptor;
  explicit File(int opened) : descriptor(opened) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

std::unexpected<Error> failed(const char* what, const std::string& path) {
  auto code = errno == EEXIST ? Code::already_exists : errno == ENOENT ? Code::not_found : Code::unavailable;
  return fail(code, fmt::format("cannot {} key file `{}`: {}", what, path, std::strerror(errno)));
}

}  // namespace

Result<SigningKey> load_signing_key(const std::string& path) {
  BW_TRY(auto text, read_private_file(path, file_bytes_max));
  return text.size() == 32 ? SigningKey::from_seed(text) : SigningKey::from_pem(text);
}

Status save_signing_key(const std::string& path, const SigningKey& key) {
  File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.descriptor < 0) return failed("create", path);
  auto text = key.pem();
  if (::write(file.descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return failed("write", path);
  if (::fsync(file.descriptor) != 0) return failed("sync", path);
  auto slash = path.find_last_of('/');
  auto folder = slash == std::string::npos ? std::string(".") : path.substr(0, slash + 1);
  File parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.descriptor < 0 || ::fsync(parent.descriptor) != 0) return failed("sync the folder of", path);
  return {};
}

}  // namespace bw::crypto
