// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "http/headers.h"
#include "http/message.h"
#include "mcp/envelope.h"
#include "mcp/message.h"

namespace bw::gateway {

// One posted message, understood: which generation of the protocol it speaks, and what its envelope says.
struct Inbound {
  mcp::Message message;
  mcp::Era era = mcp::Era::sessions;
  mcp::Envelope envelope;  // views into the message
};

// Reads the body of a POST; the error is the whole answer to something that cannot be understood. It looks at nothing but
// its arguments, and takes any bytes.
std::expected<Inbound, http::Response> read_post(std::string body, const http::Headers& headers);

}  // namespace bw::gateway
