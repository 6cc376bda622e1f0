// SPDX-License-Identifier: Apache-2.0
#include "transport/tls.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "async/loop.h"
#include "transport/client.h"
#include "transport/server.h"
#include "transport/test_handlers.h"

namespace bw::transport {
namespace {

// A self-signed certificate for localhost and 127.0.0.1, in a folder of its own.
class Certificate {
 public:
  explicit Certificate(const std::string& name)
      : folder_(std::filesystem::temp_directory_path() / ("bw_tls_test_" + std::to_string(::getpid()) + "_" + name)) {
    std::filesystem::create_directories(folder_);
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
    X509_set_version(cert.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
    X509_set_pubkey(cert.get(), key.get());
    auto* subject = X509_get_subject_name(cert.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(cert.get(), subject);
    auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(cert.get(), names, -1);
    X509_EXTENSION_free(names);
    X509_sign(cert.get(), key.get(), EVP_sha256());
    save(files().certificate_chain, [&](FILE* file) { return PEM_write_X509(file, cert.get()); });
    save(files().private_key,
         [&](FILE* file) { return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  ~Certificate() { std::filesystem::remove_all(folder_); }

  TlsFiles files() const { return {(folder_ / "cert.pem").string(), (folder_ / "key.pem").string()}; }

 private:
  template <class Write>
  static void save(const std::string& path, Write write) {
    FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(write(file), 1);
    std::fclose(file);
  }
  std::filesystem::path folder_;
};

std::unique_ptr<Server> listen(async::Loop& loop, http::Handler& handler, const Certificate& certificate) {
  ServerOptions options;
  options.tls = certificate.files();
  auto server = Server::listen(loop, std::move(options), handler);
  EXPECT_TRUE(server) << server.error().message;
  return std::move(*server);
}

http::ClientRequest post(const Server& server, std::string host, std::string ca_file, std::string body) {
  http::ClientRequest request;
  request.method = "POST";
  request.url = "https://" + std::move(host) + ":" + std::to_string(server.port()) + "/p";
  request.ca_file = std::move(ca_file);
  request.body = std::move(body);
  return request;
}

TEST(Tls, CarriesRequestsLargeAndSmall) {
  async::Loop loop;
  ShowHandler show;
  Certificate certificate("ours");
  auto server = listen(loop, show, certificate);
  EXPECT_TRUE(server->url().starts_with("https://"));
  Client client(loop);
  for (std::string host : {"127.0.0.1", "localhost"}) {
    for (std::size_t bytes : {5UL, 3UL << 20}) {
      std::string body(bytes, 'b');
      auto answer = async::run(loop, client.send(post(*server, host, certificate.files().certificate_chain, body)));
      ASSERT_TRUE(answer) << answer.error().message;
      EXPECT_EQ(answer->body, "POST /p [" + body + "]");
    }
  }
  EXPECT_EQ(client.connections(), 2U);  // one per host, used twice
}

TEST(Tls, RefusesServersItCannotVerify) {
  async::Loop loop;
  ShowHandler show;
  Certificate ours("ours"), other("other");
  auto server = listen(loop, show, ours);
  Client client(loop);
  struct Case {
    std::string host, ca_file;
  };
  for (const Case& c : {Case{"127.0.0.1", ""},
                        {"127.0.0.1", other.files().certificate_chain},
                        {"127.0.0.2", ours.files().certificate_chain}}) {  // a right chain for another name
    auto answer = async::run(loop, client.send(post(*server, c.host, c.ca_file, "secret")));
    ASSERT_FALSE(answer) << c.host;
    EXPECT_EQ(answer.error().sent, http::Sent::no);
  }
  EXPECT_EQ(show.requests, 0);
}

TEST(Tls, APlainClientIsDropped) {
  async::Loop loop;
  ShowHandler show;
  Certificate certificate("ours");
  auto server = listen(loop, show, certificate);
  Client client(loop);
  http::ClientRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/";
  EXPECT_FALSE(async::run(loop, client.send(std::move(request))));
  EXPECT_EQ(show.requests, 0);
}

TEST(Tls, MissingOrMixedUpFilesAreErrors) {
  async::Loop loop;
  ShowHandler show;
  Certificate ours("ours"), other("other");
  for (TlsFiles files :
       {TlsFiles{"/none.pem", ours.files().private_key}, TlsFiles{ours.files().certificate_chain, "/none.pem"},
        TlsFiles{ours.files().certificate_chain, other.files().private_key}}) {
    ServerOptions options;
    options.tls = files;
    EXPECT_FALSE(Server::listen(loop, std::move(options), show));
  }
  Client client(loop);
  http::ClientRequest request;
  request.url = "https://127.0.0.1:1/";
  request.ca_file = "/none.pem";
  EXPECT_FALSE(async::run(loop, client.send(std::move(request))));
}

}  // namespace
}  // namespace bw::transport
