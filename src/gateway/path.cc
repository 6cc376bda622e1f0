// SPDX-License-Identifier: Apache-2.0
//
// The path of an action, top to bottom: resolve, judge, hold, admit, execute, settle, answer. Each step is a room's work;
// this file knows only their order. Two waits make it what it is: nothing is sent upstream before the intent is durable,
// and nothing is answered before the outcome is.
#include "gateway/path.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "admission/summary.h"
#include "base/text.h"
#include "crypto/random.h"
#include "gateway/action_digest.h"
#include "gateway/carry_out.h"
#include "gateway/committer.h"
#include "gateway/path_parts.h"
#include "gateway/run_memory.h"
#include "json/document.h"
#include "json/writer.h"
#include "mcp/splice.h"
#include "policy/facts.h"
#include "policy/history.h"
#include "policy/judge.h"
#include "review/terms.h"

namespace bw::gateway {
namespace {

using admission::Committed;
using admission::Refusal;
using domain::Outcome;
using domain::TicketState;
using domain::Verdict;

// One action on its way.
struct Passage {
  Live live;
  domain::Action action;
  execution::Call call;
  execution::Upstream* upstream = nullptr;
  std::string inputs;  // of a further round
  std::string ticket;  // to consume
  std::int64_t hold_ms = 0;
  std::vector<domain::FactReading> readings;
  domain::Decision decision;
  policy::Obligations obligations;  // of the decision, joined
  Receipt receipt;
};

Answer answer(const Passage& passage, Answer::Kind kind, std::string code, std::string message) {
  Answer out;
  out.kind = kind;
  out.code = std::move(code);
  out.message = std::move(message);
  out.receipt = passage.receipt;
  return out;
}

void note(Receipt& receipt, const Committed& committed) {
  if (committed.leaf_hash.empty()) return;
  receipt.entry = committed.seq;
  receipt.leaf = committed.leaf_hash;
}

// The ledger could not take a change: nothing that depends on it happens.
Answer no_ledger(const Passage& passage, const Error& error) {
  return answer(passage, Answer::Kind::denied, "unavailable",
                fmt::format("Bailiwick cannot record this action: {}", error.message));
}

std::string code_of(const domain::Decision& decision) {
  return decision.determining.empty() ? "no_rule" : decision.determining.front().rule;
}

// What a further round of the same call adds, as JSON; nothing for a first round.
std::string inputs_of(const std::string& params) {
  if (!params.contains("\"inputResponses\"") && !params.contains("\"requestState\"")) return {};
  auto document = json::Document::parse(params);
  if (!document) return {};
  auto responses = document->root()["inputResponses"], state = document->root()["requestState"];
  if (!responses && !state) return {};
  json::Writer w;
  w.begin_object();
  if (responses) w.member_raw("inputResponses", responses.raw());
  if (state) w.member_raw("requestState", state.raw());
  return std::move(w.end_object()).text();
}

// What is sent upstream for an action that is executed from its ticket.
void rebuild_call(Passage& passage) {
  const auto& action = passage.action;
  auto own_name = std::string_view(action.name).substr(std::min(action.name.size(), action.upstream.size() + 1));
  json::Writer w;
  w.begin_object();
  if (action.kind == domain::ActionKind::resource) {
    w.member("uri", action.name);
  } else {
    w.member("name", own_name).member_raw("arguments", action.arguments);
  }
  passage.call.params = std::move(w.end_object()).text();
  passage.call.method = action.kind == domain::ActionKind::tool       ? "tools/call"
                        : action.kind == domain::ActionKind::resource ? "resources/read"
                                                                      : "prompts/get";
}

// A read changes nothing, so that its end is unknown is no reason to keep anybody from reading again.
Outcome settled_outcome(const domain::Action& action, Outcome outcome) {
  bool harmless = action.profile.tier == domain::Tier::read;
  return harmless && outcome == Outcome::ambiguous ? Outcome::failed : outcome;
}

Outcome outcome_of(const execution::Reply& reply) {
  if (reply.kind == execution::Reply::Kind::input_required) return Outcome::input_required;
  return reply.is_error || reply.kind == execution::Reply::Kind::error ? Outcome::failed : Outcome::succeeded;
}

// Of what the catalogue would not resolve.
Refusal::Kind kind_of(std::string_view code) {
  for (auto kind : {Refusal::Kind::quarantined, Refusal::Kind::unavailable, Refusal::Kind::misfit}) {
    if (name(kind) == code) return kind;
  }
  return Refusal::Kind::not_granted;
}

// As the judge takes them: nothing for what is not known.
std::map<std::string, std::optional<std::string>> values_of(const std::vector<domain::FactReading>& readings) {
  std::map<std::string, std::optional<std::string>> values;
  for (const auto& reading : readings) {
    bool known = reading.state == domain::FactReading::State::known;
    values.emplace(reading.fact, known ? std::optional(reading.value) : std::nullopt);
  }
  return values;
}

bool gone(const execution::Call& call) { return call.cancelled && call.cancelled->is_set(); }

class GovernedPath final : public Path {
 public:
  explicit GovernedPath(PathParts parts) : parts_(std::move(parts)), memory_(parts_.pool, parts_.records) {}

