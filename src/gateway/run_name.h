// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bw::gateway {

// Where a caller of the gateway's HTTP doors names its run.
inline constexpr std::string_view kRunField = "Bailiwick-Run";

// 1 to 128 of A-Z a-z 0-9 _ . : -
bool is_run_name(std::string_view name);

}  // namespace bw::gateway
