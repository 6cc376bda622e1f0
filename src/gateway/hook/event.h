// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace bw::gateway::hook {

// What a coding agent tells its hook about one use of a tool, in the form of Claude Code's hooks, which others have taken over:
// PreToolUse, PostToolUse, PostToolUseFailure.
struct Event {
  enum class Kind : std::uint8_t {
    before,     // may it run?
    succeeded,  // it ran
    failed,
  };
  Kind kind = Kind::before;
  std::string session;
  std::string tool;      // "Bash", "mcp__github__create_issue"
  std::string use;       // tells two uses apart; made of the input where the agent gives none
  std::string input;     // JSON object, the agent's bytes
  std::string response;  // JSON; empty before, and after a failure
  std::string error;     // of a failure, in words
};

// Keys that are not needed are passed over: agents add some with each version. Errors: invalid_argument, resource_exhausted
// above 16 MiB.
Result<Event> read_event(std::string text);

}  // namespace bw::gateway::hook
