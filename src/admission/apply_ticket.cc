// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "admission/apply.h"
#include "admission/steps.h"
#include "crypto/random.h"

namespace bw::admission {
namespace {

using domain::Outcome;
using domain::TicketState;

bool due(const TicketRow& ticket, std::int64_t now_ms) { return ticket.open() && ticket.expires_at_ms <= now_ms; }

TicketState end_by_itself(const TicketRow& ticket) {
  return ticket.state == TicketState::held ? TicketState::expired : TicketState::lapsed;
}

// Where an earlier ticket for the same request stands, when it answers for this one too.
Result<std::optional<TicketStanding>> earlier(Batch& batch, const TicketRow& ticket) {
  if (ticket.expires_at_ms <= batch.at_ms()) return std::nullopt;
  if (ticket.open()) return standing(ticket);
  if (ticket.state != TicketState::consumed) return std::nullopt;
  BW_TRY(auto action, batch.store().action(ticket.consumed_by));
  if (!action) return fail(Code::data_loss, fmt::format("ticket {} was used by no known action", ticket.ticket));
  if (action->row.outcome == Outcome::not_executed) return std::nullopt;
  auto out = standing(ticket);
  out.outcome = action->row.outcome;
  if (out.outcome) out.outcome_seq = action->row.entries.back();
  return out;
}

Result<Committed> open_ticket(Batch& batch, const Hold& change, Contribution with) {
  const auto& action = change.action;
  TicketRow ticket{.ticket = crypto::new_id("tkt", batch.at_ms()),
                   .action = action.id,
                   .digest = action.digest,
                   .run = action.run,
                   .agent = action.principal.agent,
                   .workflow = action.principal.workflow,
                   .environment = action.principal.environment,
                   .upstream = action.upstream,
                   .tool = action.name,
                   .tier = action.profile.tier,
                   .opened_at_ms = batch.at_ms(),
                   .expires_at_ms = change.expires_at_ms,
                   .reviewers = change.reviewers};
  auto entry = entry_for(ledger::Kind::hold, action, change.decision, change.snapshot);
  entry.ticket = ticket.ticket;
  entry.state = name(ticket.state);
  entry.expires_at_ms = ticket.expires_at_ms;
  entry.commitments = with.commitments;
  auto state = state_for(action, change.decision, change.retention);
  state.row.ticket = ticket.ticket;
  BW_TRY(auto sealed, append_first(batch, entry, state, with.contents));
  ticket.entry = sealed.seq;
  BW_OK(batch.store().put_ticket(ticket));
  ++batch.run(state.row).held;
  auto committed = answer(batch, sealed);
  committed.ticket = standing(ticket);
  committed.ticket->opened = true;
  return committed;
}

}  // namespace

Result<Committed> apply(Batch& batch, const Hold& change, Contribution with) {
  if (change.expires_at_ms <= batch.at_ms())
    return fail(Code::invalid_argument, "the ticket would be expired when it opens");
  BW_TRY(auto before, batch.store().ticket_for(change.action.principal, change.action.digest));
  if (before) {
    BW_TRY(auto known, earlier(batch, *before));
    if (known) {
      Committed committed;
      committed.at_ms = batch.at_ms();
      committed.ticket = std::move(known);
      return committed;
    }
  }
  BW_TRY(auto refusal, stopped(batch, change.action));
  if (refusal) {
    auto entry = entry_for(ledger::Kind::refusal, change.action, change.decision, change.snapshot);
    auto state = state_for(change.action, change.decision, change.retention);
    return refuse(batch, std::move(entry), std::move(state), *std::move(refusal), with);
  }
  if (before && due(*before, batch.at_ms())) {
    BW_OK(end_ticket(batch, *before, end_by_itself(*before)));
  }
  return open_ticket(batch, change, with);
}

Result<Committed> apply(Batch& batch, const Decide& change, Contribution with) {
  BW_TRY(auto ticket, batch.store().ticket(change.ticket));
  if (!ticket) return fail(Code::not_found, fmt::format("there is no ticket {}", change.ticket));
  if (ticket->state != TicketState::held) {
    return fail(Code::failed_precondition, fmt::format("ticket {} is {}", change.ticket, name(ticket->state)));
  }
  if (due(*ticket, batch.at_ms())) {
    return fail(Code::failed_precondition, fmt::format("ticket {} is expired", change.ticket));
  }
  ledger::Entry entry;
  entry.kind = ledger::Kind::decision;
  entry.by = change.by;
  auto state = change.approve ? TicketState::approved : TicketState::denied;
  BW_TRY(auto sealed, move_ticket(batch, *ticket, state, std::move(entry), with));
  auto committed = answer(batch, sealed);
  committed.ticket = standing(*ticket);
  return committed;
}

Result<Committed> apply(Batch& batch, const Withdraw& change, Contribution with) {
  BW_TRY(auto ticket, batch.store().ticket(change.ticket));
  if (!ticket || ticket->agent != change.agent)
    return fail(Code::not_found, fmt::format("there is no ticket {}", change.ticket));
  if (!ticket->open()) {
    return fail(Code::failed_precondition, fmt::format("ticket {} is {}", change.ticket, name(ticket->state)));
  }
  ledger::Entry entry;
  entry.kind = ledger::Kind::decision;
  entry.by = change.agent;
  BW_TRY(auto sealed, move_ticket(batch, *ticket, TicketState::withdrawn, std::move(entry), with));
  auto committed = answer(batch, sealed);
  committed.ticket = standing(*ticket);
  return committed;
}

Result<Committed> apply(Batch& batch, const Expire&, Contribution) {
  BW_TRY(auto open, batch.store().open_tickets());
  Committed committed;
  committed.at_ms = batch.at_ms();
  for (auto& ticket : open) {
    if (!due(ticket, batch.at_ms())) continue;
    committed.tickets.push_back(ticket.ticket);
    auto state = end_by_itself(ticket);
    BW_OK(end_ticket(batch, std::move(ticket), state));
  }
  return committed;
}

}  // namespace bw::admission
