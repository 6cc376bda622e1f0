// SPDX-License-Identifier: Apache-2.0
//
// The path of an action, top to bottom: resolve, judge, hold, admit, execute, settle, answer. Each step is a room's work;
// this file knows only their order. Two waits make it what it is: nothing is sent upstream before the intent is durable,
// and nothing is answered before the outcome is.
#include "gateway/path.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "admission/summary.h"
#include "base/text.h"
#include "crypto/random.h"
#include "gateway/carry_out.h"
#include "gateway/committer.h"
#include "gateway/deliberation.h"
#include "gateway/outgoing.h"
#include "gateway/path_parts.h"
#include "gateway/reports.h"
#include "gateway/retention.h"
#include "gateway/run_memory.h"
#include "gateway/standing_report.h"
#include "gateway/ticket_answers.h"
#include "json/writer.h"
#include "mcp/splice.h"
#include "review/terms.h"

namespace bw::gateway {
namespace {

using admission::Committed;
using admission::Refusal;
using domain::Outcome;
using domain::TicketState;
using domain::Verdict;

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

bool gone(const execution::Call& call) { return call.cancelled && call.cancelled->is_set(); }

class GovernedPath final : public Path {
 public:
  explicit GovernedPath(PathParts parts)
      : parts_(std::move(parts)),
        memory_(parts_.pool, parts_.records),
        deliberation_(parts_.catalogue, parts_.facts, memory_),
        tickets_(parts_.pool, parts_.records, memory_),
        reports_(parts_.loop, [this](Expected late) { async::spawn(parts_.loop, give_up(std::move(late))); }) {}

  async::Task<Answer> act(Request request) override {
    Passage passage = begin(std::move(request));
    if (auto refused = deliberation_.resolve(passage)) {
      if (passage.decision.determining.empty()) co_return std::move(*refused);  // a name that means nothing: no action
      if (auto wrong = deliberation_.fingerprint(passage)) co_return std::move(*wrong);
      auto kind = refusal_kind(refused->code);
      Answer recorded = co_await refuse(std::move(passage), std::move(*refused), kind);
      co_return recorded;
    }
    std::optional<Answer> wrong = co_await deliberation_.decide(passage, FactReader::Freshness::by_age);
    if (wrong) co_return std::move(*wrong);
    if (passage.decision.verdict == Verdict::hold) {
      Answer held = co_await hold(std::move(passage));
      co_return held;
    }
    Answer done = co_await carry_out(std::move(passage));
    co_return done;
  }

  async::Task<Opinion> ask(Request request) override {
    Passage passage = begin(std::move(request));
    const auto* upstream = passage.live.snapshot->upstream(passage.action.upstream);
    if (upstream && upstream->external) passage.by = CarriedOutBy::agent;
    if (auto refused = deliberation_.resolve(passage)) co_return opinion(*refused);
    std::optional<Answer> wrong = co_await deliberation_.decide(passage, FactReader::Freshness::by_age);
    if (wrong) co_return opinion(*wrong);
    InFlight::Entry asking(parts_.in_flight, passage.action);
    if (asking.stopped().is_set())
      co_return Opinion{.code = "killed", .reason = "a kill switch is set that covers this action"};
    const auto& obligations = passage.obligations;
    Opinion said{
        .verdict = passage.decision.verdict,
        .code = code_of(passage.decision),
        .reason = passage.decision.reason,
        .changes = !passage.decision.changes.empty() || !obligations.redact.empty() || !obligations.stamp.empty()};
    for (const auto& rule : passage.decision.determining) said.rules.push_back(rule.rule);
    co_return said;
  }

