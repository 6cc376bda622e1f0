// SPDX-License-Identifier: Apache-2.0
#include "registry/snapshot.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace bw::registry {
namespace {

template <class T>
const T* look_up(const Named<T>& things, std::string_view name) {
  auto at = things.find(name);
  return at == things.end() ? nullptr : &at->second;
}

// Of owners from the nearest to the farthest, the first that is named.
std::string first_named(std::initializer_list<std::string_view> owners) {
  for (auto owner : owners) {
    if (!owner.empty()) return std::string(owner);
  }
  return {};
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool any_fits(const std::vector<std::string>& patterns, std::string_view name) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return glob_match(pattern, name); });
}

const std::vector<std::string>& granted_names(const Grants& may, domain::ActionKind kind) {
  switch (kind) {
    case domain::ActionKind::resource: return may.resources;
    case domain::ActionKind::prompt: return may.prompts;
    case domain::ActionKind::tool: break;
  }
  return may.tools;
}

std::string_view key_of(domain::ActionKind kind) {
  switch (kind) {
    case domain::ActionKind::resource: return "may.resources";
    case domain::ActionKind::prompt: return "may.prompts";
    case domain::ActionKind::tool: break;
  }
  return "may.tools";
}

Status refuse(std::string message) { return fail(Code::permission_denied, std::move(message)); }

// Whether one side's grants reach; `who` is "agent `x`" or "workflow `y`".
Status reaches(const Grants& may, std::string_view who, std::string_view environment, const Snapshot::Asked& asked) {
  const auto& names = granted_names(may, asked.kind);
  if (!contains(may.environments, environment)) {
    return refuse(fmt::format("{} may not act in {}: its may.environments does not list it", who, environment));
  }
  if (contains(names, asked.name)) return {};
  if (!any_fits(names, asked.name))
    return refuse(fmt::format("{} is not granted `{}`: name it in {}", who, asked.name, key_of(asked.kind)));
  if (asked.tier == domain::Tier::read) return {};
  return refuse(fmt::format("{} is granted `{}` by a pattern, and a pattern grants only reading: name it in {}", who,
                            asked.name, key_of(asked.kind)));
}

}  // namespace

const Person* Snapshot::person(std::string_view name) const { return look_up(people_, name); }
const Team* Snapshot::team(std::string_view name) const { return look_up(teams_, name); }
const Agent* Snapshot::agent(std::string_view name) const { return look_up(agents_, name); }
const Workflow* Snapshot::workflow(std::string_view name) const { return look_up(workflows_, name); }
const Upstream* Snapshot::upstream(std::string_view name) const { return look_up(upstreams_, name); }

const Retention* Snapshot::retention_of(std::string_view upstream, std::string_view tool_name,
                                        std::string_view workflow_name) const {
  if (retention_.empty()) return nullptr;
  if (const auto* used = tool(upstream, tool_name); used && !used->retention.empty())
    return look_up(retention_, used->retention);
  if (const auto* within = workflow(workflow_name); within && !within->retention.empty())
    return look_up(retention_, within->retention);
  auto by_default = std::ranges::find_if(retention_, [](const auto& one) { return one.second.is_default; });
  return by_default == retention_.end() ? nullptr : &by_default->second;
}

const std::vector<Credential>& Snapshot::fact_credentials(std::string_view fact) const {
  static const std::vector<Credential> none;
  const auto* given = look_up(fact_credentials_, fact);
  return given ? *given : none;
}

const Tool* Snapshot::tool(std::string_view upstream_name, std::string_view name) const {
  const Upstream* from = upstream(upstream_name);
  return from ? look_up(from->tools, name) : nullptr;
}

std::vector<std::string> Snapshot::humans(const std::vector<std::string>& people_and_teams) const {
  std::vector<std::string> names;
  auto add = [&](std::string_view name) {
    const Person* found = person(name);
    if (found && found->active()) names.push_back(found->name);
  };
  for (const auto& name : people_and_teams) {
    add(name);
    const Team* found = team(name);
    for (std::size_t i = 0; found && i < found->members.size(); ++i) add(found->members[i]);
  }
  std::ranges::sort(names);
  auto repeats = std::ranges::unique(names);
  names.erase(repeats.begin(), repeats.end());
  return names;
}

std::optional<domain::ToolProfile> Snapshot::profile(std::string_view upstream_name, std::string_view tool_name,
                                                     std::string_view workflow_name) const {
  const Upstream* from = upstream(upstream_name);
  const Tool* of = tool(upstream_name, tool_name);
  if (!from || !of) return std::nullopt;
  static const Workflow nobody;
  const Workflow* job = workflow(workflow_name);
  if (!job) job = &nobody;
  return domain::ToolProfile{.tier = of->tier,
                             .reversible = of->reversible,
                             .touches = of->touches,
                             .environment = from->environment,
                             .undo = of->undo,
                             .system_owner = first_named({of->system_owner, from->system_owner, job->system_owner}),
                             .risk_owner = first_named({of->risk_owner, from->risk_owner, job->risk_owner}),
                             .accountable = first_named({of->accountable, job->accountable})};
}

std::optional<domain::ToolProfile> Snapshot::read_profile(std::string_view upstream_name, domain::ActionKind kind,
                                                          std::string_view name, std::string_view workflow_name) const {
  const Upstream* from = upstream(upstream_name);
  if (!from || kind == domain::ActionKind::tool) return std::nullopt;
  if (kind == domain::ActionKind::prompt) {
    auto prefix = from->name + "/";
    if (!name.starts_with(prefix)) return std::nullopt;
    name.remove_prefix(prefix.size());
  }
  if (!any_fits(kind == domain::ActionKind::prompt ? from->prompts : from->resources, name)) return std::nullopt;
  const Workflow* job = workflow(workflow_name);
  return domain::ToolProfile{.tier = domain::Tier::read,
                             .reversible = true,
                             .environment = from->environment,
                             .system_owner = from->system_owner,
                             .risk_owner = first_named({from->risk_owner, job ? job->risk_owner : std::string()}),
                             .accountable = job ? job->accountable : std::string()};
}

Status Snapshot::granted(const Asked& asked) const {
  const Agent* actor = agent(asked.agent);
  const Workflow* job = workflow(asked.workflow);
  const Upstream* from = upstream(asked.upstream);
  if (!actor) return refuse(fmt::format("no agent is called `{}`", asked.agent));
  if (!job) return refuse(fmt::format("no workflow is called `{}`", asked.workflow));
  if (!from) return refuse(fmt::format("no upstream is called `{}`", asked.upstream));
  if (asked.kind != domain::ActionKind::resource && !asked.name.starts_with(from->name + "/")) {
    return refuse(fmt::format("`{}` is not of upstream `{}`", asked.name, from->name));
  }
  if (!contains(job->agents, asked.agent))
    return refuse(fmt::format("agent `{}` does not work in workflow `{}`", actor->name, job->name));
  BW_OK(reaches(actor->may, fmt::format("agent `{}`", actor->name), from->environment, asked));
  return reaches(job->may, fmt::format("workflow `{}`", job->name), from->environment, asked);
}

}  // namespace bw::registry
