// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bw::cli {

// `bailiwick mcp`: MCP on standard input and output for clients that start a process, carried to a running gateway's endpoint.
int mcp_bridge(const std::string& url, const std::string& token);

}  // namespace bw::cli