  async::Task<Answer> await(domain::Principal principal, std::string ticket, CarriedOutBy by, execution::Call call,
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
    passage.by = by;
    passage.call = std::move(call);
    passage.hold_ms = hold_ms;
    rebuild_call(passage);
    passage.receipt = {.action = passage.action.id, .run = passage.action.run, .ticket = ticket};
    admission::TicketStanding standing = standing_of(record->row);
    std::optional<Answer> wrong_door = co_await look_ahead(passage, record->row);
    if (wrong_door) co_return std::move(*wrong_door);
    Answer answered = co_await follow(std::move(passage), std::move(standing));
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

  async::Task<Answer> report(domain::Principal principal, std::string action, Report report) override {
    const Expected* expected = reports_.find(action);
    bool is_own = expected && is_callers(expected->action.principal, principal);
    if (!is_own) {
      Answer before = co_await reported_before(std::move(principal), std::move(action), std::move(report));
      co_return before;
    }
    Expected settling = *expected;
    admission::Change change = admission::Settle{
        .action = action, .outcome = report.outcome, .result = report.result, .error_text = report.error};
    Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
    if (!committed && committed.error().code == Code::failed_precondition) {
      Answer before = co_await reported_before(std::move(principal), std::move(action), std::move(report));
      co_return before;
    }
    Passage passage;
    passage.receipt = {.action = action, .run = settling.action.run, .ticket = settling.ticket};
    if (!committed) co_return no_ledger(passage, committed.error());
    note(passage.receipt, *committed);
    settled(settling, report.outcome);
    Answer out = answer(passage, Answer::Kind::reported, "", "");
    out.outcome = report.outcome;
    co_return out;
  }

 private:
  static bool is_callers(const domain::Principal& holder, const domain::Principal& caller) {
    return holder.agent == caller.agent && holder.workflow == caller.workflow &&
           holder.environment == caller.environment;
  }

  // A tool that was not granted reads like one that does not exist.
  static Opinion opinion(const Answer& refused) {
    bool is_unknown = refused.code == "not_granted";
    return {.code = is_unknown ? "unknown" : refused.code, .reason = refused.message};
  }

  Passage begin(Request request) {
    Passage passage;
    passage.live = parts_.live();
    auto& action = passage.action;
    action.at_ms = parts_.clock.now_ms();
    action.id = crypto::new_id("act", action.at_ms);
    action.run = request.run.empty() ? crypto::new_id("run", action.at_ms) : std::move(request.run);
    action.principal = std::move(request.principal);
    passage.by = request.by;
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
    auto retention = retention_of(*passage.live.snapshot, passage.action);
    admission::Change change = admission::Refuse{std::move(passage.action), admission::summarize(passage.decision),
                                                 passage.live.snapshot->digest(), kind, std::move(retention)};
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
                                               .expires_at_ms = passage.action.at_ms + terms->expires_in_ms,
                                               .retention = retention_of(*passage.live.snapshot, passage.action)};
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
      if (standing.state == TicketState::consumed && passage.by == CarriedOutBy::agent)
        co_return TicketAnswers::used(std::move(passage), standing);
      if (standing.state == TicketState::consumed && standing.outcome_seq) {
        Answer replayed = co_await tickets_.replay(std::move(passage), standing);
        co_return replayed;
      }
      bool waits = standing.state == TicketState::held || standing.state == TicketState::consumed;
      if (!waits) {
        Answer ended_answer = co_await tickets_.ended(std::move(passage), std::move(standing));
        co_return ended_answer;
      }
      std::int64_t left = deadline - parts_.clock.monotonic_us() / 1000;
      bool is_held = standing.state == TicketState::held;
      if (left <= 0 || (is_held && parts_.stopping.is_set())) co_return TicketAnswers::held(passage, standing);
      auto changed = parts_.board.watch(standing.id);
      // Looked at again after the watch began, so that no decision falls between.
      Result<admission::TicketStanding> now = co_await tickets_.read(standing.id);
      if (!now) co_return TicketAnswers::held(passage, standing);
      if (now->state != standing.state || now->outcome_seq != standing.outcome_seq) {
        standing = std::move(*now);
        continue;
      }
      if (gone(passage.call)) co_return answer(passage, Answer::Kind::withdrawn, "cancelled", "the caller went away");
      co_await wait_for(changed, passage.call.cancelled, is_held ? &parts_.stopping : nullptr, left);
      Result<admission::TicketStanding> then = co_await tickets_.read(standing.id);
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

  // Nothing is executed here: the agent does it, and its report is what the upstream's answer is to other actions.
  async::Task<Answer> leave_to_agent(Passage passage, bool is_stopped) {
    if (is_stopped) {
      execution::CallResult stopped = std::unexpected(execution::Failure{
          domain::Outcome::not_executed, {Code::cancelled, "stopped by a kill switch before it was let go"}});
      Answer settled = co_await settle(std::move(passage), std::move(stopped));
      co_return settled;
    }
    const auto* upstream = passage.live.snapshot->upstream(passage.action.upstream);
    Expected expected{.action = passage.action, .ticket = passage.ticket, .within_ms = upstream->timeout_ms};
    expected.action.arguments.clear();
    reports_.expect(std::move(expected));
    Answer out = answer(passage, Answer::Kind::admitted, "", passage.decision.reason);
    out.arguments = passage.action.arguments;
    out.meta = mcp::get_member(stamp(passage.obligations, passage.action, "{}"), "_meta").value_or("");
    out.report_by_ms = parts_.clock.now_ms() + upstream->timeout_ms;
    co_return out;
  }

  // The report of an action that this process does not wait for: of one that is settled, or of nobody's.
  async::Task<Answer> reported_before(domain::Principal principal, std::string action, Report report) {
    auto load = [this, action] { return parts_.records.action(action); };
    Result<admission::ActionRecord> record = co_await async::offload(parts_.pool, std::move(load));
    Passage passage;
    passage.receipt.action = action;
    bool is_own = record && record->row.agent == principal.agent && record->row.workflow == principal.workflow &&
                  record->row.environment == principal.environment;
    if (!is_own)
      co_return answer(passage, Answer::Kind::denied, "unknown",
                       fmt::format("no action `{}` of this agent", printable(action, 64)));
    co_return standing_report(*record, report);
  }

  // Nobody reported in time.
  async::Task<void> give_up(Expected late) {
    admission::Change change = admission::Settle{
        .action = late.action.id,
        .outcome = settled_outcome(late.action, Outcome::ambiguous),
        .error_text = fmt::format("its agent did not report within {}", format_duration_ms(late.within_ms))};
    Result<Committed> committed = co_await commit(parts_.admission, std::move(change));
    if (committed) settled(late, Outcome::ambiguous);
  }

  void settled(const Expected& expected, Outcome outcome) {
    reports_.settled(expected.action.id);
    memory_.ended(expected.action, outcome, "");
    if (!expected.ticket.empty()) parts_.board.changed(expected.ticket);
  }

  // Several calls waited for the same ticket, and another was first to use it: its answer is this one's too.
  async::Task<Answer> share(Passage passage, Error error) {
    Result<admission::TicketStanding> standing = co_await tickets_.read(passage.ticket);
    if (!standing || standing->state != TicketState::consumed) co_return no_ledger(passage, error);
    Answer answered = co_await follow(std::move(passage), std::move(*standing));
    co_return answered;
  }

  // What stands in the way of a ticket: while nobody decided, all that would refuse its call; once it was used, what keeps its agent from
  // the tool. Whoever asks often leaves no entry each time, and the ticket stays what it is. What is approved carry_out() looks at, and
  // records what it finds. The answer is for a ticket of another door.
  async::Task<std::optional<Answer>> look_ahead(Passage& passage, const admission::TicketRow& ticket) {
    domain::Action held = passage.action;
    std::optional<Answer> away;
    if (ticket.state == TicketState::held) {
      Live now = parts_.live();
      std::optional<TurnedAway> turned =
          co_await deliberation_.decide_again(passage, std::move(now), FactReader::Freshness::by_age);
      if (turned) away = std::move(turned->answer);
    } else if (ticket.state == TicketState::consumed) {
      away = deliberation_.resolve(passage);
    }
    passage.action = std::move(held);
    rebuild_call(passage);
    if (!away || away->code == "invalid") co_return away;
    bool is_unknown = away->code == "not_granted";
    passage.obstacle = Obstacle{.code = is_unknown ? "unknown" : away->code, .reason = away->message};
    std::uint64_t hold = ticket.entry;
    auto load = [this, hold] { return parts_.records.contents(hold); };
    Result<admission::ContentValues> contents = co_await async::offload(parts_.pool, std::move(load));
    if (contents) passage.held_because = std::move(contents->why);
    co_return std::nullopt;
  }

  // Admission and everything after it.
  async::Task<Answer> carry_out(Passage passage) {
    if (!passage.ticket.empty()) {
      Live now = parts_.live();
      std::optional<TurnedAway> away =
          co_await deliberation_.decide_again(passage, std::move(now), FactReader::Freshness::anew);
      if (away) {
        Answer recorded = co_await refuse(std::move(passage), std::move(away->answer), away->kind);
        co_return recorded;
      }
    }
    if (passage.decision.verdict == Verdict::deny) {
      Answer refusal = answer(passage, Answer::Kind::denied, code_of(passage.decision), passage.decision.reason);
      Answer recorded = co_await refuse(std::move(passage), std::move(refusal), Refusal::Kind::policy);
      co_return recorded;
    }
    if (gone(passage.call)) co_return answer(passage, Answer::Kind::withdrawn, "cancelled", "the caller went away");
    if (passage.by == CarriedOutBy::agent && !reports_.has_room())
      co_return answer(passage, Answer::Kind::denied, "unavailable",
                       "too many actions wait for their agents' reports; try again later");
    admission::Change intent = admission::Admit{.action = passage.action,
                                                .decision = admission::summarize(passage.decision),
                                                .snapshot = passage.live.snapshot->digest(),
                                                .charges = passage.decision.charges,
                                                .ticket = passage.ticket,
                                                .credential = credential_class(passage),
                                                .retention = retention_of(*passage.live.snapshot, passage.action),
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
    if (passage.by == CarriedOutBy::agent) {
      Answer left = co_await leave_to_agent(std::move(passage), flying.stopped().is_set());
      co_return left;
    }
    prepare_call(passage);
    execution::CallResult result = co_await passage.upstream->call(std::move(passage.call));
    if (result) withhold(passage.obligations, *result);
    Answer settled = co_await settle(std::move(passage), std::move(result));
    co_return settled;
  }

  static std::string credential_class(const Passage& passage) {
    if (passage.by == CarriedOutBy::agent) return std::string(admission::agents_own_credential);
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
  RunMemory memory_;
  Deliberation deliberation_;
  TicketAnswers tickets_;
  Reports reports_;
};

}  // namespace

std::string to_json(const Obstacle& obstacle) {
  json::Writer w;
  return std::move(w.begin_object().member("code", obstacle.code).member("reason", obstacle.reason).end_object()).text();
}

std::unique_ptr<Path> make_path(PathParts parts) { return std::make_unique<GovernedPath>(std::move(parts)); }

}  // namespace bw::gateway
