// SPDX-License-Identifier: Apache-2.0
#include "gateway/deliberation.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "gateway/action_digest.h"
#include "gateway/carry_out.h"
#include "json/document.h"
#include "mcp/splice.h"
#include "policy/facts.h"
#include "policy/history.h"

namespace bw::gateway {
namespace {

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

void deny(Passage& passage, const std::string& why) {
  auto& decision = passage.decision;
  std::string reason = fmt::format("what policy obliges to cannot be carried out: {}", why);
  decision.verdict = Verdict::deny;
  decision.charges.clear();
  decision.determining = {{.rule = "builtin/obligation", .effect = Verdict::deny, .satisfied = true, .reason = reason}};
  decision.reason = std::move(reason);
}

// Does to the arguments what the decision's obligations ask for. What cannot be carried out denies.
std::vector<domain::ArgumentChange> oblige(Passage& passage) {
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
  if (passage.by == CarriedOutBy::agent && !passage.obligations.redact.empty()) {
    deny(passage, "what an agent gets without Bailiwick cannot be redacted");
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

// What was said of the action as it was asked for counts too, where it is stricter.
void add_asked(Passage& passage, domain::Decision asked) {
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

std::string wrong_door(std::string_view tool, bool external) {
  return external
             ? fmt::format("`{}` is external: ask the decision API, which is where its outcome is reported", tool)
             : fmt::format("`{}` is carried out by Bailiwick: call it over MCP; the decision API is for external tools",
                           tool);
}

}  // namespace

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
        {.rule = "builtin/" + found.code, .effect = Verdict::deny, .satisfied = true, .reason = found.refused}};
  }
  return answer(passage, Answer::Kind::denied, found.code, found.refused);
}

std::optional<Answer> Deliberation::fingerprint(Passage& passage) {
  auto arguments = json::Document::parse(passage.action.arguments);
  if (!arguments)
    return answer(passage, Answer::Kind::denied, "invalid", fmt::format("arguments are {}", arguments.error().message));
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
  judge_.decide(*passage.live.plan, {.action = passage.action,
                                     .args = arguments->root(),
                                     .facts = &facts,
                                     .history = memory_.look(passage.action.run, *passage.live.snapshot)});
  passage.decision = judge_.decision();
  passage.decision.facts = passage.readings;
  return std::nullopt;
}

async::Task<std::optional<Answer>> Deliberation::decide(Passage& passage, FactReader::Freshness freshness) {
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

}  // namespace bw::gateway
