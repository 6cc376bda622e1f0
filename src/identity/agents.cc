// SPDX-License-Identifier: Apache-2.0
#include "identity/agents.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "crypto/hash.h"

namespace bw::identity {
namespace {

constexpr std::size_t verified_max = 10'000;

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

template <class T>
std::vector<std::string> names_of(const registry::Named<T>& things) {
  std::vector<std::string> names;
  for (const auto& [name, thing] : things) names.push_back(name);
  return names;
}

Result<std::string> only(std::vector<std::string> choices, std::string_view what, std::string_view agent) {
  if (choices.size() == 1) return choices.front();
  if (choices.empty()) return fail(Code::failed_precondition, fmt::format("agent `{}` has no {}", agent, what));
  return fail(Code::failed_precondition,
              fmt::format("agent `{}` has more than one {}; name one of: {}", agent, what, join(choices, ", ")));
}

// What the registry says now of an agent whose token was good for it once.
Status check_membership(const registry::Snapshot& snapshot, const domain::Principal& principal) {
  const auto* agent = snapshot.agent(principal.agent);
  const auto* workflow = snapshot.workflow(principal.workflow);
  if (!agent || !workflow || !contains(workflow->agents, principal.agent)) {
    return fail(
        Code::permission_denied,
        fmt::format("agent `{}` is not in workflow `{}` of the registry any more; its owner can have it declared",
                    principal.agent, principal.workflow));
  }
  if (!contains(agent->may.environments, principal.environment) ||
      !contains(workflow->may.environments, principal.environment)) {
    return fail(Code::permission_denied,
                fmt::format("agent `{}` may not act in environment `{}` of workflow `{}` any more", principal.agent,
                            principal.environment, principal.workflow));
  }
  return {};
}

}  // namespace

Result<Claims> Agents::verify(std::string_view token) {
  std::string hash = crypto::sha256(token);
  if (auto found = verified_.find(hash); found != verified_.end()) return found->second;
  BW_TRY(Claims claims, verify_token(key_, token));
  if (verified_.size() >= verified_max) verified_.clear();
  verified_.emplace(std::move(hash), claims);
  remember_end(claims);
  return claims;
}

void Agents::remember_end(const Claims& claims) {
  if (ends_ms_.size() >= sweep_at_) {
    std::erase_if(ends_ms_, [now_ms = clock_.now_ms()](const auto& entry) { return entry.second <= now_ms; });
    sweep_at_ = std::max(verified_max, 2 * ends_ms_.size());
  }
  ends_ms_[claims.id] = claims.expires_at_ms;
}

Result<domain::Principal> Agents::authenticate(std::string_view bearer) {
  if (bearer.empty())
    return fail(Code::unauthenticated, "a bearer token is required: `bailiwick token issue` makes one");
  BW_TRY(Claims claims, verify(bearer));
  domain::Principal principal{std::move(claims.agent), std::move(claims.workflow), std::move(claims.environment),
                              std::move(claims.id)};
  BW_OK(admits(principal));
  return principal;
}

Status Agents::admits(const domain::Principal& principal) const {
  auto end = ends_ms_.find(principal.token);
  if (end == ends_ms_.end()) return fail(Code::unauthenticated, fmt::format("token {} expired", principal.token));
  if (end->second <= clock_.now_ms()) {
    return fail(Code::unauthenticated,
                fmt::format("token {} expired at {}", principal.token, format_time(end->second)));
  }
  if (revoked_.contains(principal.token))
    return fail(Code::unauthenticated, fmt::format("token {} was revoked", principal.token));
  if (!snapshot_)
    return fail(Code::permission_denied, "there is no registry yet that could say what this agent may do");
  return check_membership(*snapshot_, principal);
}

Result<Claims> complete_claims(const registry::Snapshot& snapshot, Claims wanted) {
  const auto* agent = snapshot.agent(wanted.agent);
  if (!agent) {
    return fail(Code::not_found, fmt::format("no agent `{}` in the registry; {}", wanted.agent,
                                             suggest(wanted.agent, names_of(snapshot.agents()))));
  }
  std::vector<std::string> workflows;
  for (const auto& [name, workflow] : snapshot.workflows()) {
    if (contains(workflow.agents, wanted.agent)) workflows.push_back(name);
  }
  if (wanted.workflow.empty()) {
    BW_TRY(wanted.workflow, only(workflows, "workflow", wanted.agent));
  } else if (!contains(workflows, wanted.workflow)) {
    return fail(Code::not_found, fmt::format("agent `{}` is in no workflow `{}`; {}", wanted.agent, wanted.workflow,
                                             suggest(wanted.workflow, workflows)));
  }
  std::vector<std::string> environments;
  for (const std::string& environment : snapshot.workflow(wanted.workflow)->may.environments) {
    if (contains(agent->may.environments, environment)) environments.push_back(environment);
  }
  if (wanted.environment.empty()) {
    BW_TRY(wanted.environment, only(environments, "environment", wanted.agent));
  } else if (!contains(environments, wanted.environment)) {
    return fail(Code::permission_denied,
                fmt::format("agent `{}` may not act in environment `{}` of workflow `{}`; {}", wanted.agent,
                            wanted.environment, wanted.workflow, suggest(wanted.environment, environments)));
  }
  return wanted;
}

}  // namespace bw::identity
