// SPDX-License-Identifier: Apache-2.0
#include "transport/tls.h"

#include <fmt/core.h>
#include <openssl/ssl.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <string_view>
#include <utility>

#include "transport/tcp_stream.h"

namespace bw::transport {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

constexpr std::string_view kAlpn = "\x08http/1.1";

class TlsStream final : public ByteStream {
 public:
  TlsStream(Socket socket, ssl::context& context, std::shared_ptr<TlsContext> keep)
      : context_(std::move(keep)), stream_(std::move(socket), context) {}

  void start_handshake(ssl::stream_base::handshake_type type) {
    stream_.async_handshake(type, [self = self()](error_code error) {
      self->handshake_error = error;
      self->handshaken.set();
    });
  }

  void start_read(char* into, std::size_t bytes_max) override {
    stream_.async_read_some(boost::asio::buffer(into, bytes_max), [self = self()](error_code error, std::size_t n) {
      self->read_done(error ? 0 : n, !error ? End::none : error == boost::asio::error::eof ? End::clean : End::broken);
    });
  }

  void start_write(std::string_view bytes) override {
    stream_.async_write_some(boost::asio::buffer(bytes.data(), bytes.size()),
                             [self = self()](error_code error, std::size_t n) { self->write_done(n, bool(error)); });
  }

  std::size_t write_now(std::string_view) override { return 0; }

  void finish_writing() override {
    stream_.async_shutdown([self = self()](error_code) {});
  }

  void close() override {
    error_code ignored;
    stream_.lowest_layer().close(ignored);
  }

  SSL* native() { return stream_.native_handle(); }
  ssl::stream<Socket>& stream() { return stream_; }

  async::Event handshaken;
  error_code handshake_error;

 private:
  std::shared_ptr<TlsStream> self() { return std::static_pointer_cast<TlsStream>(shared_from_this()); }

  std::shared_ptr<TlsContext> context_;
  ssl::stream<Socket> stream_;
};

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* offered,
                unsigned int bytes, void*) {
  auto* wanted = reinterpret_cast<const unsigned char*>(kAlpn.data());
  auto* chosen = const_cast<unsigned char**>(out);
  bool common =
      SSL_select_next_proto(chosen, out_bytes, wanted, kAlpn.size(), offered, bytes) == OPENSSL_NPN_NEGOTIATED;
  return common ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Status check(const error_code& error, std::string_view step) {
  if (!error) return {};
  return fail(Code::invalid_argument, fmt::format("{}: {}", step, error.message()));
}

async::Task<Result<StreamPtr>> shake_hands(std::shared_ptr<TlsStream> stream, ssl::stream_base::handshake_type type,
                                           std::int64_t timeout_ms, async::Event* cancel) {
  async::Event never;
  stream->start_handshake(type);
  auto first = co_await async::wait_any(timeout_ms, stream->handshaken, cancel ? *cancel : never);
  if (first && *first == 0 && !stream->handshake_error) co_return stream;
  stream->close();
  if (!first) co_return fail(Code::deadline_exceeded, "TLS handshake took too long");
  if (*first == 1) co_return fail(Code::cancelled, "cancelled during the TLS handshake");
  co_return fail(Code::unavailable, "TLS handshake: " + stream->handshake_error.message());
}

bool is_literal_address(const std::string& host) {
  error_code error;
  boost::asio::ip::make_address(host, error);
  return !error;
}

// What SSL_set_tlsext_host_name does; as a macro it casts in the old style.
bool set_server_name(SSL* connection, std::string host) {
  return SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

}  // namespace

struct TlsContext::Impl {
  Impl() : context(ssl::context::tls) {
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  }
  ssl::context context;
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::for_server(const TlsFiles& files) {
  auto impl = std::make_unique<Impl>();
  error_code error;
  impl->context.use_certificate_chain_file(files.certificate_chain, error);
  BW_OK(check(error, fmt::format("certificate `{}`", files.certificate_chain)));
  impl->context.use_private_key_file(files.private_key, ssl::context::pem, error);
  BW_OK(check(error, fmt::format("private key `{}`", files.private_key)));
  SSL_CTX_set_alpn_select_cb(impl->context.native_handle(), choose_alpn, nullptr);
  return std::make_shared<TlsContext>(std::move(impl));
}

Result<std::shared_ptr<TlsContext>> TlsContext::for_client(const std::string& ca_file) {
  auto impl = std::make_unique<Impl>();
  error_code error;
  if (ca_file.empty()) {
    impl->context.set_default_verify_paths(error);
  } else {
    impl->context.load_verify_file(ca_file, error);
  }
  BW_OK(check(error, fmt::format("certificate authorities `{}`", ca_file)));
  impl->context.set_verify_mode(ssl::verify_peer, error);
  BW_OK(check(error, "verify mode"));
  SSL_CTX_set_alpn_protos(impl->context.native_handle(), reinterpret_cast<const unsigned char*>(kAlpn.data()),
                          kAlpn.size());
  return std::make_shared<TlsContext>(std::move(impl));
}

async::Task<Result<StreamPtr>> TlsContext::accept(std::shared_ptr<TlsContext> context, StreamPtr tcp,
                                                  std::int64_t timeout_ms) {
  auto socket = static_cast<TcpStream&>(*tcp).take_socket();
  auto stream = std::make_shared<TlsStream>(std::move(socket), context->impl_->context, context);
  auto result = co_await shake_hands(std::move(stream), ssl::stream_base::server, timeout_ms, nullptr);
  co_return result;
}

async::Task<Result<StreamPtr>> TlsContext::connect(std::shared_ptr<TlsContext> context, StreamPtr tcp, std::string host,
                                                   std::int64_t timeout_ms, async::Event* cancel) {
  auto socket = static_cast<TcpStream&>(*tcp).take_socket();
  auto stream = std::make_shared<TlsStream>(std::move(socket), context->impl_->context, context);
  error_code error;
  stream->stream().set_verify_callback(ssl::host_name_verification(host), error);
  if (error) co_return fail(Code::internal, "TLS: " + error.message());
  if (!is_literal_address(host) && !set_server_name(stream->native(), host)) {
    co_return fail(Code::invalid_argument, "TLS: malformed host name");
  }
  auto result = co_await shake_hands(std::move(stream), ssl::stream_base::client, timeout_ms, cancel);
  co_return result;
}

}  // namespace bw::transport
