// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>

#include "admission/apply.h"
#include "admission/steps.h"

namespace bw::admission {
namespace {

using domain::Outcome;
using domain::TicketState;

Refusal no(Refusal::Kind kind, std::string text, std::string which) {
  return Refusal{kind, std::move(text), std::move(which), {}};
}

Result<std::optional<Refusal>> blocked_retry(Batch& batch, const domain::Action& action) {
  BW_TRY(auto earlier, batch.store().ambiguous(action.digest));
  if (earlier.empty()) return std::nullopt;
  auto text = fmt::format(
      "the same request was sent before ({}) and nobody knows whether it was carried out; it must be reconciled first",
      earlier);
  return no(Refusal::Kind::ambiguous, std::move(text), earlier);
}

// Why a ticket does not let this action pass, or nothing.
std::optional<Refusal> unusable(const std::optional<TicketRow>& ticket, const Admit& change, std::int64_t now_ms) {
  auto say = [&](std::string text) { return no(Refusal::Kind::ticket, std::move(text), change.ticket); };
  if (!ticket) return say("there is no such ticket");
  const auto& who = change.action.principal;
  if (ticket->digest != change.action.digest || ticket->agent != who.agent || ticket->workflow != who.workflow ||
      ticket->environment != who.environment) {
    return say("the ticket is for another request");
  }
  if (ticket->state == TicketState::consumed) return say("the ticket was used before");
  if (ticket->state != TicketState::approved)
    return say(fmt::format("the ticket is {}, not approved", name(ticket->state)));
  if (ticket->expires_at_ms <= now_ms) return say("the ticket is expired");
  return std::nullopt;
}

Refusal over_limit(const domain::Charge& charge, const Shortfall& shortfall) {
  auto per = charge.window_ms > 0 ? fmt::format("in {} ms", charge.window_ms) : std::string("in flight");
  auto refusal = no(Refusal::Kind::meter,
                    fmt::format("meter {}: {} of {} {} are used, and this action needs {}", charge.meter,
                                shortfall.used, charge.limit, per, charge.amount),
                    charge.meter);
  refusal.retry_after_ms = shortfall.retry_after_ms;
  return refusal;
}

// Gives back the first `count` charges.
Status give_back(Batch& batch, const std::vector<domain::Charge>& charges, std::size_t count,
                 std::int64_t reserved_at_ms) {
  for (std::size_t i = 0; i < count; ++i) {
    BW_TRY(auto meter, batch.meter(charges[i].meter, charges[i].key));
    release(*meter, charges[i], charges[i].amount, reserved_at_ms);
  }
  return {};
}

// All charges or none.
Result<std::optional<Refusal>> reserve_all(Batch& batch, const std::vector<domain::Charge>& charges) {
  for (std::size_t i = 0; i < charges.size(); ++i) {
    BW_TRY(auto meter, batch.meter(charges[i].meter, charges[i].key));
    auto shortfall = reserve(*meter, charges[i], batch.at_ms());
    if (!shortfall) continue;
    BW_OK(give_back(batch, charges, i, batch.at_ms()));
    return over_limit(charges[i], *shortfall);
  }
  return std::nullopt;
}

// Every check but the meters', which reserve.
Result<std::optional<Refusal>> first_no(Batch& batch, const Admit& change, const std::optional<TicketRow>& ticket) {
  BW_TRY(auto by_state, stopped(batch, change.action));
  if (by_state) return by_state;
  BW_TRY(auto by_retry, blocked_retry(batch, change.action));
  if (by_retry) return by_retry;
  return change.ticket.empty() ? std::nullopt : unusable(ticket, change, batch.at_ms());
}

// The action may not run. A refusal by a meter records what was asked for, so that it can be checked again.
Result<Committed> turn_away(Batch& batch, const Admit& change, const std::optional<TicketRow>& ticket, Refusal refusal,
                            Contribution with) {
  auto entry = entry_for(ledger::Kind::refusal, change.action, change.decision, change.snapshot);
  auto state = state_for(change.action, change.decision, change.retention);
  state.row.ticket = entry.ticket = change.ticket;
  if (refusal.kind == Refusal::Kind::meter) entry.charges = change.charges;
  BW_TRY(auto committed, refuse(batch, std::move(entry), std::move(state), std::move(refusal), with));
  if (ticket) committed.ticket = standing(*ticket);
  return committed;
}

Result<Sealed> append_intent(Batch& batch, const Admit& change, ActionState& state, Contribution with) {
  auto entry = entry_for(ledger::Kind::intent, change.action, change.decision, change.snapshot);
  entry.ticket = change.ticket;
  entry.credential = change.credential;
  entry.undo = change.undo;
  entry.charges = change.charges;
  entry.commitments = with.commitments;
  state.row.intent = 0;  // set when it has its number
  state.row.ticket = change.ticket;
  state.charges = change.charges;
  state.admitted_at_ms = batch.at_ms();
  return append_first(batch, entry, state, with.contents);
}

}  // namespace

Result<Committed> apply(Batch& batch, const Admit& change, Contribution with) {
  std::optional<TicketRow> ticket;
  if (!change.ticket.empty()) {
    BW_TRY(ticket, batch.store().ticket(change.ticket));
  }
  BW_TRY(auto refusal, first_no(batch, change, ticket));
  if (!refusal) {
    BW_TRY(refusal, reserve_all(batch, change.charges));
  }
  if (refusal) return turn_away(batch, change, ticket, *std::move(refusal), with);
  auto state = state_for(change.action, change.decision, change.retention);
  auto sealed = append_intent(batch, change, state, with);
  if (!sealed) {
    BW_OK(give_back(batch, change.charges, change.charges.size(), batch.at_ms()));
    return fail(std::move(sealed).error());
  }
  ++batch.run(state.row).admitted;
  auto committed = answer(batch, *sealed);
  if (ticket) {
    ticket->state = TicketState::consumed;
    ticket->consumed_by = change.action.id;
    BW_OK(batch.store().put_ticket(*ticket));
    committed.ticket = standing(*ticket);
  }
  return committed;
}

namespace {

// Corrects one window charge to what was really used.
Status correct(Batch& batch, const ActionState& action, const ledger::Actual& actual) {
  const auto& charges = action.charges;
  auto same = [&](const domain::Charge& c) {
    return c.window_ms > 0 && c.meter == actual.meter && c.key == actual.key;
  };
  auto charge = std::find_if(charges.begin(), charges.end(), same);
  BW_TRY(auto meter, batch.meter(charge->meter, charge->key));
  if (actual.amount < charge->amount) {
    release(*meter, *charge, charge->amount - actual.amount, action.admitted_at_ms);
  } else {
    overrun(*meter, *charge, actual.amount - charge->amount, batch.at_ms());
  }
  return {};
}

// Each actual must name a window charge of the action, once.
Status check_actuals(const ActionState& action, const std::vector<ledger::Actual>& actuals) {
  for (std::size_t i = 0; i < actuals.size(); ++i) {
    auto same_charge = [&](const domain::Charge& c) {
      return c.window_ms > 0 && c.meter == actuals[i].meter && c.key == actuals[i].key;
    };
    auto same_actual = [&](const ledger::Actual& a) { return a.meter == actuals[i].meter && a.key == actuals[i].key; };
    bool charged = std::any_of(action.charges.begin(), action.charges.end(), same_charge);
    if (!charged || std::any_of(actuals.begin(), actuals.begin() + static_cast<std::ptrdiff_t>(i), same_actual)) {
      return fail(Code::invalid_argument,
                  fmt::format("action {} reserved nothing on meter {}, or it is corrected twice", action.row.action,
                              actuals[i].meter));
    }
  }
  return {};
}

// What the end of an action means for its meters.
Status settle_meters(Batch& batch, const ActionState& action, const std::vector<ledger::Actual>& actuals) {
  bool all_back = action.row.outcome == Outcome::not_executed || action.row.outcome == Outcome::input_required;
  for (const auto& charge : action.charges) {
    if (charge.window_ms > 0 && !all_back) continue;
    BW_TRY(auto meter, batch.meter(charge.meter, charge.key));
    release(*meter, charge, charge.amount, action.admitted_at_ms);
  }
  for (const auto& actual : actuals) {
    BW_OK(correct(batch, action, actual));
  }
  return {};
}

// Counts an outcome, and blocks or frees the retry.
Status settle_projections(Batch& batch, const ActionState& action) {
  auto outcome = *action.row.outcome;
  auto& run = batch.run(action.row);
  ++run.settled;
  if (outcome == Outcome::failed) ++run.failed;
  batch.count(fmt::format("outcome:{}", name(outcome)));
  if (outcome != Outcome::ambiguous) return {};
  ++run.ambiguous;
  return batch.store().put_ambiguous(action.digest, action.row.action);
}

}  // namespace

Result<Committed> apply(Batch& batch, const Settle& change, Contribution with) {
  BW_TRY(auto action, batch.store().action(change.action));
  if (!action) return fail(Code::not_found, fmt::format("there is no action {}", change.action));
  if (!action->row.intent || action->row.outcome) {
    return fail(
        Code::failed_precondition,
        fmt::format("action {} {}", change.action, action->row.outcome ? "was settled before" : "was never admitted"));
  }
  BW_OK(check_actuals(*action, change.actuals));
  action->row.outcome = change.outcome;
  action->row.settled_at_ms = batch.at_ms();
  ledger::Entry entry;
  entry.kind = ledger::Kind::outcome;
  entry.outcome = change.outcome;
  entry.status = change.status;
  entry.actuals = change.actuals;
  entry.commitments = with.commitments;
  BW_TRY(auto sealed, append_next(batch, entry, *action, with.contents));
  BW_OK(settle_meters(batch, *action, change.actuals));
  BW_OK(settle_projections(batch, *action));
  return answer(batch, sealed);
}

// A read changed nothing, whatever became of it: it failed, and whoever wants may read again. Of the rest nobody knows.
Status settle_unfinished(Batch& batch, ActionState action) {
  bool harmless = action.row.tier == domain::Tier::read;
  action.row.outcome = harmless ? Outcome::failed : Outcome::ambiguous;
  action.row.settled_at_ms = batch.at_ms();
  ledger::Entry entry;
  entry.kind = harmless ? ledger::Kind::outcome : ledger::Kind::ambiguous;
  entry.outcome = action.row.outcome;
  BW_OK(append_next(batch, entry, action, {}));
  BW_OK(settle_meters(batch, action, {}));
  return settle_projections(batch, action);
}

Result<Committed> apply(Batch& batch, const Reconcile& change, Contribution with) {
  BW_TRY(auto action, batch.store().action(change.action));
  if (!action) return fail(Code::not_found, fmt::format("there is no action {}", change.action));
  if (action->row.outcome != Outcome::ambiguous) {
    return fail(Code::failed_precondition, fmt::format("action {} is not ambiguous", change.action));
  }
  action->row.outcome = change.outcome;
  ledger::Entry entry;
  entry.kind = ledger::Kind::reconcile;
  entry.outcome = change.outcome;
  entry.by = change.by;
  entry.commitments = with.commitments;
  BW_TRY(auto sealed, append_next(batch, entry, *action, with.contents));
  if (change.outcome == Outcome::not_executed) {
    for (const auto& charge : action->charges) {
      if (charge.window_ms == 0) continue;  // given back when it became ambiguous
      BW_TRY(auto meter, batch.meter(charge.meter, charge.key));
      release(*meter, charge, charge.amount, action->admitted_at_ms);
    }
  }
  --batch.run(action->row).ambiguous;
  BW_OK(batch.store().drop_ambiguous(action->digest, action->row.action));
  return answer(batch, sealed);
}

Result<Committed> apply(Batch& batch, const Refuse& change, Contribution with) {
  auto entry = entry_for(ledger::Kind::refusal, change.action, change.decision, change.snapshot);
  auto state = state_for(change.action, change.decision, change.retention);
  state.row.verdict = domain::Verdict::deny;
  state.row.refused = entry.refused = name(change.kind);
  entry.commitments = with.commitments;
  BW_TRY(auto sealed, append_first(batch, entry, state, with.contents));
  ++batch.run(state.row).refused;
  return answer(batch, sealed);
}

}  // namespace bw::admission