  async::Task<Answer> act(Request request) override {
    Passage passage = begin(std::move(request));
    if (auto refused = resolve(passage)) {
      if (passage.decision.determining.empty()) co_return std::move(*refused);  // a name that means nothing: no action
      if (auto wrong = fingerprint(passage)) co_return std::move(*wrong);
      auto kind = kind_of(refused->code);
      Answer recorded = co_await refuse(std::move(passage), std::move(*refused), kind);
      co_return recorded;
    }
    std::optional<Answer> wrong = co_await decide(passage, FactReader::Freshness::by_age);
    if (wrong) co_return std::move(*wrong);
    if (passage.decision.verdict == Verdict::hold) {
      Answer held = co_await hold(std::move(passage));
      co_return held;
    }
    Answer done = co_await carry_out(std::move(passage));
    co_return done;
  }

  async::Task<Answer> await(domain::Principal principal, std::string ticket, execution::Call call,
                            std::int64_t hold_ms) override {
    auto load = [this, ticket] { return parts_.records.ticket(ticket); };
    Result<admission::TicketRecord> record = co_await async::offload(parts_.pool, std::move(load));
    Passage passage;
    passage.live = parts_.live();
    if (!record || !is_callers(record->request.principal, principal)) {
      co_return answer(passage, Answer::Kind::denied, "unknown",
                       fmt::format("no ticket `{}` of this agent", printable(ticket, 64)));
    }
    passage.action = std::move(record->request);
    passage.action.principal = std::move(principal);
    passage.call = std::move(call);
    passage.hold_ms = hold_ms;
    rebuild_call(passage);
    passage.receipt = {.action = passage.action.id, .run = passage.action.run, .ticket = ticket};
    if (auto refused = resolve(passage)) co_return std::move(*refused);
    std::optional<Answer> wrong = co_await decide(passage, FactReader::Freshness::by_age);
    if (wrong) co_return std::move(*wrong);
    Answer answered = co_await follow(std::move(passage), standing_of(record->row));
    co_return answered;
  }

  async::Task<Answer> withdraw(domain::Principal principal, std::string ticket) override {
    Passage passage;
    passage.receipt.ticket = ticket;
    admission::Change change = admission::Withdraw{ticket, principal.agent};
    Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
    if (!committed) co_return answer(passage, Answer::Kind::denied, "unknown", committed.error().message);
    note(passage.receipt, *committed);
    parts_.board.changed(ticket);
    co_return answer(passage, Answer::Kind::denied, "withdrawn",
                     fmt::format("ticket {} is withdrawn; nothing was executed", ticket));
  }

 private:
  static bool is_callers(const domain::Principal& holder, const domain::Principal& caller) {
    return holder.agent == caller.agent && holder.workflow == caller.workflow &&
           holder.environment == caller.environment;
  }

  static admission::TicketStanding standing_of(const admission::TicketRow& row) {
    return {.id = row.ticket,
            .state = row.state,
            .action = row.action,
            .expires_at_ms = row.expires_at_ms,
            .consumed_by = row.consumed_by};
  }

