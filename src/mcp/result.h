// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bw::mcp {

// What a stateless result says beside its content. Both directions keep every other byte.

struct Decoration {
  std::string_view server_info;  // JSON object for `_meta`, replaces the upstream's; empty: as it is
  std::int64_t ttl_ms = 0;       // of results that must say it (is_cacheable); overrides the upstream's
  std::string_view cache_scope = "private";
};

// `result` as a stateless client needs it: resultType ("complete" when it says nothing), ttlMs and cacheScope when the
// method is cacheable and the result complete, serverInfo.
std::string as_stateless(std::string_view result, std::string_view method, const Decoration& decoration);

// `result` as a client with a session knows it: without resultType, ttlMs, cacheScope and serverInfo.
std::string as_session(std::string_view result);

// "complete" when the result does not say.
std::string_view result_type(std::string_view result);

}  // namespace bw::mcp
