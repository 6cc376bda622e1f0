// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace bw::gateway {

// Where a caller of the gateway's HTTP doors names its run.
inline constexpr std::string_view kRunField = "Bailiwick-Run";

// 1 to 128 of A-Z a-z 0-9 _ . : -
bool is_run_name(std::string_view name);

// A run as the ledger knows it: what an agent named is its own, so that no agent can name the run of another. Calls of one
// token that name none, and have no session, are one run.
std::string run_of_agent(std::string_view agent, std::string_view name);
std::string run_of_token(std::string_view token);

}  // namespace bw::gateway
