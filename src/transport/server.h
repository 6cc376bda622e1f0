// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "async/loop.h"
#include "async/task.h"
#include "base/result.h"
#include "http/handler.h"
#include "http/limits.h"

namespace bw::transport {

struct TlsFiles {
  std::string certificate_chain;  // PEM
  std::string private_key;        // PEM
};

struct ServerOptions {
  std::string address = "127.0.0.1:0";  // "host:port", "[::1]:0"; a literal address; port 0 picks one
  std::optional<TlsFiles> tls;          // TLS 1.2 and above
  http::ServerLimits limits;
  bool reuse_port = false;  // several loops may listen on one port, each with its own server
};

// Listens for HTTP/1.1 and hands each request to a handler. Strict: a request that two readers could understand
// differently is refused and its connection closed. Belongs to one loop, and is used on that loop's thread.
//
//   BW_TRY(auto server, transport::Server::listen(loop, options, handler));
//   … co_await server->drain(10'000);
//
// Destroying it closes every connection at once. The handler outlives the tasks of the connections: drain first, or
// destroy the loop before the handler.
class Server {
 public:
  static Result<std::unique_ptr<Server>> listen(async::Loop& loop, ServerOptions options, http::Handler& handler);
  ~Server();

  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:7070"
  std::size_t connections() const;

  // Stops accepting, closes idle connections, lets requests in flight finish, and closes what is left after the deadline.
  // Returns whether everything finished by itself.
  async::Task<bool> drain(std::int64_t deadline_ms);

 private:
  struct State;
  explicit Server(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace bw::transport
