// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace bw::gateway {

// Tools of the gateway itself, offered beside the upstreams' to agents whose calls can be held. No upstream's tool is ever
// listed under these names.
namespace companion {
inline constexpr std::string_view await = "bailiwick_await";
inline constexpr std::string_view withdraw = "bailiwick_withdraw";
inline constexpr std::string_view pending = "bailiwick_pending";
inline constexpr std::array all = {await, withdraw, pending};
}  // namespace companion

}  // namespace bw::gateway
