// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bw::cli {

// `bailiwick mcp`: MCP on standard input and output for clients that start a process, carried to a running gateway's endpoint.
// `run` names the run of everything that it carries; empty: the gateway names runs itself.
int mcp_bridge(const std::string& url, const std::string& token, const std::string& run);

}  // namespace bw::cli
