// SPDX-License-Identifier: Apache-2.0
#include "transport/server.h"

#include <fmt/core.h>

#include <set>
#include <utility>

#include "base/log.h"
#include "transport/connection.h"
#include "transport/tcp.h"
#include "transport/tls.h"

namespace bw::transport {

// Outlives the Server while connections end.
struct Server::State : std::enable_shared_from_this<State> {
  State(async::Loop& loop, ServerOptions given, http::Handler& handler)
      : context{loop, handler, given.limits, {}, {}, 0}, options(std::move(given)) {}

  Status open() {
    if (options.tls) {
      BW_TRY(tls, TlsContext::for_server(*options.tls));
    }
    BW_TRY(acceptor, Acceptor::open(context.loop, options.address, options.reuse_port));
    port = acceptor->port();
    return {};
  }

  void start() {
    acceptor->start([state = weak_from_this()](StreamPtr stream, std::string peer) {
      auto self = state.lock();
      if (!self) return;
      if (self->count >= self->options.limits.connections_max) return stream->close();
      ++self->count;
      async::spawn(self->context.loop, serve(self, std::move(stream), std::move(peer)));
    });
  }

  static async::Task<void> serve(std::shared_ptr<State> self, StreamPtr stream, std::string peer) {
    if (self->tls) {
      auto shaken = co_await TlsContext::accept(self->tls, std::move(stream), self->options.limits.handshake_ms_max);
      stream = shaken ? *shaken : nullptr;
    }
    if (stream && !self->killed) co_await serve_requests(self, std::move(stream), std::move(peer));
    if (--self->count == 0) self->all_gone.set();
  }

  static async::Task<void> serve_requests(std::shared_ptr<State> self, StreamPtr stream, std::string peer) {
    Connection connection(self->context, std::move(stream), std::move(peer), self->tls != nullptr);
    auto place = self->connections.insert(&connection).first;
    co_await connection.run();
    self->connections.erase(place);
  }

  void kill() {
    killed = true;
    for (auto* connection : connections) connection->close();
  }

  ServerContext context;
  ServerOptions options;
  std::shared_ptr<TlsContext> tls;
  std::unique_ptr<Acceptor> acceptor;
  std::uint16_t port = 0;
  std::set<Connection*> connections;
  std::size_t count = 0;  // also those that still shake hands
  bool killed = false;
  async::Event all_gone;
};

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() {
  state_->acceptor->close();
  state_->context.draining.set();
  state_->kill();
}

Result<std::unique_ptr<Server>> Server::listen(async::Loop& loop, ServerOptions options, http::Handler& handler) {
  auto state = std::make_shared<State>(loop, std::move(options), handler);
  BW_OK(state->open());
  state->start();
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

std::uint16_t Server::port() const { return state_->port; }

std::string Server::url() const {
  const auto& address = state_->options.address;
  return fmt::format("{}://{}:{}", state_->tls ? "https" : "http", address.substr(0, address.rfind(':')), port());
}

std::size_t Server::connections() const { return state_->count; }

async::Task<bool> Server::drain(std::int64_t deadline_ms) {
  auto state = state_;
  state->acceptor->close();
  state->context.draining.set();
  auto connections = state->connections;  // closing one may end it
  for (auto* connection : connections) {
    if (state->connections.contains(connection)) connection->close_if_idle();
  }
  if (state->count == 0) co_return true;
  state->all_gone.reset();
  auto in_time = co_await async::wait_any(deadline_ms, state->all_gone);
  if (!in_time) state->kill();
  co_return in_time.has_value();
}

}  // namespace bw::transport
