// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/environment.h"
#include "cel/program.h"
#include "domain/action.h"
#include "domain/rules.h"
#include "policy/comparison.h"
#include "policy/rule_index.h"

namespace bw::policy {

// One condition of a rule, compiled for the arguments of one tool.
struct Condition {
  cel::Program program;
  std::string text;
  std::optional<Comparison> comparison = {};  // when that is all it is
};

// A rule as it stands for one tool: its conditions typed by that tool's arguments. What depends on the principal (agent,
// workflow) is matched when it is judged.
struct PlannedRule {
  const domain::Rule* rule = nullptr;  // owned by the plan
  std::vector<Condition> all, any, unless;
};

struct PlannedMeter {
  const domain::Meter* meter = nullptr;
  std::optional<cel::Program> sum, by;
};

// A fact as it is looked up for the arguments of one tool.
struct PlannedFact {
  const domain::Fact* fact = nullptr;
  std::vector<std::pair<std::string, cel::Program>> arguments;
  std::optional<cel::Program> value;
};

// An invariant for the arguments of one tool.
struct PlannedInvariant {
  const domain::Invariant* invariant = nullptr;  // owned by the plan
  std::vector<Condition> when;
  std::optional<Condition> must;
};

// Everything that can concern one tool, or (for resources and prompts, whose names are known only when asked for) one
// kind of action.
struct ToolPlan {
  cel::Type arguments;
  cel::Environment variables;  // with args of that type
  std::vector<PlannedRule> rules;
  RuleIndex index;          // over `rules`, in their order
  std::vector<bool> reads;  // by slot of a variable: whether some expression of it reads it
  std::vector<PlannedMeter> meters;
  std::vector<std::string> facts;            // names that its expressions read, sorted
  std::vector<PlannedFact> look_ups;         // of these facts
  bool reads_history = false;                // whether any of them asks what the run did before
  std::vector<PlannedInvariant> invariants;  // nothing above counts what these read: they are not judged by
};

// Variables that expressions may use, by slot.
struct Slots {
  std::size_t args = 0, tool = 0, agent = 0, workflow = 0, environment = 0, run = 0, now = 0, facts = 0;
  std::size_t result = 0;                                   // of a fact's `value` alone
  std::size_t verdict = 0, approvers = 0, obligations = 0;  // of invariants alone
};

// The types of those that are objects.
struct Types {
  cel::Type tool, agent, workflow, run, facts;
};

// Compiled policy: immutable, shared by all threads, replaced as a whole when the registry or a tool definition changes.
class Plan {
 public:
  const ToolPlan* tool(std::string_view name) const;
  std::span<const ToolPlan> tools() const { return tools_; }
  const ToolPlan& of_kind(domain::ActionKind kind) const {
    return kind == domain::ActionKind::prompt ? prompts_ : resources_;
  }
  domain::Autonomy autonomy(std::string_view workflow) const;  // of an unknown workflow: read_only
  std::string_view only_workflow() const;                      // empty unless there is exactly one
  const std::vector<domain::Policy>& policies() const { return policies_; }
  const std::vector<domain::Meter>& meters() const { return meters_; }
  const std::vector<domain::Fact>& facts() const { return facts_; }
  const domain::ToolProfile* profile(std::string_view tool) const;
  const std::map<std::string, domain::ToolProfile, std::less<>>& profiles() const { return profiles_; }  // of all tools
  // Of which actions' results policy asks what they held: sorted patterns over names.
  const std::vector<std::string>& result_patterns() const { return result_patterns_; }
  const Slots& slots() const { return slots_; }
  const Types& types() const { return types_; }
  const cel::Environment& variables() const { return *environment_; }
  const cel::Environment& outcome_variables() const { return *outcome_environment_; }
  const std::map<std::string, domain::Autonomy, std::less<>>& workflows() const { return workflows_; }

 private:
  friend class Compiler;
  friend class FactFinder;
  std::vector<domain::Policy> policies_;
  std::vector<domain::Meter> meters_;
  std::vector<domain::Fact> facts_;
  TextTable tool_names_;
  std::vector<ToolPlan> tools_;  // by number of their names
  std::map<std::string, domain::ToolProfile, std::less<>> profiles_;
  ToolPlan resources_, prompts_;
  std::map<std::string, domain::Autonomy, std::less<>> workflows_;
  std::vector<std::string> result_patterns_;
  Slots slots_;
  Types types_;
  std::unique_ptr<cel::Environment> environment_;          // with args as dyn; each tool's own extends the same slots
  std::unique_ptr<cel::Environment> fact_environment_;     // the same, and `result`
  std::unique_ptr<cel::Environment> outcome_environment_;  // the same, and what was decided
};

// Whether the parts of a match that are known with the tool say yes. `tool`, `upstream`, `environment` and `tier` are
// static; agent and workflow are not looked at.
bool matches_tool(const domain::Match& match, std::string_view tool, std::string_view upstream,
                  const domain::ToolProfile& profile);
bool matches_principal(const domain::Match& match, const domain::Principal& principal);

// Whether one of the patterns matches, or there are none.
bool any_pattern(const std::vector<std::string>& patterns, std::string_view text);

}  // namespace bw::policy
