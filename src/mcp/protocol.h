// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

// The words of the Model Context Protocol. Two eras are alive: with sessions (until 2025-11-25) and stateless (2026-07-28).
namespace bw::mcp {

enum class Era : std::uint8_t { sessions, stateless };

inline constexpr std::string_view kStateless = "2026-07-28";
inline constexpr std::string_view kNewestSessions = "2025-11-25";
std::span<const std::string_view> session_revisions();  // newest first
bool is_session_revision(std::string_view revision);

// What `initialize` answers to a client that asked for `requested`: that, when it is spoken here, else the newest.
std::string_view negotiate(std::string_view requested);

// JSON-RPC error codes, and those that MCP adds.
namespace code {
inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
inline constexpr int server_error = -32000;        // refused before the protocol: Host, Origin, session missing
inline constexpr int session_not_found = -32001;   // sessions only
inline constexpr int resource_not_found = -32002;  // sessions only; stateless uses invalid_params
inline constexpr int header_mismatch = -32020;
inline constexpr int missing_capability = -32021;
inline constexpr int unsupported_version = -32022;
inline constexpr int url_elicitation_required = -32042;  // sessions only
}  // namespace code

namespace meta {
inline constexpr std::string_view protocol_version = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view client_capabilities = "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view client_info = "io.modelcontextprotocol/clientInfo";
inline constexpr std::string_view log_level = "io.modelcontextprotocol/logLevel";
inline constexpr std::string_view subscription_id = "io.modelcontextprotocol/subscriptionId";
inline constexpr std::string_view server_info = "io.modelcontextprotocol/serverInfo";
inline constexpr std::string_view progress_token = "progressToken";
inline constexpr std::string_view traceparent = "traceparent";
inline constexpr std::string_view tracestate = "tracestate";
inline constexpr std::string_view baggage = "baggage";
}  // namespace meta

// HTTP fields. Names are compared without regard to case.
namespace field {
inline constexpr std::string_view protocol_version = "MCP-Protocol-Version";
inline constexpr std::string_view session = "Mcp-Session-Id";
inline constexpr std::string_view method = "Mcp-Method";
inline constexpr std::string_view name = "Mcp-Name";
inline constexpr std::string_view param_prefix = "Mcp-Param-";
inline constexpr std::string_view last_event_id = "Last-Event-ID";
}  // namespace field

namespace method {
inline constexpr std::string_view initialize = "initialize";
inline constexpr std::string_view discover = "server/discover";
inline constexpr std::string_view ping = "ping";
inline constexpr std::string_view tools_list = "tools/list";
inline constexpr std::string_view tools_call = "tools/call";
inline constexpr std::string_view resources_list = "resources/list";
inline constexpr std::string_view resources_templates_list = "resources/templates/list";
inline constexpr std::string_view resources_read = "resources/read";
inline constexpr std::string_view resources_subscribe = "resources/subscribe";
inline constexpr std::string_view resources_unsubscribe = "resources/unsubscribe";
inline constexpr std::string_view prompts_list = "prompts/list";
inline constexpr std::string_view prompts_get = "prompts/get";
inline constexpr std::string_view complete = "completion/complete";
inline constexpr std::string_view set_level = "logging/setLevel";
inline constexpr std::string_view listen = "subscriptions/listen";
// requests of a server to its client (sessions), kinds of input requests (stateless)
inline constexpr std::string_view elicit = "elicitation/create";
inline constexpr std::string_view sample = "sampling/createMessage";
inline constexpr std::string_view roots_list = "roots/list";
}  // namespace method

namespace notification {
inline constexpr std::string_view initialized = "notifications/initialized";
inline constexpr std::string_view cancelled = "notifications/cancelled";
inline constexpr std::string_view progress = "notifications/progress";
inline constexpr std::string_view message = "notifications/message";
inline constexpr std::string_view tools_changed = "notifications/tools/list_changed";
inline constexpr std::string_view resources_changed = "notifications/resources/list_changed";
inline constexpr std::string_view prompts_changed = "notifications/prompts/list_changed";
inline constexpr std::string_view resource_updated = "notifications/resources/updated";
inline constexpr std::string_view roots_changed = "notifications/roots/list_changed";
inline constexpr std::string_view acknowledged = "notifications/subscriptions/acknowledged";
}  // namespace notification

// The params member that the Mcp-Name field of a stateless request repeats ("name" or "uri"), or empty.
std::string_view name_member(std::string_view method);

// Whether a stateless result of this method must say how long it may be cached.
bool is_cacheable(std::string_view method);

// Whether the method may be answered with `input_required`.
bool may_require_input(std::string_view method);

// The client capability that an input request needs: "elicitation", "sampling", "roots"; empty for an unknown method.
std::string_view capability_for(std::string_view method);

// RFC 5424 severities as MCP spells them: debug 0 … emergency 7.
std::optional<int> log_severity(std::string_view level);

}  // namespace bw::mcp
