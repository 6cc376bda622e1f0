// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "async/loop.h"
#include "http/client.h"
#include "http/limits.h"

namespace bw::transport {

struct ClientOptions {
  http::ClientLimits limits;

  // Asked with each address a name resolved to ("10.0.0.7", "::1"), right before connecting to that very address; a name
  // that changes between check and use gains nothing. Unset: every address.
  std::function<bool(std::string_view address)> address_allowed;
};

// HTTP/1.1 over pooled connections. One per loop, used on its thread. TLS peers are always verified, name and chain.
class Client final : public http::Client {
 public:
  explicit Client(async::Loop& loop, ClientOptions options = {});
  ~Client() override;  // closes the connections; exchanges under way fail

  async::Task<http::ClientResult> send(http::ClientRequest request) override;

  std::size_t connections() const;  // open, idle or in use
  std::size_t idle_connections() const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace bw::transport