  Passage begin(Request request) {
    Passage passage;
    passage.live = parts_.live();
    auto& action = passage.action;
    action.at_ms = parts_.clock.now_ms();
    action.id = crypto::new_id("act", action.at_ms);
    action.run = request.run.empty() ? crypto::new_id("run", action.at_ms) : std::move(request.run);
    action.principal = std::move(request.principal);
    action.kind = request.kind;
    action.name = std::move(request.name);
    action.upstream =
        request.upstream.empty() ? action.name.substr(0, action.name.find('/')) : std::move(request.upstream);
    action.arguments = std::move(request.arguments);
    passage.call = std::move(request.call);
    passage.inputs = inputs_of(passage.call.params);
    const auto* workflow = passage.live.snapshot->workflow(action.principal.workflow);
    const auto* tool = passage.live.snapshot->tool(
        action.upstream,
        std::string_view(action.name).substr(std::min(action.name.size(), action.upstream.size() + 1)));
    passage.hold_ms = request.hold_ms >= 0 ? request.hold_ms : workflow ? workflow->hold_budget_ms : 0;
    if (tool && tool->hold_shape == registry::HoldShape::ticket) passage.hold_ms = 0;
    passage.receipt = {.action = action.id, .run = action.run};
    return passage;
  }

  // Finds what the action refers to, for this principal. A refusal that must be recorded leaves a decision behind.
  std::optional<Answer> resolve(Passage& passage) {
    auto& action = passage.action;
    Resolved found = parts_.catalogue.resolve(action.principal, action.kind, action.upstream, action.name);
    action.profile = found.profile;
    action.tool_digest = std::move(found.tool_digest);
    passage.upstream = found.upstream;
    if (found.code.empty()) {
      auto misfit = passage.live.misfits->find(action.name);
      if (misfit == passage.live.misfits->end()) return std::nullopt;
      found.code = "misfit";
      found.refused = fmt::format("policy does not fit the definition of `{}`: {}", action.name, misfit->second);
    }
    if (found.code != "unknown") {
      passage.decision.reason = found.refused;
      passage.decision.determining = {
          {.rule = "builtin/" + found.code, .effect = Verdict::deny, .satisfied = true, .reason = found.refused}};
    }
    return answer(passage, Answer::Kind::denied, found.code, found.refused);
  }

  // What the action is, as a digest: also of one that is refused before it is judged. The answer is for arguments that have none.
  std::optional<Answer> fingerprint(Passage& passage) {
    auto arguments = json::Document::parse(passage.action.arguments);
    if (!arguments)
      return answer(passage, Answer::Kind::denied, "invalid",
                    fmt::format("arguments are {}", arguments.error().message));
    return fingerprint(passage, arguments->root());
  }

  static std::optional<Answer> fingerprint(Passage& passage, json::Value arguments) {
    auto digest = action_digest(passage.action, arguments, passage.inputs);
    if (!digest)
      return answer(passage, Answer::Kind::denied, "invalid", fmt::format("arguments: {}", digest.error().message));
    passage.action.digest = std::move(*digest);
    return std::nullopt;
  }

  // What the action is judged by that did not come from its agent. What cannot be looked up is judged as unavailable.
  async::Task<void> look_up(Passage& passage, FactReader::Freshness freshness) {
    passage.readings.clear();
    if (policy::reads_history(*passage.live.plan, passage.action)) {
      std::string run = passage.action.run;
      std::vector<std::string> patterns = passage.live.plan->result_patterns();
      co_await memory_.recall(std::move(run), std::move(patterns));
    }
    if (!policy::reads_facts(*passage.live.plan, passage.action)) co_return;
    Live live = passage.live;
    domain::Action action = passage.action;
    passage.readings = co_await parts_.facts.read(std::move(live), std::move(action), freshness);
  }

  // Fills the decision and the digest. The answer is for what cannot be judged at all.
  std::optional<Answer> judge(Passage& passage) {
    auto arguments = json::Document::parse(passage.action.arguments);
    if (!arguments)
      return answer(passage, Answer::Kind::denied, "invalid",
                    fmt::format("arguments are {}", arguments.error().message));
    if (auto wrong = fingerprint(passage, arguments->root())) return wrong;
    auto facts = values_of(passage.readings);
    judge_.decide(*passage.live.plan, {.action = passage.action,
                                       .args = arguments->root(),
                                       .facts = &facts,
                                       .history = memory_.look(passage.action.run, *passage.live.snapshot)});
    passage.decision = judge_.decision();
    passage.decision.facts = passage.readings;
    return std::nullopt;
  }

