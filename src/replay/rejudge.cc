// SPDX-License-Identifier: Apache-2.0
#include "replay/rejudge.h"

#include <fmt/format.h>

#include <string_view>

#include "base/id.h"
#include "base/text.h"
#include "gateway/action_digest.h"
#include "json/document.h"
#include "mcp/splice.h"

namespace bw::replay {
namespace {

domain::Action action_of(const ledger::Entry& first) {
  domain::Action action;
  action.id = first.action;
  action.run = first.run;
  action.principal = {first.agent, first.workflow, first.environment, first.token};
  action.kind = first.what.value_or(domain::ActionKind::tool);
  action.upstream = first.upstream;
  action.name = first.tool;
  action.tool_digest = first.tool_digest;
  action.digest = first.digest;
  action.at_ms = arrived_ms(first);
  return action;
}

}  // namespace

Result<std::string> asked_arguments(std::string_view args, std::string_view checks) {
  std::string out(args);
  if (!checks.contains("\"changes\":[")) return out;
  auto document = json::Document::parse(std::string(checks));
  if (!document) return fail(Code::data_loss, "its explanation cannot be read");
  auto changes = document->root()["changes"];
  for (std::size_t i = changes.size(); i > 0; --i) {
    json::Value change = changes.at(i - 1);
    std::string argument(change["argument"].string().value_or(""));
    out = change["from"] ? mcp::set_member(out, argument, change["from"].raw()) : mcp::remove_member(out, argument);
  }
  return out;
}

domain::Verdict verdict_then(const ledger::Entry& first) {
  return first.refused == "no_reviewer" ? domain::Verdict::hold : first.verdict.value_or(domain::Verdict::deny);
}

std::int64_t arrived_ms(const ledger::Entry& first) {
  std::int64_t arrived = id_time_ms(first.action);
  return arrived >= 0 ? arrived : first.at_ms;
}

const gateway::Standing& Rejudge::standing(const ledger::Entry& first) {
  auto kind = first.what.value_or(domain::ActionKind::tool);
  std::string key = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", first.agent, first.workflow, first.environment, name(kind),
                                first.upstream, first.tool);
  auto found = standings_.find(key);
  if (found == standings_.end())
    found = standings_.emplace(std::move(key), gateway::standing(live_, action_of(first))).first;
  return found->second;
}

const domain::ToolProfile* Rejudge::profile(const ledger::Entry& first) {
  const auto& known = standing(first);
  return known.profile ? &*known.profile : nullptr;
}

bool Rejudge::reads_history(const ledger::Entry& first) {
  const auto& known = standing(first);
  return known.profile && known.plan && known.plan->reads_history;
}

// What the record says of the facts that the rules read now. That a fact was unavailable is recorded too.
Result<policy::Facts> Rejudge::facts_of(const gateway::Standing& standing, const store::FirstEntry& first) const {
  policy::Facts out;
  if (!standing.plan || standing.plan->facts.empty()) return out;
  auto document = json::Document::parse(std::string(first.checks.value_or("{}")));
  if (!document) return fail(Code::data_loss, "its explanation cannot be read");
  for (json::Value reading : document->root()["facts"].elements()) {
    auto value = reading["value"];
    out[std::string(reading["fact"].string().value_or(""))] =
        value ? std::optional(std::string(value.raw())) : std::nullopt;
  }
  std::vector<std::string> lacking;
  for (const auto& fact : standing.plan->facts) {
    if (!out.contains(fact)) lacking.push_back(fmt::format("`{}`", fact));
  }
  if (lacking.empty()) return out;
  return fail(Code::not_found, fmt::format("needs fact{} {}, which the record does not have",
                                           lacking.size() == 1 ? "" : "s", join(lacking, ", ")));
}

Result<domain::Decision> Rejudge::decide(const store::FirstEntry& first, const domain::RunHistory* history) {
  const auto& entry = first.entry;
  if (!entry.verdict || !entry.what) return fail(Code::not_found, "the record does not say what was decided");
  if (entry.refused == "quarantined" || entry.refused == "unavailable")
    return fail(Code::not_found, fmt::format("its tool was {} then, and policy was not asked", entry.refused));
  const auto& known = standing(entry);
  if (!known.profile) {
    domain::Decision refused;
    refused.determining = {{.rule = known.refused, .effect = domain::Verdict::deny, .satisfied = true}};
    return refused;
  }
  if (!first.args) return fail(Code::not_found, "its arguments were erased");
  if (!first.checks && !entry.commitments.checks.empty())
    return fail(Code::not_found, "its explanation was erased, and with it what its arguments and facts were");
  BW_TRY(auto facts, facts_of(known, first));
  auto action = action_of(entry);
  action.profile = *known.profile;
  BW_TRY(action.arguments, asked_arguments(*first.args, first.checks.value_or("")));
  if (action.arguments != *first.args) {
    auto arguments = json::Document::parse(action.arguments);
    if (!arguments) return fail(Code::data_loss, "its arguments cannot be read");
    BW_TRY(action.digest, gateway::action_digest(action, arguments->root(), ""));
  }
  return gateway::reconsider(judge_, live_, known, std::move(action), facts, history);
}

}  // namespace bw::replay
