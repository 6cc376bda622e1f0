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
  std::string action;
  std::uint64_t seq = 0;
  ledger::Fields wanted, there;
};

// Of each entry what is to go.
using Wanted = std::map<std::uint64_t, ledger::Fields>;

// What is there of the wanted contents of one action. Whom it speaks of goes with the last other content; who might decide speaks of
// nobody whom the action does.
Status add_pieces(Batch& batch, const ActionRow& action, const Wanted& wanted, std::vector<Piece>& pieces) {
  std::vector<Piece> all;
  ledger::Fields subject, beside, rest;
  subject.add(ledger::Field::subject);
  beside.add(ledger::Field::subject);
  beside.add(ledger::Field::reviewers);
  for (auto seq : action.entries) {
    BW_TRY(auto there, batch.store().contents_of(seq));
    auto found = wanted.find(seq);
    auto take = found == wanted.end() ? ledger::Fields() : found->second.without(subject);
    rest = rest | there.without(take | beside);
    all.push_back({action.action, seq, take, there});
  }
  for (auto& piece : all) {
    if (rest.empty()) piece.wanted = piece.wanted | subject;
    piece.there = piece.there & piece.wanted;
    if (!piece.there.empty()) pieces.push_back(piece);
  }
  return {};
}

// The same of several actions, in the order of the ledger; what must stay is said in the answer.
Result<std::vector<Piece>> find_pieces(Batch& batch, const std::map<std::string, Wanted>& wanted, Committed& answer) {
  std::vector<Piece> out;
  for (const auto& [id, entries] : wanted) {
    BW_TRY(auto action, batch.store().action(id));
    if (!action) return fail(Code::not_found, fmt::format("there is no action {}", id));
    BW_TRY(auto why, needed(batch, action->row));
    if (why) {
      answer.kept.push_back(*std::move(why));
      continue;
    }
    auto before = out.size();
    BW_OK(add_pieces(batch, action->row, entries, out));
    answer.erased_actions += out.size() > before ? 1 : 0;
  }
  std::ranges::sort(out, {}, &Piece::seq);
  answer.erased = out.size();
  return out;
}

// All entries of the targets.
Result<std::map<std::string, Wanted>> wanted_by(Batch& batch, const Erase& change) {
  std::map<std::string, Wanted> out;
  for (const auto& [id, fields] : change.targets) {
    BW_TRY(auto action, batch.store().action(id));
    if (!action) return fail(Code::not_found, fmt::format("there is no action {}", id));
    for (auto seq : action->row.entries) out[id][seq] = out[id][seq] | fields;  // an action may be named twice
  }
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

// Expiry looks no more for an entry that has nothing of a class any more.
Status drop_retention(Batch& batch, std::uint64_t seq) {
  BW_TRY(auto entry, batch.store().entry(seq));
  BW_TRY(auto left, batch.store().contents_of(seq));
  for (const auto& one : entry.retention) {
    if (!(one.fields & left).empty()) continue;
    BW_OK(batch.store().drop_retention(one.name, one.ms, seq));
  }
  return {};
}

// One entry, and what it says done.
Result<Sealed> erase(Batch& batch, ledger::Entry entry, const std::vector<Piece>& pieces, Contribution with) {
  entry.kind = ledger::Kind::erase;
  entry.gone = ranges_of(pieces);
  entry.commitments = with.commitments;
  BW_TRY(auto sealed, batch.seal(entry));
  BW_OK(batch.append(sealed, with.contents));
  for (const auto& piece : pieces) {
    BW_OK(batch.store().erase_contents(piece.seq, piece.there));
    BW_OK(batch.store().put_erasure(piece.seq, piece.there, sealed.seq));
    BW_OK(drop_retention(batch, piece.seq));
  }
  return sealed;
}

// Who might decide stands in a content of the hold, an earlier version's in `text`: the copy in the row goes with it.
Status forget_reviewers(Batch& batch, const Piece& piece) {
  if (!piece.there.has(ledger::Field::reviewers) && !piece.there.has(ledger::Field::text)) return {};
  BW_TRY(auto entry, batch.store().entry(piece.seq));
  bool apart = !entry.commitments.reviewers.empty();
  if (!piece.there.has(apart ? ledger::Field::reviewers : ledger::Field::text)) return {};
  BW_TRY(auto action, batch.store().action(piece.action));
  if (!action || action->row.ticket.empty()) return {};
  BW_TRY(auto ticket, batch.store().ticket(action->row.ticket));
  if (!ticket || ticket->entry != piece.seq) return {};
  ticket->reviewers.clear();
  return batch.store().put_ticket(*ticket);
}

// As many entries as that needs, each as `entry` says.
Status erase_all(Batch& batch, const ledger::Entry& entry, const std::vector<Piece>& pieces, Contribution with,
                 Committed& answer) {
  for (std::size_t at = 0; at < pieces.size(); at += ledger::gone_max) {
    auto end = std::min(pieces.size(), at + ledger::gone_max);
    std::vector<Piece> part(pieces.begin() + static_cast<std::ptrdiff_t>(at),
                            pieces.begin() + static_cast<std::ptrdiff_t>(end));
    BW_TRY(auto sealed, erase(batch, entry, part, with));
    answer.seq = sealed.seq;
    answer.leaf_hash = sealed.hash_hex;
  }
  for (const auto& piece : pieces) {
    BW_OK(forget_reviewers(batch, piece));
  }
  return {};
}

// What of an entry is due, of the class and period that are pruned.
Result<ledger::Fields> due_of(const ledger::Entry& entry, const Prune& change, std::int64_t now_ms) {
  auto same = [&](const ledger::Retention& one) { return one.name == change.name && one.ms == change.ms; };
  auto recorded = std::ranges::find_if(entry.retention, same);
  if (recorded == entry.retention.end() || entry.action.empty())
    return fail(Code::invalid_argument, fmt::format("entry {} was not recorded with retention class {} and that period",
                                                    entry.seq, change.name));
  ledger::Fields out;
  for (auto field : ledger::all_fields) {
    auto ms = std::max(change.ms, change.present_ms[static_cast<std::size_t>(field)]);
    if (recorded->fields.has(field) && ms <= now_ms - entry.at_ms) out.add(field);
  }
  return out;
}

}  // namespace

Result<Committed> apply(Batch& batch, const Erase& change, Contribution with) {
  Committed committed;
  committed.at_ms = batch.at_ms();
  BW_TRY(auto wanted, wanted_by(batch, change));
  BW_TRY(auto pieces, find_pieces(batch, wanted, committed));
  if (change.cause == Erase::Cause::redacted && !committed.kept.empty())
    return fail(Code::failed_precondition, committed.kept.front());
  if (change.only_look) return committed;
  ledger::Entry entry;
  entry.by = change.by;
  entry.cause = name(change.cause);
  BW_OK(erase_all(batch, entry, pieces, with, committed));
  return committed;
}

Result<Committed> apply(Batch& batch, const Prune& change, Contribution with) {
  Committed committed;
  committed.at_ms = batch.at_ms();
  std::map<std::string, Wanted> wanted;
  for (auto seq : change.entries) {
    BW_TRY(auto entry, batch.store().entry(seq));
    BW_TRY(auto due, due_of(entry, change, batch.at_ms()));
    if (!due.empty()) wanted[entry.action][seq] = due;
  }
  BW_TRY(auto pieces, find_pieces(batch, wanted, committed));
  if (change.only_look) return committed;
  ledger::Entry entry;
  entry.cause = Prune::cause;
  entry.retention.push_back({.name = change.name, .ms = change.ms});
  BW_OK(erase_all(batch, entry, pieces, with, committed));
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
