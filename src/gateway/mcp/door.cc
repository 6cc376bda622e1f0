// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/door.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"
#include "gateway/run_name.h"
#include "mcp/build.h"

namespace bw::gateway {

namespace {

constexpr std::int64_t kSweepMs = 30'000;
constexpr std::string_view kRunMeta = "dev.bailiwick/run";

http::Response turn_away(const TurnedAway& why) {
  auto response = refuse(why.status, mcp::code::server_error, why.message);
  if (!why.challenge.empty()) response.headers.set("www-authenticate", why.challenge);
  return response;
}

// The caller's own name for its run, within its agent's: no agent can name the run of another. Empty when it gives none.
std::expected<std::string, mcp::Refusal> read_run(const mcp::Message& message, const http::Headers& headers,
                                                  const domain::Principal& principal) {
  auto named = message.params["_meta"][kRunMeta];
  auto name = named ? named.string() : headers.find(kRunField);
  if (!named && !name) return std::string();
  if (name && is_run_name(*name)) return run_of_agent(principal.agent, *name);
  return rpc_error(mcp::code::invalid_params, "the name of a run has at most 128 of A-Z a-z 0-9 _ . : -");
}

// Callers without a session share their upstream sessions with nobody but themselves.
std::string stateless_session(const domain::Principal& principal) {
  return "stateless-" + to_hex(crypto::sha256(fmt::format("{}\x1f{}\x1f{}", principal.agent, principal.workflow,
                                                          principal.environment)))
                            .substr(0, 26);
}

}  // namespace

McpDoor::Sweeper::Sweeper(McpDoor& door) : async::Timer(door.parts_.loop), door_(door) { arm(kSweepMs); }

void McpDoor::Sweeper::expired() {
  door_.sweep();
  arm(kSweepMs);
}

McpDoor::McpDoor(McpParts parts, McpOptions options)
    : parts_(parts),
      options_(std::move(options)),
      entrance_(parts.authenticator, options_.hosts),
      methods_(parts.catalogue, parts.tickets, parts.upstreams, options_.limits),
      companions_(parts.path, parts.tickets, options_.limits),
      stateless_(parts, options_, methods_, companions_),
      sessions_(parts, options_, methods_, companions_),
      arrivals_(parts),
      sweeper_(*this) {}

void McpDoor::sweep() {
  parts_.visits.recheck();  // for tokens that expired
  sessions_.sweep();
  stateless_.sweep();
}

async::Task<void> McpDoor::handle(http::Request request, http::ResponseWriter& writer) {
  auto principal = entrance_.admit(request.headers);
  if (!principal) {
    writer.respond(turn_away(principal.error()));
    co_return;
  }
  if (request.method == "POST") {
    co_await post(std::move(request), std::move(*principal), writer);
  } else if (request.method == "GET") {
    co_await sessions_.get(std::move(*principal), std::move(request.headers), writer);
  } else if (request.method == "DELETE") {
    writer.respond(sessions_.end(*principal, request.headers));
  } else {
    auto response = refuse(405, mcp::code::server_error, "this endpoint takes POST, GET and DELETE");
    response.headers.set("allow", "POST, GET, DELETE");
    writer.respond(std::move(response));
  }
}

std::expected<Ask, http::Response> McpDoor::understand(http::Request& request, domain::Principal principal) const {
  auto inbound = read_post(std::move(request.body), request.headers);
  if (!inbound) return std::unexpected(std::move(inbound).error());
  auto run = read_run(inbound->message, request.headers, principal);
  if (!run) {
    auto id = inbound->message.id.empty() ? std::string_view("null") : inbound->message.id;
    return std::unexpected(http::json_response(400, mcp::error_response(id, run.error())));
  }
  Ask ask{.message = std::move(inbound->message),
          .era = inbound->era,
          .principal = std::move(principal),
          .run = std::move(*run)};
  ask.progress_token = inbound->envelope.progress_token;
  if (ask.era == mcp::Era::stateless) {
    if (ask.run.empty()) ask.run = run_of_token(ask.principal.token);
    ask.capabilities = inbound->envelope.client_capabilities;
    ask.caller = {.session = stateless_session(ask.principal),
                  .capabilities = Tasks::without(ask.capabilities),
                  .client_info = std::string(inbound->envelope.client_info),
                  .log_level = std::string(inbound->envelope.log_level),
                  .multi_round = true};
  }
  return ask;
}

async::Task<void> McpDoor::post(http::Request request, domain::Principal principal, http::ResponseWriter& writer) {
  auto ask = understand(request, std::move(principal));
  if (!ask) {
    writer.respond(std::move(ask).error());
    co_return;
  }
  auto headers = std::move(request.headers);
  auto expected = arrivals_.expected_by(*ask);
  if (!expected.empty()) co_await arrivals_.wait(std::move(expected));
  if (ask->era == mcp::Era::sessions) {
    co_await sessions_.post(std::move(*ask), std::move(headers), writer);
  } else if (ask->message.is_request()) {
    co_await stateless_.answer(std::move(*ask), std::move(headers), writer);
  } else {
    // This generation knows no notification of a client over HTTP.
    writer.respond(http::Response{.status = 202});
  }
}

}  // namespace bw::gateway