  // Judges the action as it will be sent: what policy obliges to change about it is changed, and judged again. The verdict
  // is the stricter of the two. The answer is for what cannot be judged at all.
  async::Task<std::optional<Answer>> decide(Passage& passage, FactReader::Freshness freshness) {
    co_await look_up(passage, freshness);
    if (auto wrong = judge(passage)) co_return wrong;
    std::vector<domain::ArgumentChange> changes = oblige(passage);
    if (changes.empty()) co_return std::nullopt;
    domain::Decision asked = std::move(passage.decision);
    co_await look_up(passage, freshness);
    if (auto wrong = judge(passage)) co_return wrong;
    if (passage.decision.verdict != Verdict::deny && !oblige(passage).empty())
      deny(passage, "what its rules set contradicts what they set then");
    add_asked(passage, std::move(asked));
    passage.decision.changes = std::move(changes);
    co_return std::nullopt;
  }

  // What was said of the action as it was asked for counts too, where it is stricter.
  static void add_asked(Passage& passage, domain::Decision asked) {
    auto& decision = passage.decision;
    if (decision.verdict == Verdict::deny) return;
    auto& obligations = decision.obligations;
    obligations.insert(obligations.end(), asked.obligations.begin(), asked.obligations.end());
    if (asked.verdict > decision.verdict) {
      decision.verdict = asked.verdict;
      decision.determining = std::move(asked.determining);
      decision.unmet = std::move(asked.unmet);
      decision.unmet_left_out = asked.unmet_left_out;
      decision.reason = std::move(asked.reason);
    }
    auto all = policy::join_obligations(obligations);
    if (!all) return deny(passage, all.error().message);
    passage.obligations = std::move(*all);
  }

  // Does to the arguments what the decision's obligations ask for. What cannot be carried out denies.
  static std::vector<domain::ArgumentChange> oblige(Passage& passage) {
    auto obligations = policy::join_obligations(passage.decision.obligations);
    if (!obligations) {
      passage.obligations = {};
      deny(passage, obligations.error().message);
      return {};
    }
    passage.obligations = std::move(*obligations);
    if (passage.decision.verdict == Verdict::deny) return {};
    const auto& action = passage.action;
    if (passage.obligations.undo && action.profile.undo.empty()) {
      deny(passage, fmt::format("`{}` cannot be taken back", action.name));
      return {};
    }
    if (passage.obligations.changes_arguments() && action.kind != domain::ActionKind::tool) {
      deny(passage, "only arguments of tools can be set or capped");
      return {};
    }
    auto changed = change_arguments(passage.obligations, action.arguments);
    if (!changed) {
      deny(passage, changed.error().message);
      return {};
    }
    if (changed->changes.empty()) return {};
    passage.action.arguments = std::move(changed->arguments);
    passage.call.params = mcp::set_member(passage.call.params, "arguments", passage.action.arguments);
    return std::move(changed->changes);
  }

  static void deny(Passage& passage, const std::string& why) {
    auto& decision = passage.decision;
    std::string reason = fmt::format("what policy obliges to cannot be carried out: {}", why);
    decision.verdict = Verdict::deny;
    decision.charges.clear();
    decision.determining = {
        {.rule = "builtin/obligation", .effect = Verdict::deny, .satisfied = true, .reason = reason}};
    decision.reason = std::move(reason);
  }

  // What is told to the upstream, and what it may say before its result: nothing, where its result is redacted.
  static void prepare_call(Passage& passage) {
    passage.call.params = stamp(passage.obligations, passage.action, passage.call.params);
    if (passage.obligations.redact.empty()) return;
    passage.call.peer = nullptr;
    passage.call.progress_token.clear();
  }

