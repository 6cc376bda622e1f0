// SPDX-License-Identifier: Apache-2.0
//
// Everything an agent can do, on what conditions, and whose bailiwick each is: no meeting needed.
#include <fmt/format.h>

#include <algorithm>

#include "admin/view.h"
#include "base/text.h"
#include "json/writer.h"

namespace bw::admin {
namespace {

struct Ability {
  std::string workflow, tool;
  domain::ToolProfile profile;
  std::vector<std::string> conditions;  // "allow if args.amount_usd <= 200 (refund.small)"
  bool possible = false;                // whether any rule could allow or hold it
};

std::string joined(const std::vector<policy::Condition>& conditions, std::string_view between) {
  std::vector<std::string> texts;
  for (const auto& condition : conditions) texts.push_back(condition.text);
  return join(texts, between);
}

std::string condition_text(const policy::PlannedRule& planned) {
  std::vector<std::string> parts;
  if (!planned.all.empty()) parts.push_back(joined(planned.all, " and "));
  if (!planned.any.empty()) parts.push_back("any of " + joined(planned.any, ", "));
  if (!planned.unless.empty()) parts.push_back("unless " + joined(planned.unless, " or "));
  std::string when = parts.empty() ? "always" : "if " + join(parts, ", ");
  return fmt::format("{} {} ({})", name(planned.rule->effect), when, planned.rule->id);
}

Ability ability(const Sight& sight, const std::string& agent, const std::string& workflow, const std::string& tool,
                domain::ToolProfile profile) {
  Ability out{workflow, tool, std::move(profile), {}, false};
  const policy::ToolPlan* plan = sight.live.plan->tool(tool);
  if (!plan) return out;
  bool unattended = false;
  for (const auto& planned : plan->rules) {
    if (!policy::matches_principal(planned.rule->match, {agent, workflow, "", ""})) continue;
    out.conditions.push_back(condition_text(planned));
    out.possible = out.possible || (planned.rule->effect != domain::Verdict::deny && !planned.rule->tightens);
    unattended = unattended || !planned.rule->unattended.empty();
  }
  if (out.possible && out.profile.is_one_way_door() && !unattended)
    out.conditions.emplace_back("hold always (builtin/one-way-door)");
  for (const auto& meter : plan->meters) {
    if (policy::matches_principal(meter.meter->match, {agent, workflow, "", ""}))
      out.conditions.push_back(
          fmt::format("at most {} {} (meter {})", meter.meter->limit,
                      meter.meter->window_ms ? "in " + format_duration_ms(meter.meter->window_ms) : "in flight",
                      meter.meter->name));
  }
  return out;
}

std::vector<Ability> abilities(const Sight& sight, const std::string& agent) {
  std::vector<Ability> out;
  const auto& snapshot = *sight.live.snapshot;
  for (const auto& [workflow, declared] : snapshot.workflows()) {
    if (std::ranges::find(declared.agents, agent) == declared.agents.end()) continue;
    for (const auto& [upstream, offers] : snapshot.upstreams()) {
      for (const auto& [tool, entry] : offers.tools) {
        std::string full = upstream + "/" + tool;
        registry::Snapshot::Asked asked{
            .agent = agent, .workflow = workflow, .upstream = upstream, .name = full, .tier = entry.tier};
        if (!snapshot.granted(asked)) continue;
        auto profile = snapshot.profile(upstream, tool, workflow);
        if (profile) out.push_back(ability(sight, agent, workflow, full, std::move(*profile)));
      }
    }
  }
  return out;
}

std::string to_text(const Sight& sight, const std::string& agent, const std::vector<Ability>& all) {
  const auto* declared = sight.live.snapshot->agent(agent);
  std::string out = fmt::format("{}: owner {}, model steward {}\n", agent, declared->owner, declared->steward);
  std::string workflow;
  for (const Ability& one : all) {
    if (one.workflow != workflow) {
      workflow = one.workflow;
      const auto* w = sight.live.snapshot->workflow(workflow);
      out +=
          fmt::format("\nin workflow {} (autonomy {}, accountable {}):\n", workflow, name(w->autonomy), w->accountable);
    }
    out += fmt::format("  {:<32} {:<9} {:<11} A {} · S {} · R {}\n", one.tool, name(one.profile.tier),
                       one.profile.environment, one.profile.accountable,
                       one.profile.system_owner.empty() ? "-" : one.profile.system_owner,
                       one.profile.risk_owner.empty() ? "-" : one.profile.risk_owner);
    if (!one.possible) out += "      never: no rule allows it\n";
    for (const std::string& condition : one.conditions) out += fmt::format("      {}\n", printable(condition, 400));
  }
  if (all.empty()) out += "  nothing: no workflow grants it a tool\n";
  return out;
}

std::string to_json(const Sight& sight, const std::string& agent, const std::vector<Ability>& all) {
  const auto* declared = sight.live.snapshot->agent(agent);
  json::Writer w;
  w.begin_object()
      .member("agent", agent)
      .member("owner", declared->owner)
      .member("steward", declared->steward)
      .key("actions")
      .begin_array();
  for (const Ability& one : all) {
    w.begin_object()
        .member("workflow", one.workflow)
        .member("tool", one.tool)
        .member("tier", name(one.profile.tier))
        .member("environment", one.profile.environment);
    w.member("possible", one.possible)
        .member("accountable", one.profile.accountable)
        .member("system_owner", one.profile.system_owner);
    w.member("risk_owner", one.profile.risk_owner).member("undo", one.profile.undo).key("conditions").begin_array();
    for (const auto& condition : one.conditions) w.string(condition);
    w.end_array().end_object();
  }
  return std::move(w.end_array().end_object()).text();
}

}  // namespace

Result<View> can(const Sight& sight, const std::string& agent) {
  if (!sight.live.snapshot->agent(agent)) {
    std::vector<std::string> names;
    for (const auto& [name, declared] : sight.live.snapshot->agents()) names.push_back(name);
    return fail(Code::not_found,
                fmt::format("no agent `{}` in the registry; {}", printable(agent, 80), suggest(agent, names)));
  }
  auto all = abilities(sight, agent);
  return View{to_json(sight, agent, all), to_text(sight, agent, all)};
}

}  // namespace bw::admin
