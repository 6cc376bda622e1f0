// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bw::mcp {

// Model APIs take tool and prompt names of at most 64 of [A-Za-z0-9_.-].
inline constexpr std::size_t kToolNameMax = 64;
bool is_tool_name(std::string_view name);

// `wanted` as a legal name: itself when it is legal; otherwise foreign characters become `_`, what is too long is cut, and
// eight hex digits of its SHA-256 make it unlikely to meet another. The same text always gives the same name.
std::string tool_name(std::string_view wanted);

}  // namespace bw::mcp
