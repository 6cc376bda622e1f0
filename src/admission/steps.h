// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "admission/apply.h"

// Steps that several changes share.
namespace bw::admission {

// Whether a switch or the state of its token stops the action.
Result<std::optional<Refusal>> stopped(Batch& batch, const domain::Action& action);

// The members of an entry that say which action it is about.
ledger::Entry entry_for(ledger::Kind kind, const domain::Action& action, const DecisionSummary& decision,
                        const std::string& snapshot);

// A new action's state, before its first entry.
ActionState state_for(const domain::Action& action, const DecisionSummary& decision,
                      const std::vector<ledger::Retention>& retention);

// Appends the first entry of an action, or the next one of an action that was held or refused before: `state` gets its
// history, the entry its `previous`. Error already_exists when the action was admitted before.
Result<Sealed> append_first(Batch& batch, ledger::Entry& entry, ActionState& state, const ledger::Contents& contents);

// Appends the next entry of an action and keeps its state. A change of its outcome must be made in `state` before.
Result<Sealed> append_next(Batch& batch, ledger::Entry& entry, ActionState& state, const ledger::Contents& contents);

// Records that an action is not admitted, and answers so. `entry` and
// `state` are those of entry_for() and state_for(), with the ticket that was shown, if any.
Result<Committed> refuse(Batch& batch, ledger::Entry entry, ActionState state, Refusal refusal, Contribution with);

// Ends an open ticket without a decision: expired, lapsed or killed.
Status end_ticket(Batch& batch, TicketRow ticket, domain::TicketState state);

// Moves a ticket to a state with an entry that says so. `entry` has its kind and who did it.
Result<Sealed> move_ticket(Batch& batch, TicketRow& ticket, domain::TicketState state, ledger::Entry entry,
                           Contribution with);

Committed answer(const Batch& batch, const Sealed& sealed);
TicketStanding standing(const TicketRow& ticket);

}  // namespace bw::admission
