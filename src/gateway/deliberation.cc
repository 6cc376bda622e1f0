// SPDX-License-Identifier: Apache-2.0
#include "gateway/deliberation.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "gateway/action_digest.h"
#include "gateway/oblige.h"
#include "gateway/subjects.h"
#include "json/document.h"
#include "mcp/splice.h"
#include "policy/facts.h"
#include "policy/history.h"

namespace bw::gateway {
namespace {

using admission::Refusal;
using domain::Verdict;

// As the judge takes them: nothing for what is not known.
std::map<std::string, std::optional<std::string>> values_of(const std::vector<domain::FactReading>& readings) {
  std::map<std::string, std::optional<std::string>> values;
  for (const auto& reading : readings) {
    bool known = reading.state == domain::FactReading::State::known;
    values.emplace(reading.fact, known ? std::optional(reading.value) : std::nullopt);
  }
  return values;
}

std::optional<Answer> fingerprint(Passage& passage, json::Value arguments) {
  auto digest = action_digest(passage.action, arguments, passage.inputs);
  if (!digest)
    return answer(passage, Answer::Kind::denied, "invalid", fmt::format("arguments: {}", digest.error().message));
  passage.action.digest = std::move(*digest);
  return std::nullopt;
}

std::string wrong_door(std::string_view tool, bool external) {
  return external
             ? fmt::format("`{}` is external: ask the decision API, which is where its outcome is reported", tool)
             : fmt::format("`{}` is carried out by Bailiwick: call it over MCP; the decision API is for external tools",
                           tool);
}

std::optional<TurnedAway> turned_away(const Passage& passage, const std::string& approved) {
  if (passage.decision.verdict == Verdict::deny)
    return TurnedAway{.answer =
                          answer(passage, Answer::Kind::denied, code_of(passage.decision), passage.decision.reason)};
  if (passage.action.digest == approved) return std::nullopt;
  return TurnedAway{
      .answer = answer(passage, Answer::Kind::denied, std::string(name(Refusal::Kind::ticket)),
                       "what would be sent now is not what was approved: the tool, or what policy changes "
                       "about the call, is another; make the call again, for a new ticket"),
      .kind = Refusal::Kind::ticket};
}

}  // namespace

Refusal::Kind refusal_kind(std::string_view code) {
  for (auto kind : {Refusal::Kind::quarantined, Refusal::Kind::unavailable, Refusal::Kind::misfit}) {
    if (name(kind) == code) return kind;
  }
  return Refusal::Kind::not_granted;
}

std::optional<Answer> Deliberation::resolve(Passage& passage) {
  auto& action = passage.action;
  Resolved found = catalogue_.resolve(action.principal, action.kind, action.upstream, action.name);
  action.profile = found.profile;
  action.tool_digest = std::move(found.tool_digest);
  passage.upstream = found.upstream;
  if (found.code.empty() && found.external != (passage.by == CarriedOutBy::agent))
    return answer(passage, Answer::Kind::denied, "invalid", wrong_door(action.name, found.external));
  if (found.code.empty()) {
    auto misfit = passage.live.misfits->find(action.name);
    if (misfit == passage.live.misfits->end()) return std::nullopt;
    found.code = "misfit";
    found.refused = fmt::format("policy does not fit the definition of `{}`: {}", action.name, misfit->second);
  }
  if (found.code != "unknown") {
    passage.decision.reason = found.refused;
    passage.decision.determining = {
        {.rule = "builtin/" + found.code, .effect = domain::Verdict::deny, .satisfied = true, .reason = found.refused}};
  }
  return answer(passage, Answer::Kind::denied, found.code, found.refused);
}

std::optional<Answer> Deliberation::fingerprint(Passage& passage) {
  auto arguments = json::Document::parse(passage.action.arguments);
  if (!arguments)
    return answer(passage, Answer::Kind::denied, "invalid", fmt::format("arguments are {}", arguments.error().message));
  name_subjects(passage.decision, passage.action, *passage.live.snapshot, arguments->root());
  return bw::gateway::fingerprint(passage, arguments->root());
}

// What the action is judged by that did not come from its agent. What cannot be looked up is judged as unavailable.
async::Task<void> Deliberation::look_up(Passage& passage, FactReader::Freshness freshness) {
  passage.readings.clear();
  if (policy::reads_history(*passage.live.plan, passage.action)) {
    std::string run = passage.action.run;
    std::vector<std::string> patterns = passage.live.plan->result_patterns();
    co_await memory_.recall(std::move(run), std::move(patterns));
  }
  if (!policy::reads_facts(*passage.live.plan, passage.action)) co_return;
  Live live = passage.live;
  domain::Action action = passage.action;
  passage.readings = co_await facts_.read(std::move(live), std::move(action), freshness);
}

// Fills the decision and the digest. The answer is for what cannot be judged at all.
std::optional<Answer> Deliberation::judge(Passage& passage) {
  auto arguments = json::Document::parse(passage.action.arguments);
  if (!arguments)
    return answer(passage, Answer::Kind::denied, "invalid", fmt::format("arguments are {}", arguments.error().message));
  if (auto wrong = bw::gateway::fingerprint(passage, arguments->root())) return wrong;
  auto facts = values_of(passage.readings);
  const auto* history = memory_.look(passage.action.run, *passage.live.snapshot);
  judge_.decide(*passage.live.plan,
                {.action = passage.action, .args = arguments->root(), .facts = &facts, .history = history});
  passage.decision = judge_.decision();
  passage.decision.facts = passage.readings;
  name_subjects(passage.decision, passage.action, *passage.live.snapshot, arguments->root());
  if (history && history->unknown.empty() && policy::reads_history(*passage.live.plan, passage.action))
    passage.decision.run_seen = seen(*history);
  return std::nullopt;
}

async::Task<std::optional<Answer>> Deliberation::decide(Passage& passage, FactReader::Freshness freshness) {
  co_await look_up(passage, freshness);
  if (auto wrong = judge(passage)) co_return wrong;
  auto changes = oblige(passage.decision, passage.obligations, passage.action, passage.by);
  if (changes.empty()) co_return std::nullopt;
  passage.call.params = mcp::set_member(passage.call.params, "arguments", passage.action.arguments);
  domain::Decision asked = std::move(passage.decision);
  co_await look_up(passage, freshness);
  if (auto wrong = judge(passage)) co_return wrong;
  conclude(passage.decision, passage.obligations, passage.action, passage.by, std::move(asked), std::move(changes));
  co_return std::nullopt;
}

async::Task<std::optional<TurnedAway>> Deliberation::decide_again(Passage& passage, Live live,
                                                                  FactReader::Freshness freshness) {
  domain::Action approved = passage.action;
  std::optional<TurnedAway> away;
  passage.live = std::move(live);
  passage.decision = {};
  passage.obligations = {};
  if (auto refusal = resolve(passage)) {
    auto kind = refusal_kind(refusal->code);
    away = TurnedAway{.answer = std::move(*refusal), .kind = kind};
  } else {
    std::optional<Answer> wrong = co_await decide(passage, freshness);
    if (wrong) {
      away = TurnedAway{.answer = std::move(*wrong)};
    } else {
      away = turned_away(passage, approved.digest);
    }
  }
  if (!away) co_return std::nullopt;
  passage.action = std::move(approved);
  passage.decision.reason = away->answer.message;
  co_return away;
}

}  // namespace bw::gateway
