// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "async/task.h"
#include "base/result.h"
#include "domain/action.h"
#include "domain/words.h"

namespace bw::gateway {

// A held action as its caller may see it.
struct Ticket {
  std::string id;
  std::string action;
  std::string name;  // "UPSTREAM/TOOL"
  domain::TicketState state = domain::TicketState::held;
  std::int64_t created_ms = 0;
  std::int64_t changed_ms = 0;
  std::int64_t expires_ms = 0;
};

// What a caller may look up about its own held actions, without waiting for a decision. A ticket of another agent, workflow or
// environment does not exist for it. On the agents' loop.
class Tickets {
 public:
  virtual ~Tickets() = default;
  virtual async::Task<Result<std::vector<Ticket>>> open(domain::Principal principal) = 0;  // oldest first, at most 100
  virtual async::Task<Result<Ticket>> find(domain::Principal principal, std::string ticket) = 0;  // not_found

  // Whether policy can hold anything that this workflow may call: then its agents are told how to wait.
  virtual bool can_hold(const domain::Principal& principal) = 0;
};

}  // namespace bw::gateway
