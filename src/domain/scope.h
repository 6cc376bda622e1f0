// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bw::domain {

// What a kill switch covers, written `everything`, `upstream:NAME`, `tool:UPSTREAM/NAME`, `workflow:NAME`, `agent:NAME`
// or `run:ID` wherever it is shown or read.
struct Scope {
  enum class Kind : std::uint8_t { everything, upstream, tool, workflow, agent, run };
  Kind kind = Kind::everything;
  std::string name;  // empty for everything

  auto operator<=>(const Scope&) const = default;
};

Result<Scope> parse_scope(std::string_view text);
std::string to_string(const Scope& scope);

}  // namespace bw::domain
