// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "http/message.h"
#include "mcp/envelope.h"
#include "mcp/protocol.h"

namespace bw::gateway {

// The JSON of a `result`, or the JSON-RPC error with the HTTP status that goes with it in the stateless era.
using RpcResult = std::expected<std::string, mcp::Refusal>;

std::unexpected<mcp::Refusal> rpc_error(int code, std::string message, std::string data = {});

// One JSON-RPC response, and as an HTTP answer. A session answers every error of a request with 200.
std::string rpc_response(std::string_view id, const RpcResult& result);
http::Response http_response(std::string_view id, const RpcResult& result, mcp::Era era);

// For a caller whose token ended while its request `id` was waiting. What it asked for may go on.
http::Response turned_out(std::string_view id);

// An HTTP answer that refuses before there is a request to speak of: JSON-RPC error, id null.
http::Response refuse(int status, int code, std::string_view message);

}  // namespace bw::gateway
