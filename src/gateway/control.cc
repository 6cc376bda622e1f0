// SPDX-License-Identifier: Apache-2.0
#include "gateway/control.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/loop.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/random.h"
#include "gateway/committer.h"
#include "review/terms.h"

namespace bw::gateway {
namespace {

using admission::Committed;

constexpr std::int64_t token_ttl_ms_max = 31LL * 86'400'000;
constexpr std::int64_t expire_every_ms = 2'000;
constexpr std::size_t tickets_shown_max = 100;

bool is_callers(const admission::TicketRow& row, const domain::Principal& principal) {
  return row.agent == principal.agent && row.workflow == principal.workflow && row.environment == principal.environment;
}

Ticket to_ticket(const admission::TicketRow& row) {
  return {.id = row.ticket,
          .action = row.action,
          .name = row.tool,
          .state = row.state,
          .created_ms = row.opened_at_ms,
          .changed_ms = std::max(row.opened_at_ms, row.decided_at_ms),
          .expires_ms = row.expires_at_ms};
}

// Text that a person gave: what ends up in the record must be somebody's words.
Status required(std::string_view what, std::string_view text) {
  if (!trim(text).empty()) return {};
  std::string_view hint = what == "by" ? ": name the person who does it (--by, or BAILIWICK_USER)" : "";
  return fail(Code::invalid_argument, fmt::format("`{}` is missing{}", what, hint));
}

}  // namespace

Control::Control(Parts parts) : parts_(std::move(parts)), agents_(parts_.token_key.verify_key(), parts_.clock) {}

async::Task<Result<Control::Started>> Control::start() {
  auto read = [this] { return parts_.records.pins(""); };
  Result<std::vector<admission::PinRecord>> records = co_await async::offload(parts_.pool, std::move(read));
  if (!records) co_return fail(std::move(records).error());
  Started started;
  std::map<std::string, Pin> pins;
  for (auto& record : *records) {
    Pin& pin = pins[record.row.tool];
    pin.upstream = record.row.upstream;
    pin.tool = record.row.tool.substr(std::min(record.row.tool.size(), record.row.upstream.size() + 1));
    if (record.row.state == admission::Pin::State::accepted) {
      pin.digest = record.row.digest;
      pin.definition = record.definition;
      definitions_[record.row.tool] = record.definition;
    } else {
      pin.changed_digest = record.row.digest;
      pin.changed_definition = record.definition;
    }
  }
  for (auto& [tool, pin] : pins) started.pins.push_back(std::move(pin));

  auto read_tokens = [this] { return parts_.records.tokens(""); };
  Result<std::vector<admission::TokenRow>> tokens = co_await async::offload(parts_.pool, std::move(read_tokens));
  if (!tokens) co_return fail(std::move(tokens).error());
  for (const auto& token : *tokens) {
    if (token.revoked_at_ms != 0) agents_.revoke_token(token.token);
  }

  auto read_switches = [this] { return parts_.records.switches(); };
  Result<std::vector<admission::SwitchRecord>> switches =
      co_await async::offload(parts_.pool, std::move(read_switches));
  if (!switches) co_return fail(std::move(switches).error());
  for (const auto& record : *switches) {
    if (record.row.on) parts_.in_flight.stop(record.row.scope);
  }

  auto load = [folder = parts_.registry_folder] { return registry::load(folder); };
  Result<registry::Loaded> loaded = co_await async::offload(parts_.pool, std::move(load));
  if (!loaded) co_return fail(std::move(loaded).error());
  started.loaded = std::move(*loaded);
  if (!started.loaded.snapshot) co_return started;
  auto fit = [snapshot = started.loaded.snapshot, definitions = definitions_] {
    return prepare(snapshot, definitions);
  };
  Result<Prepared> prepared = co_await async::offload(parts_.pool, std::move(fit));
  if (!prepared) co_return fail(std::move(prepared).error());
  started.policy_problems = prepared->diagnostics;
  if (!prepared->live.plan) co_return started;

  auto current = [this] { return parts_.records.current_snapshot(); };
  Result<admission::SnapshotRecord> before = co_await async::offload(parts_.pool, std::move(current));
  const auto& snapshot = started.loaded.snapshot;
  if (!before || before->row.digest != snapshot->digest()) {
    admission::Change change =
        admission::Apply{snapshot->digest(), snapshot->canonical(), "server", "as found in the folder at start"};
    Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
    if (!committed) co_return fail(std::move(committed).error());
  }
  swap(std::move(prepared->live));
  co_return started;
}

void Control::swap(Live live) {
  live_ = std::move(live);
  agents_.set_snapshot(live_.snapshot);
  if (told_live_) told_live_(live_);
  if (told_access_) told_access_();
}

// Reads the folder and makes it ready, without touching what runs.
async::Task<Result<Control::Applied>> Control::load_folder() {
  struct Read {
    registry::Loaded loaded;
    Prepared prepared;
  };
  auto work = [folder = parts_.registry_folder, definitions = definitions_] {
    Read read{registry::load(folder), {}};
    if (read.loaded.snapshot) read.prepared = prepare(read.loaded.snapshot, definitions);
    return read;
  };
  Result<Read> read = co_await async::offload(parts_.pool, std::move(work));
  if (!read) co_return fail(std::move(read).error());
  Applied applied;
  applied.diagnostics = registry::format(read->loaded);
  for (const Diagnostic& d : read->prepared.diagnostics) {
    auto source = read->loaded.sources.find(d.where.file);
    applied.diagnostics += format(d, source == read->loaded.sources.end() ? std::string_view() : source->second);
  }
  if (!read->prepared.live.plan) co_return applied;
  loaded_ = read->loaded.snapshot;
  prepared_ = std::move(read->prepared.live);
  applied.digest = loaded_->digest();
  applied.changed = !live_.snapshot || live_.snapshot->digest() != applied.digest;
  applied.plan = registry::plan(live_.snapshot.get(), *loaded_);
  co_return applied;
}

async::Task<Result<Control::Applied>> Control::plan() {
  Result<Applied> applied = co_await load_folder();
  co_return applied;
}

async::Task<Result<Control::Applied>> Control::apply(std::string author, std::string message) {
  if (auto named = required("author", author); !named) co_return fail(std::move(named).error());
  Result<Applied> applied = co_await load_folder();
  if (!applied || applied->digest.empty() || !applied->changed) co_return applied;
  auto snapshot = loaded_;
  Live ready = std::move(prepared_);
  admission::Change change =
      admission::Apply{snapshot->digest(), snapshot->canonical(), std::move(author), std::move(message)};
  Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
  if (!committed) co_return fail(std::move(committed).error());
  applied->committed = std::move(*committed);
  swap(std::move(ready));
  co_return applied;
}

async::Task<Result<Committed>> Control::decide(std::string ticket, bool approve, std::string by, std::string reason) {
  if (auto named = required("by", by); !named) co_return fail(std::move(named).error());
  if (auto said = required("reason", reason); !said) co_return fail(std::move(said).error());
  auto read = [this, ticket] { return parts_.records.ticket(ticket); };
  Result<admission::TicketRecord> record = co_await async::offload(parts_.pool, std::move(read));
  if (!record) co_return fail(std::move(record).error());
  Status may = review::may_decide(*live_.snapshot, record->row.reviewers, by);
  if (!may) co_return fail(std::move(may).error());
  admission::Change change = admission::Decide{ticket, approve, std::move(by), std::move(reason)};
  Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
  if (committed) parts_.board.changed(ticket);
  co_return committed;
}

async::Task<Result<Committed>> Control::set_switch(domain::Scope scope, bool on, std::string by, std::string reason) {
  if (auto named = required("by", by); !named) co_return fail(std::move(named).error());
  if (auto said = required("reason", reason); on && !said) co_return fail(std::move(said).error());
  admission::Change change = admission::SetSwitch{scope, on, std::move(by), std::move(reason)};
  Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
  if (committed) {
    if (on) parts_.in_flight.stop(scope);
    else parts_.in_flight.resume(scope);
    for (const std::string& ticket : committed->tickets) parts_.board.changed(ticket);
  }
  co_return committed;
}

async::Task<Result<Control::Issued>> Control::issue_token(identity::Claims wanted, std::int64_t ttl_ms,
                                                          std::string by) {
  if (auto named = required("by", by); !named) co_return fail(std::move(named).error());
  if (ttl_ms < 1000 || ttl_ms > token_ttl_ms_max)
    co_return fail(Code::invalid_argument, "a token lives between 1s and 31d");
  Result<identity::Claims> claims = identity::complete_claims(*live_.snapshot, std::move(wanted));
  if (!claims) co_return fail(std::move(claims).error());
  claims->issued_at_ms = parts_.clock.now_ms() / 1000 * 1000;
  claims->expires_at_ms = claims->issued_at_ms + ttl_ms / 1000 * 1000;
  claims->id = crypto::new_id("tok", claims->issued_at_ms);
  admission::Change change = admission::IssueToken{claims->id,          claims->agent,         claims->workflow,
                                                   claims->environment, claims->expires_at_ms, std::move(by)};
  Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
  if (!committed) co_return fail(std::move(committed).error());
  Issued issued{identity::sign_token(parts_.token_key, *claims), *claims, std::move(*committed)};
  co_return issued;
}

async::Task<Result<Committed>> Control::revoke(std::string token, std::string agent, std::string by,
                                               std::string reason) {
  if (auto named = required("by", by); !named) co_return fail(std::move(named).error());
  if (token.empty() == agent.empty()) co_return fail(Code::invalid_argument, "name either a token or an agent");
  auto read = [this, agent] { return parts_.records.tokens(agent); };
  Result<std::vector<admission::TokenRow>> tokens = co_await async::offload(parts_.pool, std::move(read));
  if (!tokens) co_return fail(std::move(tokens).error());
  admission::Change change = admission::RevokeToken{token, agent, std::move(by), std::move(reason)};
  Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
  if (!committed) co_return committed;
  if (!token.empty()) agents_.revoke_token(token);
  for (const auto& row : *tokens) {
    if (!agent.empty() && row.agent == agent) agents_.revoke_token(row.token);
  }
  if (told_access_) told_access_();
  co_return committed;
}

async::Task<Result<Committed>> Control::accept_pin(Pins& pins, std::string tool, std::string by) {
  if (auto named = required("by", by); !named) co_return fail(std::move(named).error());
  auto slash = tool.find('/');
  std::string upstream = tool.substr(0, slash), own = slash == std::string::npos ? "" : tool.substr(slash + 1);
  const Pin* pin = pins.find(upstream, own);
  if (!pin || pin->changed_digest.empty()) {
    co_return fail(Code::not_found, fmt::format("no definition of `{}` is in quarantine", printable(tool, 128)));
  }
  std::string digest = pin->changed_digest, definition = pin->changed_definition;
  admission::Change change =
      admission::Pin{upstream, tool, digest, definition, admission::Pin::State::accepted, std::move(by)};
  Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
  if (!committed) co_return committed;
  Status accepted = pins.accept(upstream, own, digest);
  if (!accepted) co_return fail(std::move(accepted).error());
  definitions_[tool] = std::move(definition);
  co_await refit();
  co_return committed;
}

async::Task<Result<Committed>> Control::reconcile(std::string action, domain::Outcome outcome, std::string by,
                                                  std::string reason) {
  if (auto named = required("by", by); !named) co_return fail(std::move(named).error());
  if (auto said = required("reason", reason); !said) co_return fail(std::move(said).error());
  admission::Change change = admission::Reconcile{std::move(action), outcome, std::move(by), std::move(reason)};
  Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
  co_return committed;
}

async::Task<Result<Committed>> Control::redact(std::string action, ledger::Fields fields, std::string by,
                                               std::string reason) {
  if (auto named = required("by", by); !named) co_return fail(std::move(named).error());
  if (auto said = required("reason", reason); !said) co_return fail(std::move(said).error());
  admission::Erase erase;
  erase.targets.push_back({std::move(action), fields});
  erase.by = std::move(by);
  erase.reason = std::move(reason);
  admission::Change change = std::move(erase);
  Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
  co_return committed;
}

async::Task<Result<Committed>> Control::set_legal_hold(domain::Scope scope, bool on, std::string by,
                                                       std::string reason) {
  if (auto named = required("by", by); !named) co_return fail(std::move(named).error());
  if (auto said = required("reason", reason); !said) co_return fail(std::move(said).error());
  admission::Change change = admission::SetLegalHold{std::move(scope), on, std::move(by), std::move(reason)};
  Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
  co_return committed;
}

async::Task<void> Control::expire_tickets(async::Event& stop) {
  while (!stop.is_set()) {
    [[maybe_unused]] auto first = co_await async::wait_any(expire_every_ms, stop);
    if (stop.is_set()) break;
    parts_.board.sweep();
    admission::Change change = admission::Expire{};
    Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
    if (!committed) continue;
    for (const std::string& ticket : committed->tickets) parts_.board.changed(ticket);
  }
}

async::Task<Result<std::vector<Ticket>>> Control::open(domain::Principal principal) {
  admission::TicketFilter filter{.open = true, .agent = principal.agent, .limit = tickets_shown_max};
  auto read = [this, filter] { return parts_.records.tickets(filter); };
  Result<admission::TicketPage> page = co_await async::offload(parts_.pool, std::move(read));
  if (!page) co_return fail(std::move(page).error());
  std::vector<Ticket> out;
  for (const auto& ticket : page->tickets) {
    if (is_callers(ticket.row, principal)) out.push_back(to_ticket(ticket.row));
  }
  std::ranges::reverse(out);
  co_return out;
}

async::Task<Result<Ticket>> Control::find(domain::Principal principal, std::string ticket) {
  auto read = [this, ticket] { return parts_.records.ticket(ticket); };
  Result<admission::TicketRecord> record = co_await async::offload(parts_.pool, std::move(read));
  if (!record || !is_callers(record->row, principal))
    co_return fail(Code::not_found, fmt::format("no ticket `{}` of this agent", printable(ticket, 64)));
  Ticket found = to_ticket(record->row);
  co_return found;
}

// Any tool above read can come to be held: by a rule, by autonomy, or as a one-way door.
bool Control::can_hold(const domain::Principal& principal) {
  if (!live_.snapshot) return false;
  for (const auto& [name, upstream] : live_.snapshot->upstreams()) {
    for (const auto& [tool, declared] : upstream.tools) {
      std::string full = name + "/" + tool;
      registry::Snapshot::Asked asked{.agent = principal.agent,
                                      .workflow = principal.workflow,
                                      .upstream = name,
                                      .name = full,
                                      .tier = declared.tier};
      if (declared.tier > domain::Tier::read && live_.snapshot->granted(asked)) return true;
    }
  }
  return false;
}

void Control::record(Sighting sighting) { async::spawn(parts_.loop, write_pin(std::move(sighting))); }

async::Task<void> Control::write_pin(Sighting sighting) {
  std::string tool = sighting.upstream + "/" + sighting.tool;
  auto state = sighting.accepted ? admission::Pin::State::accepted : admission::Pin::State::quarantined;
  admission::Change change = admission::Pin{sighting.upstream, tool, sighting.digest, sighting.definition, state, ""};
  Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
  if (!committed) {
    log::error("tool definition of {} was not recorded: {}", tool, committed.error().message);
    co_return;
  }
  if (!sighting.accepted) {
    log::warn("the definition of {} changed; it is in quarantine until `bailiwick pins accept {}`", tool, tool);
    co_return;
  }
  definitions_[tool] = std::move(sighting.definition);
  co_await refit();
}

// Types the rules by the definitions as they are now known. Changes that come while it works are taken in one more turn.
async::Task<void> Control::refit() {
  refit_again_ = true;
  if (refitting_ || !live_.snapshot) co_return;
  refitting_ = true;
  while (refit_again_) {
    refit_again_ = false;
    auto work = [snapshot = live_.snapshot, definitions = definitions_] { return prepare(snapshot, definitions); };
    auto snapshot = live_.snapshot;
    Result<Prepared> prepared = co_await async::offload(parts_.pool, std::move(work));
    if (!prepared || !prepared->live.plan || live_.snapshot != snapshot) continue;
    for (const auto& [tool, why] : *prepared->live.misfits) log::warn("policy does not fit {}: {}", tool, why);
    swap(std::move(prepared->live));
  }
  refitting_ = false;
}

}  // namespace bw::gateway
