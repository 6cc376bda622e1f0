// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "async/event.h"
#include "mcp/message.h"
#include "mcp/protocol.h"

namespace bw::gateway::bridge {

// A request of the client on its way to its answer.
struct Flight {
  Flight(mcp::Message request, mcp::Era of) : message(std::move(request)), era(of) {}

  mcp::Message message;
  const mcp::Era era;
  bool sent = false;
  bool cancelled = false;  // by the client, which waits for no answer any more
  async::Event over;       // closes its connection
  async::Event ended;      // its answer is written, or there will be none

  bool is_answer_due() const { return message.method != mcp::method::listen; }
};

}  // namespace bw::gateway::bridge
