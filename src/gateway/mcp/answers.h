// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gateway/mcp/rpc.h"
#include "gateway/path.h"

namespace bw::gateway {

// What an action came to, in MCP's words. An upstream's result keeps its bytes and gains a receipt in `_meta`. What was not
// done says so first, in words that a model acts on: as a tool result with `isError`, because typed clients check every
// other result against the tool's output schema; for resources and prompts as a JSON-RPC error.
//
// `name` is what the agent called it. A refusal of something that was not granted is worded like that of something unknown.
RpcResult to_rpc(const Answer& answer, mcp::Era era, std::string_view method, std::string_view name);

// The text of a tool result that reports an action not done; lines as shown to the model.
std::string not_done(const Answer& answer);

// A tool result of the gateway's own: one text, and perhaps `_meta` (JSON object or empty).
std::string text_result(std::string_view text, bool is_error, std::string_view meta = {});

}  // namespace bw::gateway
