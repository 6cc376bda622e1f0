// SPDX-License-Identifier: Apache-2.0
#include "admission/steps.h"

#include <fmt/core.h>

#include <algorithm>

namespace bw::admission {
namespace {

using domain::Scope;

Result<std::optional<Refusal>> killed(Batch& batch, const domain::Action& action) {
  BW_TRY(auto on, batch.store().switches_on());
  if (on->empty()) return std::nullopt;
  for (const auto& scope :
       {Scope{}, Scope{Scope::Kind::upstream, action.upstream}, Scope{Scope::Kind::tool, action.name},
        Scope{Scope::Kind::workflow, action.principal.workflow}, Scope{Scope::Kind::agent, action.principal.agent},
        Scope{Scope::Kind::run, action.run}}) {
    if (!on->contains(scope)) continue;
    auto which = to_string(scope);
    return Refusal{Refusal::Kind::killed, fmt::format("stopped by the kill switch on {}", which), which, {}};
  }
  return std::nullopt;
}

Refusal no_token(const std::string& token, std::string text) {
  return Refusal{Refusal::Kind::revoked, std::move(text), token, {}};
}

Result<std::optional<Refusal>> revoked(Batch& batch, const domain::Principal& principal) {
  BW_TRY(auto token, batch.store().token(principal.token));
  if (token != nullptr && token->revoked_at_ms != 0) return no_token(principal.token, "the agent's token is revoked");
  if (token != nullptr && token->expires_at_ms != 0 && token->expires_at_ms <= batch.at_ms()) {
    return no_token(principal.token, "the agent's token is expired");
  }
  BW_TRY(auto agent, batch.store().agent_revoked(principal.agent));
  if (agent && (token == nullptr || token->entry < *agent))
    return no_token(principal.token, "the agent's tokens are revoked");
  return std::nullopt;
}

}  // namespace

Result<std::optional<Refusal>> stopped(Batch& batch, const domain::Action& action) {
  BW_TRY(auto by_switch, killed(batch, action));
  if (by_switch) return by_switch;
  return revoked(batch, action.principal);
}

ledger::Entry entry_for(ledger::Kind kind, const domain::Action& action, const DecisionSummary& decision,
                        const std::string& snapshot) {
  ledger::Entry entry;
  entry.kind = kind;
  entry.action = action.id;
  entry.run = action.run;
  entry.agent = action.principal.agent;
  entry.workflow = action.principal.workflow;
  entry.environment = action.principal.environment;
  entry.token = action.principal.token;
  entry.upstream = action.upstream;
  entry.what = action.kind;
  entry.tool = action.name;
  entry.tier = action.profile.tier;
  entry.tool_digest = action.tool_digest;
  entry.digest = action.digest;
  entry.snapshot = snapshot;
  entry.verdict = decision.verdict;
  auto count = std::min(decision.rules.size(), ledger::rules_max);
  entry.rules.assign(decision.rules.begin(), decision.rules.begin() + static_cast<std::ptrdiff_t>(count));
  return entry;
}

ActionState state_for(const domain::Action& action, const DecisionSummary& decision,
                      const std::vector<ledger::Retention>& retention) {
  ActionState state;
  state.retention = retention;
  state.digest = action.digest;
  state.row = {.action = action.id,
               .run = action.run,
               .agent = action.principal.agent,
               .workflow = action.principal.workflow,
               .environment = action.principal.environment,
               .upstream = action.upstream,
               .tool = action.name,
               .tier = action.profile.tier,
               .verdict = decision.verdict};
  return state;
}

namespace {

// An entry with contents says how long they are kept.
Result<Sealed> seal_kept(Batch& batch, ledger::Entry& entry, const ActionState& state) {
  if (!state.retention.empty() && entry.commitments != ledger::Commitments{}) entry.retention = state.retention;
  return batch.seal(entry);
}

Status append_kept(Batch& batch, const ledger::Entry& entry, const Sealed& sealed, const ledger::Contents& contents) {
  BW_OK(batch.append(sealed, contents));
  auto there = fields_of(entry.commitments);
  for (const auto& one : entry.retention) {
    if ((one.fields & there).empty()) continue;
    BW_OK(batch.store().put_retention(one.name, one.ms, sealed.seq));
  }
  return {};
}

// The action has entries already: it was held or refused, and comes again.
Result<Sealed> append_again(Batch& batch, ledger::Entry& entry, ActionState& state, const ledger::Contents& contents) {
  BW_TRY(auto known, batch.store().action(state.row.action));
  if (!known) return fail(Code::data_loss, fmt::format("action {} exists and cannot be found", state.row.action));
  if (known->row.intent || known->digest != state.digest) {
    return fail(Code::already_exists, fmt::format("action {} was admitted before", state.row.action));
  }
  if (state.row.intent && !known->row.ticket.empty() && known->row.ticket != state.row.ticket) {
    BW_TRY(auto own, batch.store().ticket(known->row.ticket));
    if (own && own->open()) {
      return fail(Code::failed_precondition,
                  fmt::format("action {} waits on ticket {}", state.row.action, own->ticket));
    }
  }
  entry.previous = known->last_leaf_hash;
  entry.run = state.row.run = known->row.run;  // of one run, whichever asks again
  BW_TRY(auto sealed, seal_kept(batch, entry, state));
  BW_OK(append_kept(batch, entry, sealed, contents));
  state.row.at_ms = known->row.at_ms;
  if (state.row.ticket.empty()) state.row.ticket = known->row.ticket;
  state.row.entries = std::move(known->row.entries);
  state.row.entries.push_back(sealed.seq);
  if (state.row.intent) state.row.intent = sealed.seq;
  state.last_leaf_hash = sealed.hash_hex;
  BW_OK(batch.store().update_action(state));
  return sealed;
}

}  // namespace

Result<Sealed> append_first(Batch& batch, ledger::Entry& entry, ActionState& state, const ledger::Contents& contents) {
  BW_TRY(auto sealed, seal_kept(batch, entry, state));
  state.row.at_ms = batch.at_ms();
  state.row.entries = {sealed.seq};
  if (state.row.intent) state.row.intent = sealed.seq;
  state.last_leaf_hash = sealed.hash_hex;
  auto inserted = batch.store().insert_action(state);
  if (!inserted && inserted.error().code == Code::already_exists) return append_again(batch, entry, state, contents);
  BW_OK(inserted);
  BW_OK(append_kept(batch, entry, sealed, contents));
  return sealed;
}

Result<Sealed> append_next(Batch& batch, ledger::Entry& entry, ActionState& state, const ledger::Contents& contents) {
  entry.action = state.row.action;
  entry.run = state.row.run;
  entry.previous = state.last_leaf_hash;
  BW_TRY(auto sealed, seal_kept(batch, entry, state));
  BW_OK(append_kept(batch, entry, sealed, contents));
  state.row.entries.push_back(sealed.seq);
  state.last_leaf_hash = sealed.hash_hex;
  BW_OK(batch.store().update_action(state));
  return sealed;
}

Result<Committed> refuse(Batch& batch, ledger::Entry entry, ActionState state, Refusal refusal, Contribution with) {
  state.row.verdict = domain::Verdict::deny;
  state.row.refused = entry.refused = name(refusal.kind);
  if (refusal.kind == Refusal::Kind::killed) entry.scope = refusal.which;
  auto contents = with.contents;
  contents.why = ledger::salt_content(refusal.text);
  entry.commitments = with.commitments;
  entry.commitments.why = ledger::commit("why", contents.why);
  BW_TRY(auto sealed, append_first(batch, entry, state, contents));
  ++batch.run(state.row).refused;
  auto committed = answer(batch, sealed);
  committed.refusal = std::move(refusal);
  return committed;
}

Result<Sealed> move_ticket(Batch& batch, TicketRow& ticket, domain::TicketState state, ledger::Entry entry,
                           Contribution with) {
  BW_TRY(auto action, batch.store().action(ticket.action));
  if (!action) return fail(Code::data_loss, fmt::format("ticket {} holds no known action", ticket.ticket));
  entry.ticket = ticket.ticket;
  entry.state = name(state);
  entry.digest = ticket.digest;
  entry.commitments = with.commitments;
  BW_TRY(auto sealed, append_next(batch, entry, *action, with.contents));
  ticket.state = state;
  if (entry.kind == ledger::Kind::decision) {
    ticket.by = entry.by;
    ticket.decided_at_ms = batch.at_ms();
    ticket.decision_entry = sealed.seq;
  }
  BW_OK(batch.store().put_ticket(ticket));
  return sealed;
}

Status end_ticket(Batch& batch, TicketRow ticket, domain::TicketState state) {
  ledger::Entry entry;
  entry.kind = ledger::Kind::expiry;
  BW_OK(move_ticket(batch, ticket, state, std::move(entry), {{}, {}}));
  return {};
}

Committed answer(const Batch& batch, const Sealed& sealed) {
  Committed committed;
  committed.seq = sealed.seq;
  committed.leaf_hash = sealed.hash_hex;
  committed.at_ms = batch.at_ms();
  return committed;
}

TicketStanding standing(const TicketRow& ticket) {
  TicketStanding out;
  out.id = ticket.ticket;
  out.state = ticket.state;
  out.action = ticket.action;
  out.expires_at_ms = ticket.expires_at_ms;
  out.consumed_by = ticket.consumed_by;
  return out;
}

}  // namespace bw::admission