  static void withhold(const policy::Obligations& obligations, execution::Reply& reply) {
    if (obligations.redact.empty() || reply.kind == execution::Reply::Kind::input_required) return;
    if (reply.kind == execution::Reply::Kind::error) {
      reply.body = withheld_error();
      return;
    }
    auto redacted = redact(obligations, reply.body);
    reply.body = redacted ? std::move(*redacted) : withheld_result(redacted.error().message);
  }

  async::Task<Answer> refuse(Passage passage, Answer refusal, Refusal::Kind kind) {
    tell(passage.obligations, passage.action, passage.decision);
    admission::Change change = admission::Refuse{std::move(passage.action), admission::summarize(passage.decision),
                                                 passage.live.snapshot->digest(), kind};
    Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
    if (!committed) co_return no_ledger(passage, committed.error());
    note(refusal.receipt, *committed);
    co_return refusal;
  }

  // Opens a ticket, or meets the one that an identical call opened before.
  async::Task<Answer> hold(Passage passage) {
    auto terms = review::terms(*passage.live.snapshot, passage.decision, passage.action.principal.workflow);
    if (!terms) {
      passage.decision.verdict = Verdict::deny;
      passage.decision.reason = fmt::format("it needs a human, and {}", terms.error().message);
      Answer refusal = answer(passage, Answer::Kind::denied, "no_reviewer", passage.decision.reason);
      Answer recorded = co_await refuse(std::move(passage), std::move(refusal), Refusal::Kind::no_reviewer);
      co_return recorded;
    }
    admission::Change change = admission::Hold{.action = passage.action,
                                               .decision = admission::summarize(passage.decision),
                                               .snapshot = passage.live.snapshot->digest(),
                                               .reviewers = std::move(terms->reviewers),
                                               .terms = std::move(terms->json),
                                               .expires_at_ms = passage.action.at_ms + terms->expires_in_ms};
    Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
    if (!committed) co_return no_ledger(passage, committed.error());
    note(passage.receipt, *committed);
    if (committed->refusal) co_return refused(passage, *committed->refusal);
    BW_ASSERT(committed->ticket);
    admission::TicketStanding standing = std::move(*committed->ticket);
    passage.receipt.ticket = standing.id;
    if (standing.opened) {
      tell(passage.obligations, passage.action, passage.decision);
    } else {
      take_stored_identity(passage, standing);
    }
    Answer answered = co_await follow(std::move(passage), std::move(standing));
    co_return answered;
  }

  // A call that met an earlier ticket goes on as the action that was held: it is that action which was approved.
  static void take_stored_identity(Passage& passage, const admission::TicketStanding& standing) {
    passage.action.id = standing.action;
    passage.receipt.action = standing.action;
  }

  // From a ticket to an answer, waiting for the reviewer as long as the hold budget lasts.
  async::Task<Answer> follow(Passage passage, admission::TicketStanding standing) {
    std::int64_t deadline = parts_.clock.monotonic_us() / 1000 + passage.hold_ms;
    for (;;) {
      if (standing.state == TicketState::approved) {
        passage.ticket = standing.id;
        Answer done = co_await carry_out(std::move(passage));
        co_return done;
      }
      if (standing.state == TicketState::consumed && standing.outcome_seq) {
        Answer replayed = co_await replay(std::move(passage), standing);
        co_return replayed;
      }
      bool waits = standing.state == TicketState::held || standing.state == TicketState::consumed;
      if (!waits) {
        Answer ended_answer = co_await ended(std::move(passage), std::move(standing));
        co_return ended_answer;
      }
      std::int64_t left = deadline - parts_.clock.monotonic_us() / 1000;
      bool is_held = standing.state == TicketState::held;
      if (left <= 0 || (is_held && parts_.stopping.is_set())) co_return ticket_answer(passage, standing);
      auto changed = parts_.board.watch(standing.id);
      // Looked at again after the watch began, so that no decision falls between.
      Result<admission::TicketStanding> now = co_await read_standing(standing.id);
      if (!now) co_return ticket_answer(passage, standing);
      if (now->state != standing.state || now->outcome_seq != standing.outcome_seq) {
        standing = std::move(*now);
        continue;
      }
      if (gone(passage.call)) co_return answer(passage, Answer::Kind::withdrawn, "cancelled", "the caller went away");
      co_await wait_for(changed, passage.call.cancelled, is_held ? &parts_.stopping : nullptr, left);
      Result<admission::TicketStanding> then = co_await read_standing(standing.id);
      if (then) standing = std::move(*then);
    }
  }

