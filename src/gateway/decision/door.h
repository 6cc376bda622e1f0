// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/entrance.h"
#include "gateway/path.h"
#include "gateway/tickets.h"
#include "http/handler.h"

namespace bw::gateway {

// The decision API: for agents that carry an action out themselves, with tools of external upstreams. They ask before, and
// report the outcome after; in between lies the same path as any action's, with the agent's report in the place of the
// upstream's answer. docs/reference/agents.md describes it for those who call it.
//
//   POST /decision/v1/actions               asks: allow, deny, or hold with a ticket
//   POST /decision/v1/actions/ID/outcome    reports
//   GET  /decision/v1/tickets               what waits for a person
//   POST /decision/v1/tickets/ID/await      waits for the decision; then as `actions`
//   POST /decision/v1/tickets/ID/withdraw   takes the request back
//
// Lives on the agents' loop. Everything it is given outlives it, and it outlives the server.
class DecisionDoor final : public http::Handler {
 public:
  static constexpr std::string_view root = "/decision/v1/";

  struct Parts {
    Authenticator& authenticator;
    Path& path;
    Tickets& tickets;
    std::vector<std::string> hosts;  // as for HostCheck
  };
  explicit DecisionDoor(Parts parts)
      : entrance_(parts.authenticator, std::move(parts.hosts)), path_(parts.path), tickets_(parts.tickets) {}

  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override;

 private:
  async::Task<http::Response> answer(http::Request request, domain::Principal principal, async::Event& closed);
  async::Task<http::Response> post(std::vector<std::string> where, http::Request request, domain::Principal principal,
                                   async::Event& closed);
  async::Task<http::Response> propose(http::Request request, domain::Principal principal, async::Event& closed);
  async::Task<http::Response> report(std::string action, std::string body, domain::Principal principal);
  async::Task<http::Response> await(std::string ticket, std::string body, domain::Principal principal,
                                    async::Event& closed);
  async::Task<http::Response> withdraw(std::string ticket, domain::Principal principal);
  async::Task<http::Response> open_tickets(domain::Principal principal);

  Entrance entrance_;
  Path& path_;
  Tickets& tickets_;
};

}  // namespace bw::gateway
