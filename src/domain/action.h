// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/words.h"

namespace bw::domain {

// Who acts: what a verified token says. All names are the registry's.
struct Principal {
  std::string agent;
  std::string workflow;
  std::string environment;  // the one environment this token is good for
  std::string token;        // the token's id (`jti`), never the token
};

// What the registry says of the thing that an action uses.
struct ToolProfile {
  Tier tier = Tier::execute;
  bool reversible = false;
  std::vector<Touch> touches;
  std::string environment;
  std::string undo;          // "UPSTREAM/TOOL" that reverses it, or empty
  std::string system_owner;  // Person
  std::string risk_owner;    // Person, or empty where its tier needs none
  std::string accountable;   // Person: the workflow's accountable human, for this action

  bool is_one_way_door() const {
    if (tier < Tier::write) return false;
    return !reversible || !touches.empty() || environment == "production";
  }
};

// The unit of everything: one thing that an agent asks for. A value; what binds it is `digest`, which the gateway computes
// over exactly what would be sent (SHA-256 over canonical JSON of kind, name, tool digest, arguments, principal,
// environment, workflow).
struct Action {
  std::string id;   // act_…
  std::string run;  // run_…, or the caller's own name for it
  Principal principal;
  ActionKind kind = ActionKind::tool;
  std::string upstream;  // registry name
  std::string name;      // "UPSTREAM/TOOL" for a tool, "UPSTREAM/PROMPT" for a prompt, the URI for a resource
  ToolProfile profile;
  std::string arguments;              // JSON object, the bytes that would be sent
  std::vector<std::string> subjects;  // whom these speak of, as the registry says of the tool; for nobody but the ledger
  std::string tool_digest;            // hex SHA-256 of the tool's definition as pinned; empty for resources and prompts
  std::string digest;                 // hex SHA-256, see above
  std::int64_t at_ms = 0;             // when it arrived
};

}  // namespace bw::domain
