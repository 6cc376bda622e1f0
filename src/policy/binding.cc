// SPDX-License-Identifier: Apache-2.0
#include "policy/binding.h"

#include <array>

#include "cel/from_json.h"
#include "policy/history.h"

namespace bw::policy {
namespace {

using cel::Value;

template <std::size_t N>
Value object(cel::Arena& arena, const cel::Type& type, const std::array<Value, N>& slots) {
  return Value::object(arena, *type.object(), slots);
}

Value time(std::int64_t at_ms) {
  std::int64_t seconds = at_ms / 1000;
  return Value::timestamp(seconds, static_cast<std::int32_t>((at_ms - seconds * 1000) * 1'000'000));
}

// Unavailable is a state of its own: an error that names the fact, which goes to the stricter side.
Value fact(const cel::Field& field, const Facts* known, cel::Arena& arena, std::vector<json::Document>& texts) {
  auto unavailable = [&] {
    return Value::error(arena, cel::Fault::host, arena.concat("fact `", field.name, "` is unavailable"));
  };
  if (!known) return unavailable();
  auto found = known->find(field.name);
  if (found == known->end() || !found->second) return unavailable();
  auto document = json::Document::parse(*found->second);
  if (!document) return unavailable();
  texts.push_back(std::move(*document));
  return cel::from_json(texts.back().root(), field.type, "facts." + field.name, arena);
}

template <class Reads>
void bind_those(const Plan& plan, const ToolPlan& tool, const domain::Action& action, json::Value args,
                const domain::RunHistory* history, cel::Activation& activation, cel::Arena& arena, const Reads& reads,
                bool reads_history) {
  const Slots& s = plan.slots();
  const Types& types = plan.types();
  activation.clear();
  if (reads(s.args)) activation.bind(s.args, cel::from_json(args, tool.arguments, "args", arena));
  if (reads(s.tool)) {
    std::array slots{Value::string(action.name), Value::string(action.upstream),
                     Value::string(name(action.profile.tier)), Value::boolean(action.profile.reversible)};
    activation.bind(s.tool, object(arena, types.tool, slots));
  }
  auto named = [&](std::size_t slot, const cel::Type& type, std::string_view name) {
    if (reads(slot)) activation.bind(slot, object(arena, type, std::array{Value::string(name)}));
  };
  named(s.agent, types.agent, action.principal.agent);
  named(s.workflow, types.workflow, action.principal.workflow);
  if (reads(s.run)) {
    activation.bind(
        s.run, reads_history ? bind_run(types.run, action, history, arena) : bind_run_id(types.run, action, arena));
  }
  if (reads(s.environment)) activation.bind(s.environment, Value::string(action.profile.environment));
  if (reads(s.now)) activation.bind(s.now, time(action.at_ms));
}

}  // namespace

void Binding::bind(const Plan& plan, const ToolPlan& tool, const domain::Action& action, json::Value args,
                   const domain::RunHistory* history, cel::Activation& activation, cel::Arena& arena) {
  auto reads = [&](std::size_t slot) { return tool.reads[slot]; };
  bind_those(plan, tool, action, args, history, activation, arena, reads, tool.reads_history);
}

void Binding::bind_all(const Plan& plan, const ToolPlan& tool, const domain::Action& action, json::Value args,
                       const domain::RunHistory* history, cel::Activation& activation, cel::Arena& arena) {
  auto all = [](std::size_t) { return true; };
  bind_those(plan, tool, action, args, history, activation, arena, all, true);
}

Value Binding::facts(const Plan& plan, const Facts* known, cel::Arena& arena, std::vector<json::Document>& texts) {
  const cel::ObjectType& type = *plan.types().facts.object();
  auto slots = arena.array<Value>(type.fields().size());
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = fact(type.fields()[i], known, arena, texts);
  return Value::object(arena, type, slots);
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
