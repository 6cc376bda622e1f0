// SPDX-License-Identifier: Apache-2.0
#include "gateway/bridge/trouble.h"

#include <fmt/format.h>

#include "base/text.h"
#include "gateway/bridge/limits.h"
#include "mcp/protocol.h"

namespace bw::gateway::bridge {
namespace {

using mcp::code::internal_error;
using mcp::code::server_error;

constexpr std::string_view kUnknown = "; whether the action took place is unknown, so do not repeat it blindly";

Trouble refused_token(std::string_view words) {
  auto said = words.empty() ? std::string() : fmt::format(" ({})", words);
  return {server_error,
          fmt::format("the gateway refuses the token{}: issue one with `bailiwick token issue --agent NAME` and "
                      "start `bailiwick mcp` with it in BAILIWICK_TOKEN",
                      said)};
}

}  // namespace

Trouble no_answer(std::string_view url, const http::ClientError& error) {
  switch (error.code) {
    case Code::unavailable:
    case Code::deadline_exceeded:
      if (error.sent == http::Sent::maybe) break;
      return {server_error,
              fmt::format("no gateway answers at {} ({}): is `bailiwick serve` running there? The address is "
                          "BAILIWICK_URL or --url",
                          url, error.message)};
    case Code::resource_exhausted:
      return {internal_error, fmt::format("the exchange with the gateway passes a limit: {}", error.message)};
    case Code::data_loss:
      return {internal_error,
              fmt::format("what answers at {} does not speak HTTP as it should: {}", url, error.message)};
    case Code::invalid_argument:
      return {mcp::code::invalid_request, fmt::format("the request cannot be sent: {}", error.message)};
    default: break;
  }
  return broken(error.message);
}

Trouble refused(std::string_view url, int status, std::string_view words) {
  if (status == 401) return refused_token(words);
  if (!words.empty()) return {server_error, fmt::format("the gateway answers with status {}: {}", status, words)};
  switch (status) {
    case 403: return {server_error, "the gateway forbids this request (403)"};
    case 404:
      return {server_error,
              fmt::format("nothing is served at {} (404): a gateway's endpoint is its address and /mcp", url)};
    case 405:
      return {server_error,
              fmt::format("{} takes no MCP messages (405): a gateway's endpoint is its address and /mcp", url)};
    case 413: return {server_error, "the gateway refuses so large a message (413)"};
    case 429: return {server_error, "the gateway asks to slow down (429)"};
    case 503: return {server_error, "the gateway is stopping or overloaded (503): try again in a moment"};
    default: break;
  }
  if (status >= 300 && status < 400) {
    return {server_error,
            fmt::format("{} redirects ({}), which is never followed: name the endpoint itself", url, status)};
  }
  return {internal_error, fmt::format("the gateway answers with status {}{}", status, status >= 500 ? kUnknown : "")};
}

Trouble broken(std::string_view why) {
  return {internal_error, fmt::format("the connection to the gateway broke before the answer ({}){}", why, kUnknown)};
}

Trouble not_mcp(std::string_view url, int status) {
  return {internal_error,
          fmt::format("{} answers with status {} and no MCP message: a gateway's endpoint is its address and /mcp", url,
                      status)};
}

Trouble session_lost() {
  return {mcp::code::session_not_found,
          "the gateway does not know this session any more (it was restarted, or the session was "
          "idle for long): connect again, so that a new session begins"};
}

Trouble input_ended() {
  return {server_error, fmt::format("the input of `bailiwick mcp` ended before the answer came{}", kUnknown)};
}

Trouble too_many() {
  return {server_error, fmt::format("more than {} requests wait already: send fewer at once", kRequestsWaitingMax)};
}

}  // namespace bw::gateway::bridge
