// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "async/event.h"
#include "async/loop.h"
#include "gateway/bridge/bridge.h"

namespace bw::cli {

// `bailiwick mcp`: MCP on standard input and output for clients that start a process, carried to a running gateway's endpoint.
// `run` names the run of everything that it carries; empty: the gateway names runs itself.
int mcp_bridge(const std::string& url, const std::string& token, const std::string& run);

// Carries standard input and output to an endpoint, on `loop`, until the input ends, nobody reads the output any more, or `stop` is set.
gateway::bridge::Bridge::End carry_stdio(async::Loop& loop, async::Event& stop,
                                         gateway::bridge::Uplink::Options endpoint);

}  // namespace bw::cli
