// SPDX-License-Identifier: Apache-2.0
#include "mcp/protocol.h"

#include <algorithm>
#include <array>

namespace bw::mcp {
namespace {
constexpr std::array<std::string_view, 4> kSessionRevisions{kNewestSessions, "2025-06-18", "2025-03-26", "2024-11-05"};
constexpr std::array<std::string_view, 8> kLevels{"debug", "info",     "notice", "warning",
                                                  "error", "critical", "alert",  "emergency"};
}  // namespace

std::span<const std::string_view> session_revisions() { return kSessionRevisions; }

bool is_session_revision(std::string_view revision) {
  return std::ranges::find(kSessionRevisions, revision) != kSessionRevisions.end();
}

std::string_view negotiate(std::string_view requested) {
  auto known = std::ranges::find(kSessionRevisions, requested);
  return known == kSessionRevisions.end() ? kNewestSessions : *known;
}

std::string_view name_member(std::string_view method) {
  if (method == method::tools_call || method == method::prompts_get) return "name";
  if (method == method::resources_read) return "uri";
  return {};
}

bool is_cacheable(std::string_view method) {
  return method == method::tools_list || method == method::prompts_list || method == method::resources_list ||
         method == method::resources_templates_list || method == method::resources_read || method == method::discover;
}

bool may_require_input(std::string_view method) {
  return method == method::tools_call || method == method::prompts_get || method == method::resources_read;
}

std::string_view capability_for(std::string_view method) {
  if (method == method::elicit) return "elicitation";
  if (method == method::sample) return "sampling";
  if (method == method::roots_list) return "roots";
  return {};
}

std::optional<int> log_severity(std::string_view level) {
  auto known = std::ranges::find(kLevels, level);
  if (known == kLevels.end()) return std::nullopt;
  return static_cast<int>(known - kLevels.begin());
}

}  // namespace bw::mcp
