// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "async/task.h"
#include "gateway/catalogue.h"
#include "gateway/mcp/ask.h"
#include "gateway/mcp/limits.h"
#include "gateway/mcp/rpc.h"
#include "gateway/path.h"
#include "gateway/tickets.h"

namespace bw::gateway {

// What an agent asks to have done, ready for the path, and what it called it.
struct AskedAction {
  Request request;
  std::string method;
  std::string name;  // the exposed tool or prompt name, or the URI
};

// The methods that mean the same in both eras, over catalogue and upstreams. Results are undecorated.
class Methods {
 public:
  Methods(Catalogue& catalogue, Tickets& tickets, execution::Upstreams& upstreams, const McpLimits& limits)
      : catalogue_(catalogue), tickets_(tickets), upstreams_(upstreams), limits_(limits) {}

  // tools/list, resources/list, resources/templates/list, prompts/list; nullopt for any other method.
  std::optional<RpcResult> list(const Ask& ask);

  // tools/call, resources/read, prompts/get as an action; `call.peer` and `call.cancelled` are the caller's to set. The error
  // is for what is malformed or unknown.
  std::expected<AskedAction, mcp::Refusal> action(const Ask& ask);

  async::Task<RpcResult> complete(Ask ask);

 private:
  RpcResult tools(const Ask& ask);
  std::expected<AskedAction, mcp::Refusal> tool_call(const Ask& ask);
  std::expected<AskedAction, mcp::Refusal> resource_read(const Ask& ask);
  std::expected<AskedAction, mcp::Refusal> prompt_get(const Ask& ask);

  Catalogue& catalogue_;
  Tickets& tickets_;
  execution::Upstreams& upstreams_;
  const McpLimits& limits_;
};

// Whether the method is an action, which goes through the path.
bool is_action(std::string_view method);

}  // namespace bw::gateway
