// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "admission/apply.h"
#include "admission/steps.h"

namespace bw::admission {
namespace {

using domain::Scope;

bool in_scope(const TicketRow& ticket, const Scope& scope) {
  switch (scope.kind) {
    case Scope::Kind::everything: return true;
    case Scope::Kind::upstream: return ticket.upstream == scope.name;
    case Scope::Kind::tool: return ticket.tool == scope.name;
    case Scope::Kind::workflow: return ticket.workflow == scope.name;
    case Scope::Kind::agent: return ticket.agent == scope.name;
    case Scope::Kind::run: return ticket.run == scope.name;
  }
  return true;
}

// An entry of nobody's action.
Result<Sealed> append_control(Batch& batch, ledger::Entry& entry, Contribution with) {
  entry.commitments = with.commitments;
  BW_TRY(auto sealed, batch.seal(entry));
  BW_OK(batch.append(sealed, with.contents));
  return sealed;
}

}  // namespace

Result<Committed> apply(Batch& batch, const SetSwitch& change, Contribution with) {
  ledger::Entry entry;
  entry.kind = ledger::Kind::kill_switch;
  entry.state = change.on ? "set" : "cleared";
  entry.by = change.by;
  entry.scope = to_string(change.scope);
  BW_TRY(auto sealed, append_control(batch, entry, with));
  BW_OK(batch.store().put_switch(
      {.scope = change.scope, .on = change.on, .by = change.by, .at_ms = batch.at_ms(), .entry = sealed.seq}));
  auto committed = answer(batch, sealed);
  if (!change.on) return committed;
  BW_TRY(auto open, batch.store().open_tickets());
  for (auto& ticket : open) {
    if (!in_scope(ticket, change.scope)) continue;
    committed.tickets.push_back(ticket.ticket);
    BW_OK(end_ticket(batch, std::move(ticket), domain::TicketState::killed));
  }
  return committed;
}

Result<Committed> apply(Batch& batch, const Apply& change, Contribution with) {
  ledger::Entry entry;
  entry.kind = ledger::Kind::apply;
  entry.snapshot = change.digest;
  entry.by = change.author;
  BW_TRY(auto sealed, append_control(batch, entry, with));
  BW_OK(batch.store().put_snapshot(
      {.digest = change.digest, .author = change.author, .at_ms = batch.at_ms(), .entry = sealed.seq}));
  return answer(batch, sealed);
}

Result<Committed> apply(Batch& batch, const IssueToken& change, Contribution with) {
  BW_TRY(auto known, batch.store().token(change.token));
  if (known != nullptr) return fail(Code::already_exists, fmt::format("token {} was issued before", change.token));
  ledger::Entry entry;
  entry.kind = ledger::Kind::token;
  entry.agent = change.agent;
  entry.workflow = change.workflow;
  entry.environment = change.environment;
  entry.token = change.token;
  entry.state = "issued";
  entry.by = change.by;
  entry.expires_at_ms = change.expires_at_ms;
  BW_TRY(auto sealed, append_control(batch, entry, with));
  BW_OK(batch.store().put_token({.token = change.token,
                                 .agent = change.agent,
                                 .workflow = change.workflow,
                                 .environment = change.environment,
                                 .by = change.by,
                                 .issued_at_ms = batch.at_ms(),
                                 .expires_at_ms = change.expires_at_ms,
                                 .entry = sealed.seq}));
  return answer(batch, sealed);
}

Result<Committed> apply(Batch& batch, const RevokeToken& change, Contribution with) {
  ledger::Entry entry;
  entry.kind = ledger::Kind::token;
  entry.agent = change.agent;
  entry.token = change.token;
  entry.state = "revoked";
  entry.by = change.by;
  BW_TRY(auto sealed, append_control(batch, entry, with));
  std::vector<TokenRow> rows;
  if (change.token.empty()) {
    BW_OK(batch.store().put_agent_revoked(change.agent, sealed.seq));
    BW_TRY(rows, batch.store().tokens_of(change.agent));
  } else {
    // One that was never issued here is revoked all the same.
    BW_TRY(auto known, batch.store().token(change.token));
    rows.push_back(known != nullptr ? *known : TokenRow{.token = change.token, .entry = sealed.seq});
  }
  for (auto& row : rows) {
    if (row.revoked_at_ms != 0) continue;
    row.revoked_at_ms = batch.at_ms();
    BW_OK(batch.store().put_token(row));
  }
  return answer(batch, sealed);
}

Result<Committed> apply(Batch& batch, const Pin& change, Contribution with) {
  bool accepted = change.state == Pin::State::accepted;
  ledger::Entry entry;
  entry.kind = ledger::Kind::pin;
  entry.upstream = change.upstream;
  entry.tool = change.tool;
  entry.tool_digest = change.digest;
  entry.state = accepted ? "accepted" : "quarantined";
  entry.by = change.by;
  BW_TRY(auto sealed, append_control(batch, entry, with));
  if (accepted) {
    BW_OK(batch.store().drop_quarantine(change.upstream, change.tool, change.digest));
  }
  BW_OK(batch.store().put_pin({.upstream = change.upstream,
                               .tool = change.tool,
                               .digest = change.digest,
                               .by = change.by,
                               .state = change.state,
                               .at_ms = batch.at_ms(),
                               .entry = sealed.seq}));
  return answer(batch, sealed);
}

Result<Committed> apply(Batch& batch, const SetShadow& change, Contribution with) {
  ledger::Entry entry;
  entry.kind = ledger::Kind::shadow;
  entry.snapshot = change.digest;
  entry.state = change.on ? "started" : "stopped";
  entry.by = change.by;
  BW_TRY(auto sealed, append_control(batch, entry, with));
  return answer(batch, sealed);
}

}  // namespace bw::admission
