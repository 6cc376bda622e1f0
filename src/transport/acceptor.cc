// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <utility>

#include "async/asio.h"
#include "base/log.h"
#include "transport/tcp.h"
#include "transport/tcp_stream.h"

namespace bw::transport {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using AcceptSocket = boost::asio::basic_socket_acceptor<tcp, Executor>;
using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr auto kPauseWithoutDescriptors = std::chrono::milliseconds(100);

Result<tcp::endpoint> parse_endpoint(std::string_view text) {
  auto colon = text.rfind(':');
  auto host = text.substr(0, colon);
  auto port_text = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  auto [end, bad] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  error_code error;
  auto address = boost::asio::ip::make_address(std::string(host), error);
  if (error || port_text.empty() || bad != std::errc() || end != port_text.data() + port_text.size()) {
    return fail(Code::invalid_argument, fmt::format("malformed listen address `{}`", text));
  }
  return tcp::endpoint(address, port);
}

}  // namespace

struct Acceptor::State : std::enable_shared_from_this<State> {
  explicit State(async::Loop& loop) : io(async::io_context(loop)), socket(io.get_executor()), pause(io) {}

  Status open(const tcp::endpoint& endpoint, bool reuse_port) {
    error_code error;
    auto check = [&](std::string_view step) -> Status {
      if (!error) return {};
      return fail(Code::unavailable, fmt::format("{}: {}", step, error.message()));
    };
    socket.open(endpoint.protocol(), error);
    BW_OK(check("open a listening socket"));
    socket.set_option(AcceptSocket::reuse_address(true), error);
    if (reuse_port) socket.set_option(ReusePort(true), error);
    socket.bind(endpoint, error);
    BW_OK(check("bind"));
    socket.listen(4096, error);
    return check("listen");
  }

  void accept() {
    socket.async_accept([self = shared_from_this()](error_code error, Socket accepted) {
      if (!self->on_accept || !self->socket.is_open()) return;
      if (error) return self->accept_later(error);
      error_code unknown;
      auto peer = accepted.remote_endpoint(unknown);
      if (!unknown) self->on_accept(std::make_shared<TcpStream>(std::move(accepted)), peer.address().to_string());
      if (self->socket.is_open()) self->accept();
    });
  }

  // Out of descriptors or memory: connections wait in the kernel until some are free again.
  void accept_later(error_code error) {
    log::warn("cannot accept a connection: {}", error.message());
    pause.expires_after(kPauseWithoutDescriptors);
    pause.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled && self->socket.is_open()) self->accept();
    });
  }

  boost::asio::io_context& io;
  AcceptSocket socket;
  boost::asio::steady_timer pause;
  OnAccept on_accept;
};

Acceptor::Acceptor(std::shared_ptr<State> state) : state_(std::move(state)) {}

Acceptor::~Acceptor() {
  close();
  state_->on_accept = nullptr;
}

Result<std::unique_ptr<Acceptor>> Acceptor::open(async::Loop& loop, std::string_view address, bool reuse_port) {
  BW_TRY(auto endpoint, parse_endpoint(address));
  auto state = std::make_shared<State>(loop);
  auto opened = state->open(endpoint, reuse_port);
  if (!opened) return fail(std::move(opened).error().with(fmt::format("listening on `{}`", address)));
  return std::unique_ptr<Acceptor>(new Acceptor(std::move(state)));
}

void Acceptor::start(OnAccept on_accept) {
  state_->on_accept = std::move(on_accept);
  state_->accept();
}

void Acceptor::close() {
  error_code ignored;
  state_->socket.close(ignored);
  state_->pause.cancel();
}

std::uint16_t Acceptor::port() const {
  error_code ignored;
  return state_->socket.local_endpoint(ignored).port();
}

}  // namespace bw::transport
