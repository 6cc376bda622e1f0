// SPDX-License-Identifier: Apache-2.0
#include "policy/plan.h"

#include <algorithm>

#include "base/text.h"

namespace bw::policy {

const ToolPlan* Plan::tool(std::string_view name) const {
  std::uint32_t number = tool_names_.find(name);
  return number == TextTable::none ? nullptr : &tools_[number];
}

domain::Autonomy Plan::autonomy(std::string_view workflow) const {
  auto found = workflows_.find(workflow);
  return found == workflows_.end() ? domain::Autonomy::read_only : found->second;
}

std::string_view Plan::only_workflow() const {
  return workflows_.size() == 1 ? std::string_view(workflows_.begin()->first) : std::string_view();
}

const domain::ToolProfile* Plan::profile(std::string_view tool) const {
  auto found = profiles_.find(tool);
  return found == profiles_.end() ? nullptr : &found->second;
}

bool any_pattern(const std::vector<std::string>& patterns, std::string_view text) {
  return patterns.empty() ||
         std::ranges::any_of(patterns, [&](const auto& pattern) { return glob_match(pattern, text); });
}

bool matches_tool(const domain::Match& match, std::string_view tool, std::string_view upstream,
                  const domain::ToolProfile& profile) {
  if (!match.resource.empty() || !match.prompt.empty()) return false;
  return any_pattern(match.tool, tool) && any_pattern(match.upstream, upstream) &&
         any_pattern(match.environment, profile.environment) && any_pattern(match.tier, name(profile.tier));
}

bool matches_principal(const domain::Match& match, const domain::Principal& principal) {
  return any_pattern(match.agent, principal.agent) && any_pattern(match.workflow, principal.workflow);
}

}  // namespace bw::policy
