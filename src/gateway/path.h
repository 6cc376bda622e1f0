// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "async/event.h"
#include "async/task.h"
#include "domain/action.h"
#include "domain/decision.h"
#include "execution/upstream.h"

namespace bw::gateway {

// What a door (MCP today) asks to have done. The principal is verified; everything else is the agent's word.
struct Request {
  domain::Principal principal;
  std::string run;  // the caller's name for its run; empty = it gets one
  domain::ActionKind kind = domain::ActionKind::tool;
  std::string name;           // "UPSTREAM/TOOL", "UPSTREAM/PROMPT"; for a resource its URI
  std::string upstream;       // which upstream a resource belongs to; may be empty for tools and prompts
  std::string arguments;      // JSON object that policy judges; "{}" when there are none
  execution::Call call;       // what goes to the upstream once admitted; `call.params` holds the same arguments
  std::int64_t hold_ms = -1;  // how long to wait for a reviewer before answering with a ticket; -1 = the workflow's own
};

// Where an action stands in the ledger; empty fields where there is nothing to name.
struct Receipt {
  std::string action;
  std::string run;
  std::string ticket;
  std::uint64_t entry = 0;  // the number of the last entry about it
  std::string leaf;         // hex hash of that entry
  bool replayed = false;    // the answer of an earlier, identical action that this call met
};

struct Answer {
  enum class Kind : std::uint8_t {
    reply,      // the upstream answered: `reply`
    denied,     // policy, a switch, a meter or an identity check said no: `message`, `decision`; nothing was executed
    held,       // a human decides: `ticket`…; nothing was executed
    failed,     // admitted, but there is no answer: `outcome` says whether it may have happened
    withdrawn,  // the caller went away; nobody is left to tell
  };
  Kind kind = Kind::denied;
  execution::Reply reply;
  domain::Outcome outcome = domain::Outcome::not_executed;
  std::string message;  // for the agent and its developer: what happened, which rule, what to do next
  std::string
      code;  // stable low-cardinality word: a rule id, "killed", "meter", "revoked", "quarantined", "unavailable", …
  std::int64_t retry_after_ms = 0;  // 0 = unknown
  std::int64_t expires_at_ms = 0;   // of a ticket
  std::string digest;               // of a ticket: of the action that its approval binds
  Receipt receipt;
};

// The path of an action, door to receipt. One object, on the agents' loop.
class Path {
 public:
  virtual ~Path() = default;

  virtual async::Task<Answer> act(Request request) = 0;

  // Waits up to hold_ms for the ticket's decision, then carries out what was approved, as act() would have; `call` supplies
  // the caller's peer and cancellation only. A ticket of another agent, workflow or environment is "not found".
  virtual async::Task<Answer> await(domain::Principal principal, std::string ticket, execution::Call call,
                                    std::int64_t hold_ms) = 0;
  virtual async::Task<Answer> withdraw(domain::Principal principal, std::string ticket) = 0;
};

}  // namespace bw::gateway
