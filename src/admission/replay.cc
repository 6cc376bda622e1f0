// SPDX-License-Identifier: Apache-2.0
#include "admission/replay.h"

#include <fmt/core.h>

#include <algorithm>

#include "ledger/finding.h"

namespace bw::admission {
namespace {

using domain::Outcome;
using domain::Scope;
using domain::TicketState;
using ledger::Entry;
using ledger::Field;
using ledger::Finding;
using ledger::Kind;

std::unexpected<Error> wrong(Finding finding, std::string what) { return ledger::found(finding, std::move(what)); }

bool in_scope(const Scope& scope, const std::string& upstream, const std::string& tool, const std::string& workflow,
              const std::string& agent, const std::string& run) {
  switch (scope.kind) {
    case Scope::Kind::everything: return true;
    case Scope::Kind::upstream: return scope.name == upstream;
    case Scope::Kind::tool: return scope.name == tool;
    case Scope::Kind::workflow: return scope.name == workflow;
    case Scope::Kind::agent: return scope.name == agent;
    case Scope::Kind::run: return scope.name == run;
  }
  return true;
}

ActionState state_of(const Entry& entry) {
  ActionState state;
  state.digest = entry.digest;
  state.row = {.action = entry.action,
               .run = entry.run,
               .agent = entry.agent,
               .workflow = entry.workflow,
               .environment = entry.environment,
               .upstream = entry.upstream,
               .tool = entry.tool,
               .tier = entry.tier.value_or(domain::Tier::execute),
               .at_ms = entry.at_ms};
  return state;
}

}  // namespace

Status Replay::add(const Entry& entry, const std::string& leaf_hash) {
  if (entry.seq != size_) return wrong(Finding::reordered, fmt::format("it says that it is entry {}", entry.seq));
  if (entry.at_ms < at_ms_) return wrong(Finding::backdated, "its time is before that of the entry before it");
  at_ms_ = entry.at_ms;
  ++counts_[std::string(ledger::name(entry.kind))];
  BW_OK(dispatch(entry, leaf_hash));
  ++size_;
  return {};
}

Status Replay::dispatch(const Entry& entry, const std::string& leaf_hash) {
  switch (entry.kind) {
    case Kind::intent:
    case Kind::refusal:
    case Kind::hold: return add_first(entry, leaf_hash);
    case Kind::decision:
    case Kind::expiry: return add_ticket_move(entry, leaf_hash);
    case Kind::outcome:
    case Kind::ambiguous: return add_outcome(entry, leaf_hash);
    case Kind::reconcile: return add_reconcile(entry, leaf_hash);
    case Kind::kill_switch: return add_switch(entry);
    case Kind::erase: return check_erase(entry);
    case Kind::legal_hold: return add_legal_hold(entry);
    case Kind::token: return add_token(entry);
    case Kind::pin: return add_pin(entry);
    case Kind::apply: snapshots_.push_back({entry.snapshot, entry.by, entry.at_ms, entry.seq}); return {};
    case Kind::shadow: return check_shadow(entry);
    case Kind::stop: return {};
    case Kind::start: break;
  }
  for (const auto& [id, action] : unfinished_) {
    if (action.row.intent && !action.row.outcome)
      return wrong(Finding::lost_outcome, fmt::format("a server started and left action {} without outcome", id));
  }
  return {};
}

// The first entry of an action, or the next of one that was not admitted yet.
Status Replay::add_first(const Entry& entry, const std::string& leaf_hash) {
  auto known = unfinished_.find(entry.action);
  auto action = state_of(entry);
  if (known == unfinished_.end()) {
    if (!entry.previous.empty())
      return wrong(Finding::broken_chain, "it follows an entry of its action that is not there");
    ++actions_;
  } else {
    const auto& before = known->second;
    if (before.row.intent)
      return wrong(Finding::false_outcome, fmt::format("action {} was admitted before", entry.action));
    if (entry.previous != before.last_leaf_hash)
      return wrong(Finding::broken_chain, "it does not follow the entry of its action before it");
    if (entry.digest != before.digest) return wrong(Finding::broken_chain, "its action has another digest than before");
    if (entry.run != before.row.run) return wrong(Finding::broken_chain, "its action has another run than before");
    action.row.at_ms = before.row.at_ms;
    action.row.ticket = before.row.ticket;
    action.row.entries = before.row.entries;
  }
  if (!entry.verdict || !entry.tier || !entry.what || entry.digest.empty())
    return wrong(Finding::malformed, "it lacks what an action has");
  if (!entry.ticket.empty()) action.row.ticket = entry.ticket;
  action.row.verdict = *entry.verdict;
  action.row.entries.push_back(entry.seq);
  action.last_leaf_hash = leaf_hash;
  BW_OK(entry.kind == Kind::intent ? add_intent(entry, action)
        : entry.kind == Kind::hold ? add_hold(entry, action)
                                   : add_refusal(entry, action));
  unfinished_.insert_or_assign(entry.action, std::move(action));
  return {};
}

// What forbids both an intent and a hold.
Status Replay::check_stopped(const Entry& entry) const {
  for (const auto& [scope, row] : switches_) {
    if (row.on && in_scope(scope, entry.upstream, entry.tool, entry.workflow, entry.agent, entry.run)) {
      return wrong(Finding::past_switch, fmt::format("the kill switch on {} was set", to_string(scope)));
    }
  }
  auto token = tokens_.find(entry.token);
  bool known = token != tokens_.end();
  if (known && token->second.revoked_at_ms != 0) return wrong(Finding::past_revocation, "its token was revoked");
  if (known && token->second.expires_at_ms != 0 && token->second.expires_at_ms <= entry.at_ms)
    return wrong(Finding::past_revocation, "its token was expired");
  auto agent = revoked_agents_.find(entry.agent);
  if (agent != revoked_agents_.end() && (!known || token->second.entry < agent->second))
    return wrong(Finding::past_revocation, "its agent's tokens were revoked");
  return {};
}

Status Replay::consume_ticket(const Entry& entry) {
  auto found = tickets_.find(entry.ticket);
  if (found == tickets_.end()) return wrong(Finding::impossible_ticket, "its ticket was never opened");
  auto& ticket = found->second;
  if (ticket.state != TicketState::approved)
    return wrong(ticket.state == TicketState::consumed ? Finding::reused_approval : Finding::forged_approval,
                 fmt::format("its ticket was {}, not approved", name(ticket.state)));
  bool same = ticket.digest == entry.digest && ticket.agent == entry.agent && ticket.workflow == entry.workflow &&
              ticket.environment == entry.environment;
  if (!same) return wrong(Finding::reused_approval, "its ticket was for another request");
  if (ticket.expires_at_ms <= entry.at_ms) return wrong(Finding::reused_approval, "its ticket was expired");
  ticket.state = TicketState::consumed;
  ticket.consumed_by = entry.action;
  return {};
}

// Takes all charges, or none and says which did not fit.
std::optional<std::size_t> Replay::reserve_all(const std::vector<domain::Charge>& charges) {
  for (std::size_t i = 0; i < charges.size(); ++i) {
    if (!reserve(meter(charges[i].meter, charges[i].key), charges[i], at_ms_)) continue;
    for (std::size_t k = 0; k < i; ++k)
      release(meter(charges[k].meter, charges[k].key), charges[k], charges[k].amount, at_ms_);
    return i;
  }
  return std::nullopt;
}

Status Replay::add_intent(const Entry& entry, ActionState& action) {
  BW_OK(check_stopped(entry));
  auto earlier = ambiguous_.lower_bound({entry.digest, ""});
  if (earlier != ambiguous_.end() && earlier->first == entry.digest) {
    return wrong(Finding::past_ambiguity, fmt::format("action {} of the same digest was ambiguous", earlier->second));
  }
  if (*entry.verdict == domain::Verdict::deny) return wrong(Finding::past_policy, "policy denied it");
  if (*entry.verdict == domain::Verdict::hold && entry.ticket.empty())
    return wrong(Finding::forged_approval, "policy held it and it has no ticket");
  if (!entry.ticket.empty()) {
    BW_OK(consume_ticket(entry));
  }
  for (const auto& charge : entry.charges) {
    BW_OK(check_charge(charge));
  }
  if (auto which = reserve_all(entry.charges))
    return wrong(Finding::over_limit, fmt::format("meter {} had no room for it", entry.charges[*which].meter));
  action.row.intent = entry.seq;
  action.charges = entry.charges;
  action.admitted_at_ms = entry.at_ms;
  ++run_of(action.row).admitted;
  return {};
}

Status Replay::add_refusal(const Entry& entry, ActionState& action) {
  if (entry.refused.empty()) return wrong(Finding::malformed, "it does not say why it was refused");
  for (const auto& charge : entry.charges) {
    BW_OK(check_charge(charge));
  }
  if (entry.refused == "meter" && !reserve_all(entry.charges))
    return wrong(Finding::past_policy, "every meter had room for it");
  action.row.verdict = domain::Verdict::deny;
  action.row.refused = entry.refused;
  ++run_of(action.row).refused;
  return {};
}

Status Replay::add_hold(const Entry& entry, ActionState& action) {
  BW_OK(check_stopped(entry));
  if (entry.ticket.empty() || tickets_.contains(entry.ticket))
    return wrong(Finding::impossible_ticket, "its ticket is not a new one");
  if (entry.expires_at_ms <= entry.at_ms)
    return wrong(Finding::impossible_ticket, "its ticket was expired when it opened");
  tickets_[entry.ticket] = {.ticket = entry.ticket,
                            .action = entry.action,
                            .digest = entry.digest,
                            .run = entry.run,
                            .agent = entry.agent,
                            .workflow = entry.workflow,
                            .environment = entry.environment,
                            .upstream = entry.upstream,
                            .tool = entry.tool,
                            .tier = *entry.tier,
                            .opened_at_ms = entry.at_ms,
                            .expires_at_ms = entry.expires_at_ms,
                            .entry = entry.seq};
  ++run_of(action.row).held;
  return {};
}

// The action that the entry is the next one of.
Result<ActionState*> Replay::next_of(const Entry& entry, const std::string& leaf_hash) {
  auto found = unfinished_.find(entry.action);
  if (found == unfinished_.end())
    return wrong(Finding::false_outcome, fmt::format("action {} is unknown, or was settled for good", entry.action));
  auto& action = found->second;
  if (entry.previous != action.last_leaf_hash)
    return wrong(Finding::broken_chain, "it does not follow the entry of its action before it");
  if (entry.run != action.row.run) return wrong(Finding::broken_chain, "its action has another run than before");
  action.last_leaf_hash = leaf_hash;
  action.row.entries.push_back(entry.seq);
  return &action;
}

namespace {

// Whether an entry may move a ticket so.
bool may_move(const TicketRow& ticket, TicketState to, Kind kind, std::int64_t at_ms) {
  bool held = ticket.state == TicketState::held;
  bool due = ticket.expires_at_ms <= at_ms;
  switch (to) {
    case TicketState::approved:
    case TicketState::denied: return kind == Kind::decision && held && !due;
    case TicketState::withdrawn: return kind == Kind::decision && ticket.open();
    case TicketState::expired: return kind == Kind::expiry && held && due;
    case TicketState::lapsed: return kind == Kind::expiry && ticket.state == TicketState::approved && due;
    case TicketState::killed: return kind == Kind::expiry && ticket.open();
    default: return false;
  }
}

}  // namespace

Status Replay::add_ticket_move(const Entry& entry, const std::string& leaf_hash) {
  BW_OK(next_of(entry, leaf_hash));
  auto found = tickets_.find(entry.ticket);
  auto to = domain::parse_ticket_state(entry.state);
  if (found == tickets_.end() || !to) return wrong(Finding::impossible_ticket, "its ticket was never opened");
  auto& ticket = found->second;
  if (ticket.action != entry.action || ticket.digest != entry.digest)
    return wrong(Finding::impossible_ticket, "its ticket is of another action");
  if (!may_move(ticket, *to, entry.kind, entry.at_ms)) {
    return wrong(Finding::impossible_ticket,
                 fmt::format("ticket {} cannot go from {} to {}", entry.ticket, name(ticket.state), name(*to)));
  }
  bool stopped = std::any_of(switches_.begin(), switches_.end(), [&](const auto& one) {
    return one.second.on &&
           in_scope(one.first, ticket.upstream, ticket.tool, ticket.workflow, ticket.agent, ticket.run);
  });
  if (*to == TicketState::killed && !stopped)
    return wrong(Finding::impossible_ticket, "no switch was set that kills its ticket");
  ticket.state = *to;
  if (entry.kind == Kind::decision) {
    ticket.by = entry.by;
    ticket.decided_at_ms = entry.at_ms;
    ticket.decision_entry = entry.seq;
  }
  return {};
}

RunRow& Replay::run_of(const ActionRow& action) {
  auto [found, fresh] = runs_.try_emplace(action.run);
  auto& run = found->second;
  if (fresh) {
    run.run = action.run;
    run.agent = action.agent;
    run.workflow = action.workflow;
    run.environment = action.environment;
    run.first_at_ms = at_ms_;
  }
  run.last_at_ms = at_ms_;
  return run;
}

Status Replay::settle(const Entry& entry, const ActionState& action) {
  bool all_back = entry.outcome == Outcome::not_executed || entry.outcome == Outcome::input_required;
  for (const auto& charge : action.charges) {
    if (charge.window_ms > 0 && !all_back) continue;
    release(meter(charge.meter, charge.key), charge, charge.amount, action.admitted_at_ms);
  }
  for (const auto& actual : entry.actuals) {
    auto charge = std::find_if(action.charges.begin(), action.charges.end(), [&](const auto& c) {
      return c.window_ms > 0 && c.meter == actual.meter && c.key == actual.key;
    });
    if (charge == action.charges.end() || actual.amount < 0 || all_back)
      return wrong(Finding::false_outcome, "it corrects what was not reserved");
    auto& state = meter(actual.meter, actual.key);
    if (actual.amount < charge->amount) {
      release(state, *charge, charge->amount - actual.amount, action.admitted_at_ms);
    } else {
      overrun(state, *charge, actual.amount - charge->amount, at_ms_);
    }
  }
  return {};
}

Status Replay::finish(const std::string& action) {
  auto found = unfinished_.find(action);
  BW_OK(finished_(found->second));
  unfinished_.erase(found);
  return {};
}

Status Replay::add_outcome(const Entry& entry, const std::string& leaf_hash) {
  BW_TRY(auto action, next_of(entry, leaf_hash));
  if (!action->row.intent || action->row.outcome)
    return wrong(Finding::false_outcome, fmt::format("action {} was not waiting for an outcome", entry.action));
  if (!entry.outcome) return wrong(Finding::false_outcome, "it has no outcome");
  if (entry.kind == Kind::ambiguous && entry.outcome != Outcome::ambiguous)
    return wrong(Finding::false_outcome, "it is not ambiguous");
  action->row.outcome = entry.outcome;
  action->row.settled_at_ms = entry.at_ms;
  BW_OK(settle(entry, *action));
  ++counts_[fmt::format("outcome:{}", name(*entry.outcome))];
  auto& run = run_of(action->row);
  ++run.settled;
  run.failed += entry.outcome == Outcome::failed ? 1 : 0;
  if (entry.outcome != Outcome::ambiguous) return finish(entry.action);
  ++run.ambiguous;
  ambiguous_.emplace(action->digest, entry.action);
  return {};
}

Status Replay::add_reconcile(const Entry& entry, const std::string& leaf_hash) {
  BW_TRY(auto action, next_of(entry, leaf_hash));
  if (action->row.outcome != Outcome::ambiguous)
    return wrong(Finding::false_outcome, fmt::format("action {} was not ambiguous", entry.action));
  if (entry.outcome != Outcome::succeeded && entry.outcome != Outcome::not_executed)
    return wrong(Finding::false_outcome, "it does not settle the action");
  if (entry.by.empty()) return wrong(Finding::malformed, "it does not say who found out");
  action->row.outcome = entry.outcome;
  for (const auto& charge : action->charges) {
    if (charge.window_ms == 0 || entry.outcome != Outcome::not_executed) continue;
    release(meter(charge.meter, charge.key), charge, charge.amount, action->admitted_at_ms);
  }
  --run_of(action->row).ambiguous;
  ambiguous_.erase({action->digest, entry.action});
  return finish(entry.action);
}

Status Replay::add_switch(const Entry& entry) {
  auto scope = domain::parse_scope(entry.scope);
  if (!scope || (entry.state != "set" && entry.state != "cleared"))
    return wrong(Finding::malformed, "it sets or clears no switch");
  switches_[*scope] = {
      .scope = *scope, .on = entry.state == "set", .by = entry.by, .at_ms = entry.at_ms, .entry = entry.seq};
  return {};
}

Status Replay::add_legal_hold(const Entry& entry) {
  auto scope = domain::parse_scope(entry.scope);
  if (!scope || (entry.state != "set" && entry.state != "cleared"))
    return wrong(Finding::malformed, "it sets or clears no legal hold");
  legal_holds_[*scope] = {
      .scope = *scope, .on = entry.state == "set", .by = entry.by, .at_ms = entry.at_ms, .entry = entry.seq};
  return {};
}

Status Replay::check_erase(const Entry& entry) {
  bool by_people = entry.cause == name(Erase::Cause::redacted) || entry.cause == name(Erase::Cause::forgotten);
  bool by_time = entry.cause == Prune::cause && entry.retention.size() == 1;
  bool by_somebody = by_time || (by_people && !entry.by.empty());
  if (!by_somebody || entry.gone.empty()) return wrong(Finding::malformed, "it does not say what it erased, and why");
  for (const auto& gone : entry.gone) {
    if (gone.last >= entry.seq) return wrong(Finding::malformed, "it erases what was not there yet");
  }
  return {};
}

Status Replay::may_erase(const ActionRow& action) const {
  auto no = [&](std::string_view why) {
    return wrong(Finding::forbidden_erasure,
                 fmt::format("it erases contents of action {}, which {}", action.action, why));
  };
  for (const auto& [scope, row] : legal_holds_) {
    if (row.on && in_scope(scope, action.upstream, action.tool, action.workflow, action.agent, action.run))
      return no("was under the legal hold on " + to_string(scope));
  }
  auto known = unfinished_.find(action.action);
  if (known == unfinished_.end()) return {};
  const auto& then = known->second.row;
  if (then.intent && (!then.outcome || then.outcome == Outcome::ambiguous)) return no("was not settled");
  auto ticket = tickets_.find(then.ticket);
  return ticket != tickets_.end() && ticket->second.open() ? no("waited on a ticket") : Status();
}

Status Replay::was_due(const Entry& erase, const Recorded& erased, Field field) {
  // It goes with the last other content of its action.
  if (erase.cause != Prune::cause || field == Field::subject) return {};
  auto holds = [&](const ledger::Retention& one) {
    const auto& said = erase.retention.front();
    return one.name == said.name && one.ms == said.ms && one.fields.has(field) && one.ms <= erase.at_ms - erased.at_ms;
  };
  if (std::ranges::any_of(erased.retention, holds)) return {};
  return wrong(Finding::forbidden_erasure,
               fmt::format("the time of content `{}` of entry {} was not over", name(field), erased.seq));
}

Status Replay::add_token(const Entry& entry) {
  if (entry.state == "issued") {
    TokenRow row{.token = entry.token,
                 .agent = entry.agent,
                 .workflow = entry.workflow,
                 .environment = entry.environment,
                 .by = entry.by,
                 .issued_at_ms = entry.at_ms,
                 .expires_at_ms = entry.expires_at_ms,
                 .entry = entry.seq};
    if (!tokens_.emplace(entry.token, std::move(row)).second)
      return wrong(Finding::malformed, "its token was issued before");
    return {};
  }
  if (entry.state != "revoked" || entry.token.empty() == entry.agent.empty())
    return wrong(Finding::malformed, "it issues or revokes no token");
  if (entry.token.empty()) revoked_agents_[entry.agent] = entry.seq;
  if (!entry.token.empty()) tokens_.try_emplace(entry.token, TokenRow{.token = entry.token, .entry = entry.seq});
  for (auto& [id, row] : tokens_) {
    bool meant = entry.token.empty() ? row.agent == entry.agent : id == entry.token;
    if (meant && row.revoked_at_ms == 0) row.revoked_at_ms = entry.at_ms;
  }
  return {};
}

Status Replay::add_pin(const Entry& entry) {
  if (entry.state != "accepted" && entry.state != "quarantined")
    return wrong(Finding::malformed, "it accepts or quarantines nothing");
  auto state = entry.state == "accepted" ? Pin::State::accepted : Pin::State::quarantined;
  if (state == Pin::State::accepted) {
    auto other = pins_.find({entry.upstream, entry.tool, Pin::State::quarantined});
    if (other != pins_.end() && other->second.digest == entry.tool_digest) pins_.erase(other);
  }
  pins_[{entry.upstream, entry.tool, state}] = {.upstream = entry.upstream,
                                                .tool = entry.tool,
                                                .digest = entry.tool_digest,
                                                .by = entry.by,
                                                .state = state,
                                                .at_ms = entry.at_ms,
                                                .entry = entry.seq};
  return {};
}

Status Replay::check_shadow(const Entry& entry) {
  bool says = entry.state == "started" || entry.state == "stopped";
  return says && !entry.snapshot.empty() && !entry.by.empty()
             ? Status()
             : wrong(Finding::malformed, "it does not say which candidate began or ended, and by whom");
}

}  // namespace bw::admission
