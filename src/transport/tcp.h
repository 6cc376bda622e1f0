// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "async/event.h"
#include "async/loop.h"
#include "async/task.h"
#include "base/result.h"
#include "transport/byte_stream.h"

namespace bw::transport {

// A listening socket. Calls back with each connection until it is closed or destroyed.
class Acceptor {
 public:
  using OnAccept = std::function<void(StreamPtr stream, std::string peer_address)>;

  // `address` is literal: "127.0.0.1:7070", "[::1]:0".
  static Result<std::unique_ptr<Acceptor>> open(async::Loop& loop, std::string_view address, bool reuse_port);
  ~Acceptor();

  void start(OnAccept on_accept);
  void close();
  std::uint16_t port() const;

 private:
  struct State;
  explicit Acceptor(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

struct ConnectOptions {
  std::string host;
  std::uint16_t port = 0;
  std::int64_t timeout_ms = 10'000;
  std::function<bool(std::string_view)> address_allowed;
  async::Event* cancel = nullptr;
};

// Resolves the name and tries its addresses, allowed ones only, in order, until one answers.
async::Task<Result<StreamPtr>> connect_tcp(async::Loop& loop, ConnectOptions options);

}  // namespace bw::transport
