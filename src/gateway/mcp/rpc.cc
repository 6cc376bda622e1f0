// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/rpc.h"

#include <utility>

#include "mcp/build.h"

namespace bw::gateway {

namespace {

// What a stateless client is told by the status line alone.
int status_of(const mcp::Refusal& refusal) {
  switch (refusal.code) {
    case mcp::code::method_not_found: return 404;
    case mcp::code::header_mismatch:
    case mcp::code::missing_capability:
    case mcp::code::unsupported_version: return 400;
    default: return refusal.status;
  }
}

}  // namespace

std::unexpected<mcp::Refusal> rpc_error(int code, std::string message, std::string data) {
  return std::unexpected(
      mcp::Refusal{.status = 200, .code = code, .message = std::move(message), .data = std::move(data)});
}

std::string rpc_response(std::string_view id, const RpcResult& result) {
  return result ? mcp::result_response(id, *result) : mcp::error_response(id, result.error());
}

http::Response http_response(std::string_view id, const RpcResult& result, mcp::Era era) {
  int status = result || era == mcp::Era::sessions ? 200 : status_of(result.error());
  return http::json_response(status, rpc_response(id, result));
}

http::Response turned_out(std::string_view id) {
  auto response = http::json_response(
      401,
      mcp::error_response(id, mcp::code::server_error,
                          "this token does not let you in any more; the ledger knows what became of this request"));
  response.headers.set("www-authenticate", R"(Bearer realm="bailiwick", error="invalid_token")");
  return response;
}

http::Response refuse(int status, int code, std::string_view message) {
  return http::json_response(status, mcp::error_response("null", code, message));
}

}  // namespace bw::gateway