  static async::Task<void> wait_for(std::shared_ptr<async::Event> changed, async::Event* cancelled,
                                    async::Event* stopping, std::int64_t ms) {
    async::Event never;
    auto& gave_up = cancelled ? *cancelled : never;
    auto& stops = stopping ? *stopping : never;
    [[maybe_unused]] auto first = co_await async::wait_any(ms, *changed, gave_up, stops);
  }

  async::Task<Result<admission::TicketStanding>> read_standing(std::string ticket) {
    auto load = [this, ticket]() -> Result<admission::TicketStanding> {
      BW_TRY(admission::TicketRecord record, parts_.records.ticket(ticket));
      admission::TicketStanding standing = standing_of(record.row);
      if (standing.consumed_by.empty()) return standing;
      BW_TRY(admission::ActionRecord action, parts_.records.action(standing.consumed_by));
      standing.outcome = action.row.outcome;
      if (standing.outcome) standing.outcome_seq = action.row.entries.back();
      return standing;
    };
    Result<admission::TicketStanding> standing = co_await async::offload(parts_.pool, std::move(load));
    co_return standing;
  }

  // Several calls waited for the same ticket, and another was first to use it: its answer is this one's too.
  async::Task<Answer> share(Passage passage, Error error) {
    Result<admission::TicketStanding> standing = co_await read_standing(passage.ticket);
    if (!standing || standing->state != TicketState::consumed) co_return no_ledger(passage, error);
    Answer answered = co_await follow(std::move(passage), std::move(*standing));
    co_return answered;
  }

  // The answer of the action that used this ticket before: an identical call is not executed twice.
  async::Task<Answer> replay(Passage passage, admission::TicketStanding standing) {
    std::uint64_t entry = *standing.outcome_seq;
    auto load = [this, entry] { return parts_.records.contents(entry); };
    Result<admission::ContentValues> contents = co_await async::offload(parts_.pool, std::move(load));
    passage.receipt.replayed = true;
    passage.receipt.entry = entry;
    Outcome outcome = standing.outcome.value_or(Outcome::ambiguous);
    if (!contents || contents->out.empty()) {
      Answer out = answer(
          passage, Answer::Kind::failed, std::string(name(outcome)),
          fmt::format("this action was carried out before with outcome {}; its answer is not kept", name(outcome)));
      out.outcome = outcome;
      co_return out;
    }
    memory_.sent(passage.action);  // this run gets to see it too
    memory_.ended(passage.action, outcome, contents->out);
    Answer out = answer(passage, Answer::Kind::reply, "", "");
    out.outcome = outcome;
    out.reply.body = std::move(contents->out);
    out.reply.is_error = outcome != Outcome::succeeded;
    co_return out;
  }

  Answer ticket_answer(const Passage& passage, const admission::TicketStanding& standing) {
    Answer out = answer(passage, Answer::Kind::held, code_of(passage.decision), passage.decision.reason);
    out.expires_at_ms = standing.expires_at_ms;
    out.digest = passage.action.digest;
    out.retry_after_ms = 3000;
    return out;
  }

  // A ticket that ended without an execution.
  async::Task<Answer> ended(Passage passage, admission::TicketStanding standing) {
    std::string ticket = standing.id;
    auto load = [this, ticket] { return parts_.records.ticket(ticket); };
    Result<admission::TicketRecord> record = co_await async::offload(parts_.pool, std::move(load));
    std::string by = record && !record->row.by.empty() ? fmt::format(" by {}", record->row.by) : "";
    std::string why = record && !record->reason.empty() ? fmt::format(": {}", record->reason) : "";
    co_return answer(passage, Answer::Kind::denied, std::string(name(standing.state)),
                     fmt::format("ticket {} is {}{}{}", ticket, name(standing.state), by, why));
  }

