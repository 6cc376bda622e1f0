// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "admission/apply.h"
#include "admission/steps.h"

namespace bw::admission {
namespace {

using domain::Scope;

std::optional<Scope> covering(const std::set<Scope>& holds, const ActionRow& action) {
  for (const auto& scope : {Scope{}, Scope{Scope::Kind::upstream, action.upstream},
                            Scope{Scope::Kind::tool, action.tool}, Scope{Scope::Kind::workflow, action.workflow},
                            Scope{Scope::Kind::agent, action.agent}, Scope{Scope::Kind::run, action.run}}) {
    if (holds.contains(scope)) return scope;
  }
  return std::nullopt;
}

// Why the contents of an action must stay, or nothing.
Result<std::optional<std::string>> needed(Batch& batch, const ActionRow& action) {
  if (action.intent && !action.outcome) return fmt::format("action {} has no outcome yet", action.action);
  if (action.outcome == domain::Outcome::ambiguous)
    return fmt::format("action {} is ambiguous: reconcile it first", action.action);
  if (!action.ticket.empty()) {
    BW_TRY(auto ticket, batch.store().ticket(action.ticket));
    if (ticket && ticket->open())
      return fmt::format("action {} waits on ticket {}, which is {}: deny it first", action.action, ticket->ticket,
                         name(ticket->state));
  }
  BW_TRY(auto holds, batch.store().legal_holds_on());
  if (auto scope = covering(*holds, action))
    return fmt::format("action {} is under the legal hold on {}", action.action, to_string(*scope));
  return std::nullopt;
}

struct Piece {
  std::uint64_t seq = 0;
  ledger::Fields wanted, there;
};

// What is there of the wanted contents of one action, entry by entry.
Status add_pieces(Batch& batch, const ActionRow& action, ledger::Fields wanted, std::vector<Piece>& pieces) {
  std::vector<Piece> all;
  ledger::Fields subject, rest;
  subject.add(ledger::Field::subject);
  wanted = wanted.without(subject);
  for (auto seq : action.entries) {
    BW_TRY(auto there, batch.store().contents_of(seq));
    rest = rest | there.without(wanted | subject);
    all.push_back({seq, wanted, there});
  }
  for (auto& piece : all) {
    if (rest.empty()) piece.wanted = wanted | subject;
    piece.there = piece.there & piece.wanted;
    if (!piece.there.empty()) pieces.push_back(piece);
  }
  return {};
}

// The same of all that are wanted; what must stay is said in the answer.
Result<std::vector<Piece>> find_pieces(Batch& batch, const Erase& change, Committed& answer) {
  std::map<std::string, ledger::Fields> targets;  // an action may be named twice
  for (const auto& target : change.targets) targets[target.action] = targets[target.action] | target.fields;
  std::vector<Piece> out;
  for (const auto& [id, fields] : targets) {
    BW_TRY(auto action, batch.store().action(id));
    if (!action) return fail(Code::not_found, fmt::format("there is no action {}", id));
    BW_TRY(auto why, needed(batch, action->row));
    if (why) {
      answer.kept.push_back(*std::move(why));
      continue;
    }
    auto before = out.size();
    BW_OK(add_pieces(batch, action->row, fields, out));
    answer.erased_actions += out.size() > before ? 1 : 0;
  }
  std::ranges::sort(out, {}, &Piece::seq);
  return out;
}

std::vector<ledger::Gone> ranges_of(const std::vector<Piece>& pieces) {
  std::vector<ledger::Gone> out;
  for (const auto& piece : pieces) {
    bool goes_on = !out.empty() && out.back().last + 1 == piece.seq && out.back().fields == piece.wanted;
    if (goes_on) {
      ++out.back().last;
    } else {
      out.push_back({piece.seq, piece.seq, piece.wanted});
    }
  }
  return out;
}

// One entry, and what it says done.
Result<Sealed> erase(Batch& batch, const Erase& change, const std::vector<Piece>& pieces, Contribution with) {
  ledger::Entry entry;
  entry.kind = ledger::Kind::erase;
  entry.by = change.by;
  entry.cause = name(change.cause);
  entry.gone = ranges_of(pieces);
  entry.commitments = with.commitments;
  BW_TRY(auto sealed, batch.seal(entry));
  BW_OK(batch.append(sealed, with.contents));
  for (const auto& piece : pieces) {
    BW_OK(batch.store().erase_contents(piece.seq, piece.there));
    BW_OK(batch.store().put_erasure(piece.seq, piece.there, sealed.seq));
  }
  return sealed;
}

// Who might decide stands in the held request: the copy in the row goes with it.
Status forget_reviewers(Batch& batch, const Erase& change) {
  for (const auto& target : change.targets) {
    if (!target.fields.has(ledger::Field::text)) continue;
    BW_TRY(auto action, batch.store().action(target.action));
    if (!action || action->row.ticket.empty()) continue;
    BW_TRY(auto ticket, batch.store().ticket(action->row.ticket));
    if (!ticket || ticket->action != target.action || ticket->open()) continue;
    BW_TRY(auto left, batch.store().contents_of(ticket->entry));
    if (left.has(ledger::Field::text)) continue;
    ticket->reviewers.clear();
    BW_OK(batch.store().put_ticket(*ticket));
  }
  return {};
}

}  // namespace

Result<Committed> apply(Batch& batch, const Erase& change, Contribution with) {
  Committed committed;
  committed.at_ms = batch.at_ms();
  BW_TRY(auto pieces, find_pieces(batch, change, committed));
  if (change.cause == Erase::Cause::redacted && !committed.kept.empty())
    return fail(Code::failed_precondition, committed.kept.front());
  if (change.only_look) {
    committed.erased = pieces.size();
    return committed;
  }
  for (std::size_t at = 0; at < pieces.size(); at += ledger::gone_max) {
    auto end = std::min(pieces.size(), at + ledger::gone_max);
    std::vector<Piece> part(pieces.begin() + static_cast<std::ptrdiff_t>(at),
                            pieces.begin() + static_cast<std::ptrdiff_t>(end));
    BW_TRY(auto sealed, erase(batch, change, part, with));
    committed.seq = sealed.seq;
    committed.leaf_hash = sealed.hash_hex;
    committed.erased += part.size();
  }
  BW_OK(forget_reviewers(batch, change));
  return committed;
}

Result<Committed> apply(Batch& batch, const SetLegalHold& change, Contribution with) {
  ledger::Entry entry;
  entry.kind = ledger::Kind::legal_hold;
  entry.state = change.on ? "set" : "cleared";
  entry.by = change.by;
  entry.scope = to_string(change.scope);
  entry.commitments = with.commitments;
  BW_TRY(auto sealed, batch.seal(entry));
  BW_OK(batch.append(sealed, with.contents));
  BW_OK(batch.store().put_legal_hold(
      {.scope = change.scope, .on = change.on, .by = change.by, .at_ms = batch.at_ms(), .entry = sealed.seq}));
  return answer(batch, sealed);
}

}  // namespace bw::admission
