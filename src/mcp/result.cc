// SPDX-License-Identifier: Apache-2.0
#include "mcp/result.h"

#include <algorithm>
#include <array>

#include "mcp/members.h"
#include "mcp/protocol.h"
#include "mcp/splice.h"

namespace bw::mcp {
namespace {
constexpr std::array<std::string_view, 3> kStatelessOnly{"resultType", "ttlMs", "cacheScope"};

bool is_stateless_only(const Members::Span& span) {
  return std::ranges::any_of(kStatelessOnly, [&span](std::string_view key) { return key_equals(span.name, key); });
}
}  // namespace

std::string_view result_type(std::string_view result) {
  auto type = get_member(result, "resultType");
  if (!type || type->size() < 2 || type->front() != '"') return "complete";
  return type->substr(1, type->size() - 2);
}

std::string as_stateless(std::string_view result, std::string_view method, const Decoration& decoration) {
  std::string text(result);
  if (!get_member(text, "resultType")) text = set_member(text, "resultType", "\"complete\"");
  if (is_cacheable(method) && result_type(text) == "complete") {
    text = set_member(text, "ttlMs", std::to_string(decoration.ttl_ms));
    text = set_member(text, "cacheScope", '"' + std::string(decoration.cache_scope) + '"');
  }
  if (!decoration.server_info.empty()) text = set_meta(text, meta::server_info, decoration.server_info);
  return text;
}

std::string as_session(std::string_view result) {
  auto members = Members::of(result);
  std::string text(result);
  if (!members.ok) return text;
  if (std::ranges::any_of(members.spans, is_stateless_only)) {
    for (auto key : kStatelessOnly) text = remove_member(text, key);
  }
  return members.find("_meta") ? remove_meta(text, meta::server_info) : text;
}

}  // namespace bw::mcp
