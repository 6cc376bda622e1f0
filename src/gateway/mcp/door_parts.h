// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "async/loop.h"
#include "base/clock.h"
#include "gateway/authenticator.h"
#include "gateway/catalogue.h"
#include "gateway/list_changes.h"
#include "gateway/mcp/limits.h"
#include "gateway/path.h"
#include "gateway/tickets.h"
#include "gateway/visits.h"

namespace bw::gateway {

// What the MCP door is wired to. All are borrowed, outlive it, and belong to its loop.
struct McpParts {
  async::Loop& loop;
  const Clock& clock;
  Authenticator& authenticator;
  Path& path;
  Catalogue& catalogue;
  Tickets& tickets;
  execution::Upstreams& upstreams;
  ListChanges& changes;
  Visits& visits;
};

struct McpOptions {
  std::vector<std::string> hosts;  // names this listener is reached by, without port; loopback names always are
  std::string version;             // of this program
  McpLimits limits;
};

}  // namespace bw::gateway
