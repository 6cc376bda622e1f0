// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "mcp/header_value.h"
#include "mcp/message.h"
#include "mcp/protocol.h"

namespace bw::mcp {

// An answer that refuses a request before anybody looked at what it asks: HTTP status and JSON-RPC error.
struct Refusal {
  int status = 400;
  int code = 0;
  std::string message;
  std::string data;  // JSON, or empty
};
std::string error_response(std::string_view id, const Refusal& refusal);

// What a stateless request says about its client, in `params._meta`. Views into the message.
struct Envelope {
  std::string_view protocol_version;
  std::string_view client_capabilities;  // JSON object
  std::string_view client_info;          // JSON object, or empty
  std::string_view log_level;            // empty: no log messages
  std::string_view progress_token;       // JSON, or empty: no progress
};

struct Classified {
  Era era = Era::sessions;
  Envelope envelope;  // of a stateless message; of a session's only progress_token is filled
};

// Which era a posted message belongs to, and whether a stateless one is whole: the body decides, the HTTP fields must say
// the same (version, Mcp-Method, Mcp-Name). A body that claims to be stateless is never read as anything else. Mcp-Param-*
// need the tool's schema: check_param_fields().
//
//   auto classified = mcp::classify(*message, fields);
//   if (!classified) return answer(classified.error().status, mcp::error_response(message->id, classified.error()));
std::expected<Classified, Refusal> classify(const Message& message, Fields fields);

// The same without HTTP fields, as over stdio: a stateless message has the envelope, anything else belongs to a session.
std::expected<Classified, Refusal> classify(const Message& message);

}  // namespace bw::mcp
