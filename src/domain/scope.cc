// SPDX-License-Identifier: Apache-2.0
#include "domain/scope.h"

#include <fmt/format.h>

#include <array>

namespace bw::domain {
namespace {
constexpr std::array<std::string_view, 6> kinds{"everything", "upstream", "tool", "workflow", "agent", "run"};
}

Result<Scope> parse_scope(std::string_view text) {
  if (text == kinds[0]) return Scope{};
  auto colon = text.find(':');
  for (std::size_t i = 1; i < kinds.size(); ++i) {
    if (colon == std::string_view::npos || text.substr(0, colon) != kinds[i]) continue;
    if (colon + 1 == text.size()) break;
    return Scope{static_cast<Scope::Kind>(i), std::string(text.substr(colon + 1))};
  }
  return fail(Code::invalid_argument,
              fmt::format("`{}` is no scope: expected everything, upstream:NAME, tool:UPSTREAM/NAME, workflow:NAME, "
                          "agent:NAME or run:ID",
                          text));
}

std::string to_string(const Scope& scope) {
  auto kind = kinds[static_cast<std::size_t>(scope.kind)];
  return scope.kind == Scope::Kind::everything ? std::string(kind) : fmt::format("{}:{}", kind, scope.name);
}

}  // namespace bw::domain
