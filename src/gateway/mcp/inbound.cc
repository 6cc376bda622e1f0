// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/inbound.h"

#include <utility>

#include "gateway/entrance.h"
#include "gateway/mcp/fields.h"
#include "gateway/mcp/rpc.h"
#include "mcp/build.h"

namespace bw::gateway {

std::expected<Inbound, http::Response> read_post(std::string body, const http::Headers& headers) {
  if (!declares_json(headers))
    return std::unexpected(refuse(415, mcp::code::server_error, "Content-Type must be application/json"));
  auto message = mcp::parse_message(std::move(body));
  if (!message) return std::unexpected(http::json_response(400, mcp::error_response(message.error())));
  auto classified = mcp::classify(*message, fields_of(headers));
  if (!classified) {
    auto id = message->id.empty() ? std::string_view("null") : message->id;
    return std::unexpected(http::json_response(classified.error().status, mcp::error_response(id, classified.error())));
  }
  auto envelope = classified->envelope;
  return Inbound{.message = std::move(*message), .era = classified->era, .envelope = envelope};
}

}  // namespace bw::gateway
