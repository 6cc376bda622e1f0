// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/authzen/authzen.h"
#include "gateway/entrance.h"
#include "http/handler.h"

namespace bw::gateway {

// AuthZEN for agents and whatever enforces policy in front of one of them: with an agent's token, about that agent. The same
// questions with an operator's token are the admin API's. docs/reference/agents.md describes it for those who call it.
//
// Lives on the agents' loop. Everything it is given outlives it, and it outlives the server.
class AuthzenDoor final : public http::Handler {
 public:
  // `origin` says where this listener is; `hosts` as for HostCheck.
  AuthzenDoor(Authenticator& authenticator, Authzen& authzen, std::vector<std::string> hosts,
              std::function<std::string()> origin)
      : hosts_(hosts), entrance_(authenticator, std::move(hosts)), authzen_(authzen), origin_(std::move(origin)) {}

  static bool serves(std::string_view path) {
    return path.starts_with(Authzen::root) || path == Authzen::metadata_path;
  }
  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override;

 private:
  http::Response metadata(const http::Request& request) const;

  HostCheck hosts_;
  Entrance entrance_;
  Authzen& authzen_;
  std::function<std::string()> origin_;
};

}  // namespace bw::gateway
