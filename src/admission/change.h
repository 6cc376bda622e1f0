// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/action.h"
#include "domain/decision.h"
#include "domain/scope.h"
#include "ledger/entry.h"

// Everything that changes state, as values. Each change is checked inside the commit that records it, against the state
// that commit sees; what it writes and what it answers is said beside it. Contents (arguments, results, reasons) are kept
// beside the ledger and committed to by salted hashes.
namespace bw::admission {

// What of a decision is recorded. Make it with summarize() (admission/summary.h).
struct DecisionSummary {
  domain::Verdict verdict = domain::Verdict::deny;
  std::vector<std::string> rules;  // ids of the determining rules
  std::string checks;              // JSON: the whole explanation, obligations included; a content
  std::string reason;              // one sentence for the agent; a content
};

// Admit::credential of an action that its agent carries out itself, with whatever rights it has: its outcome is its word.
inline constexpr std::string_view agents_own_credential = "agent";

// May this action run? Checked in this order: a switch on any scope of it; its token revoked or expired; an earlier
// action with the same digest that is ambiguous; `ticket` approved, unexpired, unused and for this very digest; every
// charge within its limit. The first "no" makes a `refusal` entry and Committed::refusal; else an `intent` entry, the
// charges are reserved and the ticket is consumed. The action may run once it is acknowledged.
// An action that was held may be admitted under its own id. Errors: already_exists when the id was admitted before,
// failed_precondition when it waits on an open ticket that is not `ticket`.
struct Admit {
  domain::Action action;
  DecisionSummary decision;
  std::string snapshot;  // digest of the registry that was live
  std::vector<domain::Charge> charges;
  std::string ticket;                        // to consume, or empty
  std::string credential;                    // class of the credential that will be injected
  std::vector<ledger::Retention> retention;  // of its contents, and of those of its later entries; none: they stay
  std::string undo;                          // "UPSTREAM/TOOL" that reverses it, or empty
};

// How an admitted action ended: an `outcome` entry. Charges in flight are given back; window charges stay spent, except
// that not_executed and input_required give them back and `actuals` correct them (more than was reserved counts from now).
// ambiguous blocks another action of the same digest until Reconcile. Errors: not_found, failed_precondition when it was
// settled before.
struct Settle {
  std::string action;
  domain::Outcome outcome = domain::Outcome::ambiguous;
  std::string result;      // what the upstream answered; a content
  std::string error_text;  // a content
  std::int64_t status = 0;
  std::vector<ledger::Actual> actuals;
};

// Why an action was not admitted.
struct Refusal {
  enum class Kind : std::uint8_t {
    // by admission
    killed,
    revoked,
    ambiguous,
    ticket,
    meter,
    // before it was asked
    policy,
    no_reviewer,  // policy said hold, and nobody may decide
    not_granted,
    quarantined,  // the tool's definition changed
    unavailable,  // its upstream does not offer it at present
    misfit,       // policy does not fit the tool's definition
  };
  Kind kind = Kind::killed;
  std::string text;   // one sentence for the agent and its developer
  std::string which;  // the scope, token, earlier action, ticket, or meter
  std::optional<std::int64_t> retry_after_ms;
};
std::string_view name(Refusal::Kind kind);

// The action will not be asked for: a `refusal` entry.
struct Refuse {
  domain::Action action;
  DecisionSummary decision;
  std::string snapshot;
  Refusal::Kind kind = Refusal::Kind::policy;
  std::vector<ledger::Retention> retention;
};

// Policy said hold. When the same agent, workflow and environment already has a ticket for this digest that is open, or
// consumed and not yet past its expiry, that ticket is the answer and nothing is written (a consumed one whose action was
// not executed does not count). Else switches and token are checked as for Admit, and a ticket is opened: a `hold` entry.
// Committed::ticket says which ticket and where it stands.
struct Hold {
  domain::Action action;
  DecisionSummary decision;
  std::string snapshot;
  std::vector<std::string> reviewers;  // registry ids that may decide, as policy said
  int quorum = 1;                      // approvals needed; 1 is the only one understood
  std::string terms;                   // JSON of the approve obligation, for the reviewer's page; a content
  std::int64_t expires_at_ms = 0;
  std::vector<ledger::Retention> retention;
};

// A reviewer decides. The ticket must be held and unexpired: else failed_precondition. A `decision` entry.
struct Decide {
  std::string ticket;
  bool approve = false;
  std::string by;
  std::string reason;
};

// The agent takes its request back; the ticket must be open and the agent's own. A `decision` entry.
struct Withdraw {
  std::string ticket;
  std::string agent;
};

// Ends what is due: held tickets expire, approved ones lapse. An `expiry` entry each; Committed::tickets names them.
struct Expire {};

// Sets or clears a switch: a `switch` entry. Setting kills the open tickets in scope, an `expiry` entry each;
// Committed::tickets names them. No action in scope is admitted by any commit after this one.
struct SetSwitch {
  domain::Scope scope;
  bool on = true;
  std::string by;
  std::string reason;
};

// A registry snapshot goes live: an `apply` entry. Its text stays retrievable by digest.
struct Apply {
  std::string digest;
  std::string text;
  std::string author;
  std::string message;
};

// `token` entries. Revoking an agent revokes every token of it that was issued until now.
struct IssueToken {
  std::string token;  // the id (`jti`), never the token
  std::string agent;
  std::string workflow;
  std::string environment;
  std::int64_t expires_at_ms = 0;
  std::string by;
};
struct RevokeToken {
  std::string token;  // one of token and agent
  std::string agent;
  std::string by;
  std::string reason;
};

// A tool's definition was seen: a `pin` entry. There is at most one accepted and one quarantined definition of a tool;
// accepting one that is quarantined takes it out.
struct Pin {
  enum class State : std::uint8_t { accepted, quarantined };
  std::string upstream;
  std::string tool;  // "UPSTREAM/TOOL"
  std::string digest;
  std::string definition;  // JSON; a content
  State state = State::accepted;
  std::string by;  // a person, or empty when the server did it
};

// Somebody found out what an ambiguous action did: succeeded or not_executed, nothing else. A `reconcile` entry; the
// retry is free again, and not_executed gives window charges back.
struct Reconcile {
  std::string action;
  domain::Outcome outcome = domain::Outcome::succeeded;
  std::string by;
  std::string reason;
};

// Contents of finished actions are erased for good: an `erase` entry says which, in as many entries as that needs. What is needed
// still stays: of an action without outcome, ambiguous or waiting on a ticket, and of one under a legal hold. `redacted` fails then
// with failed_precondition, `forgotten` passes over it; Committed::kept says why. Nothing is written when nothing is there to erase.
// Whom the arguments speak of (`subject`) goes with the last other content of its action and not before: by it they are found.
// Errors: not_found.
struct Erase {
  enum class Cause : std::uint8_t {
    redacted,   // a person wanted these actions' contents gone
    forgotten,  // somebody they speak of is to be forgotten
  };
  struct Target {
    std::string action;
    ledger::Fields fields;
  };
  static constexpr std::size_t targets_max = 256;
  std::vector<Target> targets;
  Cause cause = Cause::redacted;
  std::string by;
  std::string reason;
  bool only_look = false;  // answer what would be erased and kept, and write nothing
};
std::string_view name(Erase::Cause cause);

// Contents whose time is over are erased: `erase` entries of cause `expired` with the class. Of `entries` those go that were recorded with
// the class and its period at that time, when both that period and the present one of the field have passed since. What must not be
// erased, as above, is passed over, and said in Committed::kept.
struct Prune {
  static constexpr std::string_view cause = "expired";
  static constexpr std::size_t entries_max = 256;
  std::string name;     // the class
  std::int64_t ms = 0;  // as recorded
  std::array<std::int64_t, ledger::all_fields.size()>
      present_ms{};  // by field; 0 where the registry says nothing any more
  std::vector<std::uint64_t> entries;
  bool only_look = false;
};

// Sets or clears a legal hold: a `legal_hold` entry. While it is set nothing in its scope is erased.
struct SetLegalHold {
  domain::Scope scope;
  bool on = true;
  std::string by;
  std::string reason;
};

// A candidate registry begins to be judged by beside the one that is live, in the place of one that was there, or ends: a `shadow`
// entry. No decision depends on it.
struct SetShadow {
  std::string digest;  // of the candidate
  std::string text;    // of a beginning one, as in Apply
  bool on = true;
  std::string by;
  std::string reason;  // why it ends, when nobody asked for that
};

using Change = std::variant<Admit, Settle, Refuse, Hold, Decide, Withdraw, Expire, SetSwitch, Apply, IssueToken,
                            RevokeToken, Pin, Reconcile, Erase, Prune, SetLegalHold, SetShadow>;

// Where a ticket stands.
struct TicketStanding {
  std::string id;
  domain::TicketState state = domain::TicketState::held;
  std::string action;  // the action that was held
  std::int64_t expires_at_ms = 0;
  bool opened = false;                       // by this very change
  std::string consumed_by;                   // the action that used it
  std::optional<domain::Outcome> outcome;    // of that action, when settled
  std::optional<std::uint64_t> outcome_seq;  // its entry: Records::contents() has the result
};

// The answer to a change whose entry is durable.
struct Committed {
  std::uint64_t seq = 0;                 // of its entry
  std::string leaf_hash;                 // hex; seq and leaf hash are the receipt. Empty when nothing was written
  std::int64_t at_ms = 0;                // time of the commit
  std::optional<Refusal> refusal;        // Admit, Hold: the action may not run
  std::optional<TicketStanding> ticket;  // Hold, Decide, Withdraw, and Admit with a ticket
  std::vector<std::string> tickets;      // Expire, SetSwitch: which ended
  std::size_t erased = 0;                // Erase, Prune: entries that lost contents
  std::size_t erased_actions = 0;        // Erase, Prune: actions that these are of
  std::vector<std::string> kept;         // Erase, Prune: what was passed over, and why
};

}  // namespace bw::admission
