// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "domain/action.h"
#include "execution/upstream.h"
#include "mcp/message.h"
#include "mcp/protocol.h"

namespace bw::gateway {

// One request of an agent after its era has checked it: what every method needs to know.
struct Ask {
  mcp::Message message;
  mcp::Era era = mcp::Era::sessions;
  domain::Principal principal;
  std::string run;             // the caller's, the session's or the token's; never empty
  std::string progress_token;  // JSON, or empty
  std::string capabilities;    // JSON object: what the client declared; `caller` may say less to upstreams
  execution::Caller caller;
};

}  // namespace bw::gateway
