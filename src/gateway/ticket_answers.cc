// SPDX-License-Identifier: Apache-2.0
#include "gateway/ticket_answers.h"

#include <fmt/format.h>

#include <utility>

namespace bw::gateway {
namespace {

using domain::Outcome;

struct Settled {
  std::string leaf, result;
};

}  // namespace

admission::TicketStanding standing_of(const admission::TicketRow& row) {
  return {.id = row.ticket,
          .state = row.state,
          .action = row.action,
          .expires_at_ms = row.expires_at_ms,
          .consumed_by = row.consumed_by};
}

async::Task<Result<admission::TicketStanding>> TicketAnswers::read(std::string ticket) {
  auto load = [this, ticket]() -> Result<admission::TicketStanding> {
    BW_TRY(admission::TicketRecord record, records_.ticket(ticket));
    admission::TicketStanding standing = standing_of(record.row);
    if (standing.consumed_by.empty()) return standing;
    BW_TRY(admission::ActionRecord action, records_.action(standing.consumed_by));
    standing.outcome = action.row.outcome;
    if (standing.outcome) standing.outcome_seq = action.row.entries.back();
    return standing;
  };
  Result<admission::TicketStanding> standing = co_await async::offload(pool_, std::move(load));
  co_return standing;
}

Answer TicketAnswers::held(const Passage& passage, const admission::TicketStanding& standing) {
  Answer out = answer(passage, Answer::Kind::held, code_of(passage.decision), passage.decision.reason);
  if (passage.obstacle) {
    out.code.clear();
    out.message = passage.held_because.empty() ? "a person decides about it" : passage.held_because;
    out.obstacle = passage.obstacle;
  }
  out.expires_at_ms = standing.expires_at_ms;
  out.digest = passage.action.digest;
  out.retry_after_ms = 3000;
  return out;
}

async::Task<Answer> TicketAnswers::ended(Passage passage, admission::TicketStanding standing) {
  std::string ticket = standing.id;
  auto load = [this, ticket] { return records_.ticket(ticket); };
  Result<admission::TicketRecord> record = co_await async::offload(pool_, std::move(load));
  std::string by = record && !record->row.by.empty() ? fmt::format(" by {}", record->row.by) : "";
  std::string why = record && !record->reason.empty() ? fmt::format(": {}", record->reason) : "";
  co_return answer(passage, Answer::Kind::denied, std::string(name(standing.state)),
                   fmt::format("ticket {} is {}{}{}", ticket, name(standing.state), by, why));
}

async::Task<Answer> TicketAnswers::replay(Passage passage, admission::TicketStanding standing) {
  std::uint64_t entry = *standing.outcome_seq;
  auto load = [this, entry]() -> Result<Settled> {
    BW_TRY(auto entries, records_.entries(entry, 1));
    BW_TRY(auto contents, records_.contents(entry));
    return Settled{.leaf = entries.front().leaf_hash, .result = std::move(contents.out)};
  };
  Result<Settled> settled = co_await async::offload(pool_, std::move(load));
  passage.receipt.replayed = true;
  if (settled) {
    passage.receipt.entry = entry;
    passage.receipt.leaf = std::move(settled->leaf);
  }
  Outcome outcome = standing.outcome.value_or(Outcome::ambiguous);
  if (!settled || settled->result.empty() || passage.obstacle) {
    std::string why = passage.obstacle ? "shown now: " + passage.obstacle->reason : "kept";
    Answer out = answer(
        passage, Answer::Kind::failed, std::string(name(outcome)),
        fmt::format("this action was carried out before with outcome {}; its answer is not {}", name(outcome), why));
    out.outcome = outcome;
    co_return out;
  }
  memory_.sent(passage.action);  // this run gets to see it too
  memory_.ended(passage.action, outcome, settled->result);
  Answer out = answer(passage, Answer::Kind::reply, "", "");
  out.outcome = outcome;
  out.reply.body = std::move(settled->result);
  out.reply.is_error = outcome != Outcome::succeeded;
  co_return out;
}

Answer TicketAnswers::used(Passage passage, const admission::TicketStanding& standing) {
  passage.receipt.action = standing.consumed_by;
  passage.receipt.replayed = true;
  std::string how = standing.outcome ? fmt::format("its outcome is {}", name(*standing.outcome))
                                     : "its outcome has not been reported yet";
  return answer(passage, Answer::Kind::denied, "used",
                fmt::format("ticket {} was used by {}, and {}; the same request is let go once", standing.id,
                            standing.consumed_by, how));
}

}  // namespace bw::gateway
