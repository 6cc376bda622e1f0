// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "registry/validate.h"

namespace bw::registry {
namespace {

std::string why_one_way(const domain::ToolProfile& profile) {
  std::vector<std::string> reasons;
  if (!profile.reversible) reasons.emplace_back("cannot be taken back");
  for (auto touch : profile.touches) reasons.push_back(fmt::format("touches {}", domain::name(touch)));
  if (profile.environment == "production") reasons.emplace_back("acts in production");
  return join(reasons, ", ");
}

// Workflows in which `tool` can be used at all: it is named there, or fits a pattern.
std::vector<const Workflow*> users_of(const Snapshot& snapshot, const std::string& tool) {
  std::vector<const Workflow*> users;
  for (const auto& [name, workflow] : snapshot.workflows()) {
    const auto& tools = workflow.may.tools;
    if (std::ranges::find(tools, tool) != tools.end()) users.push_back(&workflow);
  }
  return users;
}

// A risk owner may stand on the tool, the upstream, or each workflow that uses the tool.
void check_risk_owner(Review& review, const Upstream& upstream, const Tool& tool) {
  auto profile = review.snapshot.profile(upstream.name, tool.name, "");
  if (!profile->is_one_way_door() || !profile->risk_owner.empty()) return;
  auto full = upstream.name + "/" + tool.name;
  auto message = fmt::format("`{}` is a one-way door ({}) and has no risk_owner", full, why_one_way(*profile));
  auto users = users_of(review.snapshot, full);
  if (users.empty())
    return review.error(tool.where, message, fmt::format("give one to the tool or to upstream `{}`", upstream.name));
  for (const Workflow* user : users) {
    if (!user->risk_owner.empty()) continue;
    review.error(tool.where, message,
                 fmt::format("give one to the tool, to upstream `{}` or to workflow `{}`", upstream.name, user->name));
  }
}

void check_undo(Review& review, const Upstream& upstream, const Tool& tool) {
  if (tool.undo.empty()) return;
  Span where = review.at("Upstream", upstream.name, {"tools", tool.name, "undo"});
  if (tool.undo == upstream.name + "/" + tool.name) {
    return review.error(where, "a tool cannot be its own undo", "name the tool that takes it back");
  }
  auto slash = tool.undo.find('/');
  const Upstream* other = review.snapshot.upstream(std::string_view(tool.undo).substr(0, slash));
  const Tool* inverse =
      other ? review.snapshot.tool(other->name, std::string_view(tool.undo).substr(slash + 1)) : nullptr;
  if (!inverse) return;
  if (other->environment != upstream.environment) {
    review.error(where, fmt::format("`{}` acts in {}, not in {}", tool.undo, other->environment, upstream.environment),
                 "an undo works where the deed was done");
  }
  if (inverse->tier < domain::Tier::write) {
    review.error(where,
                 fmt::format("`{}` is of tier {} and takes nothing back", tool.undo, domain::name(inverse->tier)));
  }
  if (!tool.reversible)
    review.warn(where, fmt::format("`{}` has an undo and is not reversible", tool.name), "add `reversible: true`");
}

void check_tool(Review& review, const Upstream& upstream, const Tool& tool) {
  if (tool.tier >= domain::Tier::write && tool.system_owner.empty() && upstream.system_owner.empty()) {
    review.error(
        tool.where,
        fmt::format("`{}/{}` is of tier {} and has no system_owner", upstream.name, tool.name, domain::name(tool.tier)),
        fmt::format("give one to the tool or to upstream `{}`", upstream.name));
  }
  check_risk_owner(review, upstream, tool);
  check_undo(review, upstream, tool);
}

}  // namespace

void check_owners(Review& review) {
  for (const auto& [name, upstream] : review.snapshot.upstreams()) {
    for (const auto& [tool_name, tool] : upstream.tools) check_tool(review, upstream, tool);
  }
}

}  // namespace bw::registry
