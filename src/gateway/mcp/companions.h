// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "async/task.h"
#include "gateway/mcp/ask.h"
#include "gateway/mcp/limits.h"
#include "gateway/mcp/rpc.h"
#include "gateway/path.h"
#include "gateway/tickets.h"

namespace bw::gateway {

// The gateway's own tools as they are listed: JSON tool objects.
std::span<const std::string_view> companion_definitions();

bool is_companion(std::string_view exposed);

// Carries out the gateway's own tools: waiting for a ticket, taking a request back, listing what is open. They are no
// actions; what a ticket carries out once it is approved is the action that was held.
class Companions {
 public:
  Companions(Path& path, Tickets& tickets, const McpLimits& limits) : path_(path), tickets_(tickets), limits_(limits) {}

  // `call` lends the caller's peer, progress token and cancellation.
  async::Task<RpcResult> call(Ask ask, execution::Call call);

 private:
  async::Task<RpcResult> await(Ask ask, std::string ticket, execution::Call call);
  async::Task<RpcResult> withdraw(Ask ask, std::string ticket);
  async::Task<RpcResult> pending(Ask ask);

  Path& path_;
  Tickets& tickets_;
  const McpLimits& limits_;
};

}  // namespace bw::gateway
