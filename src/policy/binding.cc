// SPDX-License-Identifier: Apache-2.0
#include "policy/binding.h"

#include "cel/from_json.h"
#include "policy/history.h"

namespace bw::policy {
namespace {

cel::Value object(cel::Arena& arena, const cel::Type& type, std::initializer_list<cel::Value> slots) {
  return cel::Value::object(arena, *type.object(), std::span<const cel::Value>(slots.begin(), slots.size()));
}

}  // namespace

void Binding::bind(const Plan& plan, const ToolPlan& tool, const domain::Action& action, json::Value args,
                   const domain::RunHistory* history, cel::Activation& activation, cel::Arena& arena) {
  const Slots& s = plan.slots_;
  auto text = [](std::string_view t) { return cel::Value::string(t); };
  const auto& profile = action.profile;
  activation.bind(s.args, cel::from_json(args, tool.arguments, "args", arena));
  activation.bind(s.tool, object(arena, plan.tool_type_,
                                 {text(action.name), text(action.upstream), text(name(profile.tier)),
                                  cel::Value::boolean(profile.reversible)}));
  activation.bind(s.agent, object(arena, plan.agent_type_, {text(action.principal.agent)}));
  activation.bind(s.workflow, object(arena, plan.workflow_type_, {text(action.principal.workflow)}));
  activation.bind(s.environment, text(profile.environment));
  activation.bind(s.run, tool.reads_history ? bind_run(plan.run_type_, action, history, arena)
                                            : bind_run_id(plan.run_type_, action, arena));
  auto seconds = action.at_ms / 1000;
  auto nanos = static_cast<std::int32_t>((action.at_ms - seconds * 1000) * 1'000'000);
  activation.bind(s.now, cel::Value::timestamp(seconds, nanos));
}

const ToolPlan* plan_for(const Plan& plan, const domain::Action& action) {
  if (action.kind == domain::ActionKind::tool) return plan.tool(action.name);
  return &plan.of_kind(action.kind);
}

bool concerns(const domain::Match& match, const domain::Action& action) {
  if (!matches_principal(match, action.principal)) return false;
  if (action.kind == domain::ActionKind::tool) return true;
  const auto& patterns = action.kind == domain::ActionKind::resource ? match.resource : match.prompt;
  return any_pattern(patterns, action.name) && any_pattern(match.upstream, action.upstream) &&
         any_pattern(match.environment, action.profile.environment) &&
         any_pattern(match.tier, name(action.profile.tier));
}

}  // namespace bw::policy
