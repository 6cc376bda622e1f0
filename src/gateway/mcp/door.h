// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "async/timer.h"
#include "gateway/entrance.h"
#include "gateway/mcp/arrivals.h"
#include "gateway/mcp/companions.h"
#include "gateway/mcp/door_parts.h"
#include "gateway/mcp/inbound.h"
#include "gateway/mcp/methods.h"
#include "gateway/mcp/sessions.h"
#include "gateway/mcp/stateless.h"
#include "http/handler.h"

namespace bw::gateway {

// The MCP endpoint of agents, both generations of the protocol on one URL. Each request is looked at in this order: is it
// addressed to this host, whose token is it, is it a message, which generation does it speak, do its headers say what its
// body says; only then, what does it want. Everything that has an effect is an action and goes through the path; the rest
// is answered from the catalogue.
//
//   McpDoor door(parts, {.hosts = {"agents.example.com"}, .version = "0.1.0"});
//   auto server = transport::Server::listen(loop, options, door);
//
// Lives on one loop. It outlives the server, and is destroyed after the loop has run for the last time.
class McpDoor final : public http::Handler {
 public:
  McpDoor(McpParts parts, McpOptions options);

  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override;

  std::size_t sessions() const { return sessions_.size(); }

 private:
  // Clears away what has expired, now and then.
  class Sweeper final : public async::Timer {
   public:
    explicit Sweeper(McpDoor& door);

   private:
    void expired() override;
    McpDoor& door_;
  };

  async::Task<void> post(http::Request request, domain::Principal principal, http::ResponseWriter& writer);
  std::expected<Ask, http::Response> understand(http::Request& request, domain::Principal principal) const;
  void sweep();

  McpParts parts_;
  McpOptions options_;
  Entrance entrance_;
  Methods methods_;
  Companions companions_;
  Stateless stateless_;
  Sessions sessions_;
  Arrivals arrivals_;
  Sweeper sweeper_;
};

}  // namespace bw::gateway
