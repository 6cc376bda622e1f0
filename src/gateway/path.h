// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "async/event.h"
#include "async/task.h"
#include "domain/action.h"
#include "domain/decision.h"
#include "execution/upstream.h"

namespace bw::gateway {

// Who carries an action out once it is admitted: tools of external upstreams its agent, everything else Bailiwick.
enum class CarriedOutBy : std::uint8_t { bailiwick, agent };

// What a door asks to have done. The principal is verified; everything else is the agent's word.
struct Request {
  domain::Principal principal;
  std::string run;  // the caller's name for its run; empty = it gets one
  CarriedOutBy by = CarriedOutBy::bailiwick;
  domain::ActionKind kind = domain::ActionKind::tool;
  std::string name;           // "UPSTREAM/TOOL", "UPSTREAM/PROMPT"; for a resource its URI
  std::string upstream;       // which upstream a resource belongs to; may be empty for tools and prompts
  std::string arguments;      // JSON object that policy judges; "{}" when there are none
  execution::Call call;       // what goes to the upstream once admitted; `call.params` holds the same arguments
  std::int64_t hold_ms = -1;  // how long to wait for a reviewer before answering with a ticket; -1 = the workflow's own
};

// Where an action stands in the ledger; empty fields where there is nothing to name, no entry where there is no leaf.
struct Receipt {
  std::string action;
  std::string run;
  std::string ticket;
  std::uint64_t entry = 0;  // the number of the last entry about it
  std::string leaf;         // hex hash of that entry
  bool replayed = false;    // the answer of an earlier, identical action that this call met
};

// Why what waits for a person would be refused as things are now, were it approved.
struct Obstacle {
  std::string code;  // as Answer::code
  std::string reason;
};
std::string to_json(const Obstacle& obstacle);

struct Answer {
  enum class Kind : std::uint8_t {
    reply,      // the upstream answered: `reply`
    denied,     // policy, a switch, a meter or an identity check said no: `message`, `decision`; nothing was executed
    held,       // a human decides: `ticket`…; nothing was executed
    failed,     // admitted, but there is no answer: `outcome` says whether it may have happened
    admitted,   // the intent is durable: the agent carries out `arguments` itself, and reports by `report_by_ms`
    reported,   // what the agent reported is its action's `outcome` now, or was before: `receipt.replayed`
    withdrawn,  // the caller went away; nobody is left to tell
  };
  Kind kind = Kind::denied;
  execution::Reply reply;
  domain::Outcome outcome = domain::Outcome::not_executed;
  std::string message;  // for the agent and its developer: what happened, which rule, what to do next
  std::string
      code;  // stable low-cardinality word: a rule id, "killed", "meter", "revoked", "quarantined", "unavailable", …
  std::int64_t retry_after_ms = 0;   // 0 = unknown
  std::int64_t expires_at_ms = 0;    // of a ticket
  std::string digest;                // of a ticket: of the action that its approval binds
  std::optional<Obstacle> obstacle;  // of a ticket
  std::string arguments;             // of what the agent carries out itself: JSON, as policy let it pass
  std::string meta;                  // the same: JSON object of what is to go with it, or empty
  std::int64_t report_by_ms = 0;     // the same: later the outcome is unknown, and no report is taken
  Receipt receipt;
};

// What an agent says became of an action that it carried out itself. Its word: nothing that it says frees what was spent.
struct Report {
  domain::Outcome outcome = domain::Outcome::ambiguous;  // or succeeded, failed
  std::string result;                                    // JSON, or empty
  std::string error;                                     // what went wrong, in words, or empty
};

// What policy says of an action that nobody asks to have done: a question, as `can` is.
struct Opinion {
  domain::Verdict verdict = domain::Verdict::deny;
  std::string code;  // as Answer::code
  std::string reason;
  std::vector<std::string> rules;  // that determine it
  bool changes = false;            // it is allowed with other arguments, with a stamp, or with a redacted result
};

// The path of an action, door to receipt. One object, on the agents' loop.
class Path {
 public:
  virtual ~Path() = default;

  virtual async::Task<Answer> act(Request request) = 0;

  // What act() would be told before the commit, for any tool whoever carries it out: grants, policy with its facts, switches.
  // Records nothing and counts nothing; meters, tickets and ambiguous retries are looked at by the commit alone.
  virtual async::Task<Opinion> ask(Request request) = 0;

  // Waits up to hold_ms for the ticket's decision, then carries out what was approved, as act() would have; `call` supplies
  // the caller's peer and cancellation only. A ticket of another agent, workflow or environment is "not found". To ask about a ticket that
  // nobody decided about is no action: it leaves no entry, and what stands in the way by now is said with the ticket.
  virtual async::Task<Answer> await(domain::Principal principal, std::string ticket, CarriedOutBy by,
                                    execution::Call call, std::int64_t hold_ms) = 0;
  virtual async::Task<Answer> withdraw(domain::Principal principal, std::string ticket) = 0;

  // Settles an action that the principal's agent was admitted to carry out itself. The same report again gets the same
  // answer. Denied: "unknown" for an action of another agent, workflow or environment, "reported" for one that has another
  // outcome already, "invalid" for one that Bailiwick carries out.
  virtual async::Task<Answer> report(domain::Principal principal, std::string action, Report report) = 0;
};

}  // namespace bw::gateway