  // Admission and everything after it. What was approved is looked at again: a deny outranks any approval.
  async::Task<Answer> carry_out(Passage passage) {
    if (!passage.ticket.empty()) {
      passage.live = parts_.live();
      if (auto refusal = resolve(passage)) co_return std::move(*refusal);
      std::optional<Answer> wrong = co_await decide(passage, FactReader::Freshness::anew);
      if (wrong) co_return std::move(*wrong);
    }
    if (passage.decision.verdict == Verdict::deny) {
      Answer refusal = answer(passage, Answer::Kind::denied, code_of(passage.decision), passage.decision.reason);
      Answer recorded = co_await refuse(std::move(passage), std::move(refusal), Refusal::Kind::policy);
      co_return recorded;
    }
    if (gone(passage.call)) co_return answer(passage, Answer::Kind::withdrawn, "cancelled", "the caller went away");
    admission::Change intent = admission::Admit{.action = passage.action,
                                                .decision = admission::summarize(passage.decision),
                                                .snapshot = passage.live.snapshot->digest(),
                                                .charges = passage.decision.charges,
                                                .ticket = passage.ticket,
                                                .credential = credential_class(passage),
                                                .undo = passage.action.profile.undo};
    InFlight::Entry flying(parts_.in_flight, passage.action);
    passage.call.stopped = &flying.stopped();
    Result<Committed> admitted = co_await commit(parts_.admission, std::move(intent));
    if (!admitted && admitted.error().code == Code::already_exists && !passage.ticket.empty()) {
      Answer shared = co_await share(std::move(passage), admitted.error());
      co_return shared;
    }
    if (!admitted) co_return no_ledger(passage, admitted.error());
    note(passage.receipt, *admitted);
    if (admitted->refusal) co_return refused(passage, *admitted->refusal);
    memory_.sent(passage.action);
    tell(passage.obligations, passage.action, passage.decision);
    prepare_call(passage);
    execution::CallResult result = co_await passage.upstream->call(std::move(passage.call));
    if (result) withhold(passage.obligations, *result);
    Answer settled = co_await settle(std::move(passage), std::move(result));
    co_return settled;
  }

  static std::string credential_class(const Passage& passage) {
    const auto* upstream = passage.live.snapshot->upstream(passage.action.upstream);
    return upstream && !upstream->credentials.empty() ? "upstream:" + passage.action.upstream : "none";
  }

  // The outcome is durable before anybody hears of it.
  async::Task<Answer> settle(Passage passage, execution::CallResult result) {
    admission::Settle change{.action = passage.action.id};
    if (result) {
      change.outcome = outcome_of(*result);
      change.result = result->body;
    } else {
      change.outcome = settled_outcome(passage.action, result.error().outcome);
      change.error_text = result.error().error.message;
    }
    Outcome outcome = change.outcome;
    admission::Change submitted = std::move(change);
    Result<Committed> committed = co_await commit(parts_.admission, std::move(submitted));
    if (!passage.ticket.empty()) parts_.board.changed(passage.ticket);
    if (!committed) {
      Answer lost = answer(
          passage, Answer::Kind::failed, "unavailable",
          fmt::format("the action was sent, and Bailiwick cannot record its outcome: {}", committed.error().message));
      lost.outcome = Outcome::ambiguous;
      co_return lost;
    }
    note(passage.receipt, *committed);
    if (result) memory_.ended(passage.action, outcome, result->body);
    Answer out = result
                     ? answer(passage, Answer::Kind::reply, "", "")
                     : answer(passage, Answer::Kind::failed, std::string(name(outcome)), result.error().error.message);
    out.outcome = outcome;
    if (result) out.reply = std::move(*result);
    co_return out;
  }

  static Answer refused(const Passage& passage, const admission::Refusal& refusal) {
    Answer out = answer(passage, Answer::Kind::denied, std::string(name(refusal.kind)), refusal.text);
    out.retry_after_ms = refusal.retry_after_ms.value_or(0);
    return out;
  }

  PathParts parts_;
  policy::Judge judge_;  // reuses its memory from one action to the next
  RunMemory memory_;
};

}  // namespace

std::unique_ptr<Path> make_path(PathParts parts) { return std::make_unique<GovernedPath>(std::move(parts)); }

}  // namespace bw::gateway
