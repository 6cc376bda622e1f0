// SPDX-License-Identifier: Apache-2.0
#include "policy/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "cel/compile.h"
#include "policy/compile_facts.h"
#include "policy/history.h"
#include "policy/invariant.h"
#include "policy/schema_type.h"

namespace bw::policy {
namespace {

using cel::Type;

const std::vector<std::string> obligation_types{"approve", "redact", "mutate", "cap", "notify",
                                                "log",     "sample", "stamp",  "undo"};

Type fact_type(std::string_view word) {
  if (word == "bool") return Type::boolean();
  if (word == "int") return Type::int64();
  if (word == "double") return Type::float64();
  return Type::string();
}

Type named_object(const std::string& name, std::vector<cel::Field> fields) {
  return Type::object(cel::make_object(name, std::move(fields)));
}

}  // namespace

// Builds one plan. Compiling the same text at the same place for tools with equally typed arguments happens once.
class Compiler {
 public:
  explicit Compiler(const Sources& sources) : sources_(sources), plan_(std::make_shared<Plan>()) {}

  Compiled run() {
    plan_->policies_ = sources_.policies;
    plan_->meters_ = sources_.meters;
    plan_->facts_ = sources_.facts;
    plan_->workflows_ = {sources_.workflows.begin(), sources_.workflows.end()};
    declare();
    for (const ToolShape& tool : sources_.tools) plan_tool(tool);
    plan_kind(plan_->resources_, domain::ActionKind::resource);
    plan_kind(plan_->prompts_, domain::ActionKind::prompt);
    check_idle_facts();
    check_rules();
    plan_->result_patterns_.assign(result_patterns_.begin(), result_patterns_.end());
    sort(diagnostics_);
    Compiled out{nullptr, std::move(diagnostics_)};
    if (!has_errors(out.diagnostics)) out.plan = std::move(plan_);
    return out;
  }

 private:
  // What the expressions about one tool read beyond the action itself.
  struct Reads {
    std::set<std::string> facts, result_patterns;
    bool history = false;
  };

  void declare() {
    plan_->types_.tool = named_object("tool", {{"name", Type::string()},
                                               {"upstream", Type::string()},
                                               {"tier", tier_type()},
                                               {"reversible", Type::boolean()}});
    plan_->types_.agent = named_object("agent", {{"name", Type::string()}});
    plan_->types_.workflow = named_object("workflow", {{"name", Type::string()}});
    plan_->types_.run = run_type();
    std::vector<cel::Field> facts;
    for (const domain::Fact& fact : sources_.facts) facts.push_back({fact.name, fact_type(fact.type)});
    plan_->types_.facts = named_object("facts", std::move(facts));
    plan_->environment_ = std::make_unique<cel::Environment>(environment(Type::dyn()));
    plan_->fact_environment_ = std::make_unique<cel::Environment>(*plan_->environment_);
    plan_->slots_.result = plan_->fact_environment_->declare("result", Type::dyn());
    plan_->outcome_environment_ = std::make_unique<cel::Environment>(*plan_->environment_);
    declare_outcome(*plan_->outcome_environment_, plan_->slots_);
  }

  static Type tier_type() {
    auto names = domain::tier_names();
    return Type::one_of({names.begin(), names.end()});
  }

  // Every environment declares the same variables in the same order, so that slots agree; only the type of args differs.
  cel::Environment environment(const Type& args) {
    cel::Environment e;
    Slots& s = plan_->slots_;
    s.args = e.declare("args", args);
    s.tool = e.declare("tool", plan_->types_.tool);
    s.agent = e.declare("agent", plan_->types_.agent);
    s.workflow = e.declare("workflow", plan_->types_.workflow);
    s.environment = e.declare("environment", Type::string());
    s.run = e.declare("run", plan_->types_.run);
    s.now = e.declare("now", Type::timestamp());
    s.facts = e.declare("facts", plan_->types_.facts);
    declare_run_functions(e, plan_->types_.run);
    return e;
  }

  void plan_tool(const ToolShape& shape) {
    std::uint32_t number = plan_->tool_names_.add(shape.name);
    if (number == plan_->tools_.size()) plan_->tools_.emplace_back();
    ToolPlan& tool = plan_->tools_[number];
    plan_->profiles_[shape.name] = shape.profile;
    tool.arguments = type_of(shape.input_schema, "args");
    cel::Environment variables = environment(tool.arguments);
    auto speaks_of = [&](const domain::Match& match) {
      return matches_tool(match, shape.name, shape.upstream, shape.profile);
    };
    fill(tool, variables, speaks_of);
  }

  static Type type_of(const std::string& json_schema, const std::string& path) {
    if (json_schema.empty()) return Type::dyn();
    auto schema = json::Document::parse(json_schema);
    return schema ? schema_type(schema->root(), path) : Type::dyn();
  }

  // Resources and prompts: which rules speak of one is known when it is asked for, so all that may are kept.
  void plan_kind(ToolPlan& tool, domain::ActionKind kind) {
    auto speaks_of = [kind](const domain::Match& match) {
      if (!match.tool.empty()) return false;
      return kind == domain::ActionKind::resource ? match.prompt.empty() : match.resource.empty();
    };
    fill(tool, *plan_->environment_, speaks_of);
  }

  template <class SpeaksOf>
  void fill(ToolPlan& tool, const cel::Environment& variables, const SpeaksOf& speaks_of) {
    Reads reads;
    for (const domain::Policy& policy : plan_->policies_) {
      for (const domain::Rule& rule : policy.rules) {
        if (!speaks_of(rule.match)) continue;
        spoken_of_.insert(&rule.match);
        tool.rules.push_back({&rule, conditions(rule.all, variables, reads), conditions(rule.any, variables, reads),
                              conditions(rule.unless, variables, reads)});
      }
    }
    for (const domain::Meter& meter : plan_->meters_) {
      if (!speaks_of(meter.match)) continue;
      PlannedMeter planned{&meter, std::nullopt, std::nullopt};
      if (meter.sum) planned.sum = program(*meter.sum, variables, Type::int64(), reads);
      if (meter.by) planned.by = program(*meter.by, variables, Type::string(), reads);
      tool.meters.push_back(std::move(planned));
    }
    tool.reads_history = reads.history;
    result_patterns_.merge(reads.result_patterns);
    tool.facts.assign(reads.facts.begin(), reads.facts.end());
    for (const std::string& name : tool.facts) {
      used_facts_.insert(name);
      if (const domain::Fact* fact = find_fact(name)) tool.look_ups.push_back(look_up(*fact, variables));
    }
    tool.variables = variables;
    plan_invariants(tool, variables, speaks_of);
    tool.index = RuleIndex(tool.rules, variables);
    note_reads(tool, variables);
  }

  // What they read is of no concern to deciding.
  template <class SpeaksOf>
  void plan_invariants(ToolPlan& tool, cel::Environment variables, const SpeaksOf& speaks_of) {
    Reads reads;
    declare_outcome(variables, plan_->slots_);
    for (const domain::Policy& policy : plan_->policies_) {
      for (const domain::Invariant& invariant : policy.invariants) {
        if (!speaks_of(invariant.match)) continue;
        spoken_of_.insert(&invariant.match);
        PlannedInvariant planned{&invariant, conditions(invariant.when, tool.variables, reads), std::nullopt};
        auto must = conditions({invariant.must}, variables, reads);
        if (!must.empty()) planned.must = std::move(must.front());
        tool.invariants.push_back(std::move(planned));
      }
    }
  }

  static void note_reads(ToolPlan& tool, const cel::Environment& variables) {
    tool.reads.assign(variables.variables().size(), false);
    auto note = [&](const cel::Program& program) {
      for (std::string_view path : program.paths())
        if (auto slot = variables.slot(path.substr(0, path.find('.')))) tool.reads[*slot] = true;
    };
    for (const PlannedRule& rule : tool.rules) {
      for (const auto* list : {&rule.all, &rule.any, &rule.unless})
        for (const Condition& condition : *list) note(condition.program);
    }
    for (const PlannedMeter& meter : tool.meters) {
      if (meter.sum) note(*meter.sum);
      if (meter.by) note(*meter.by);
    }
    for (const PlannedFact& fact : tool.look_ups) {
      for (const auto& [name, program] : fact.arguments) note(program);
      if (fact.value) note(*fact.value);
    }
  }

  const domain::Fact* find_fact(std::string_view name) const {
    auto found = std::ranges::find(plan_->facts_, name, &domain::Fact::name);
    return found == plan_->facts_.end() ? nullptr : &*found;
  }

  PlannedFact look_up(const domain::Fact& fact, const cel::Environment& variables) {
    FactSource source;
    auto tool = std::ranges::find(sources_.tools, fact.tool, &ToolShape::name);
    if (tool != sources_.tools.end()) {
      source.arguments = type_of(tool->input_schema, "arguments");
      source.result = type_of(tool->output_schema, "result");
    }
    return compile_fact(fact, variables, source, diagnostics_);
  }

  // A fact that no rule reads yet must be right all the same.
  void check_idle_facts() {
    for (const domain::Fact& fact : plan_->facts_) {
      if (!used_facts_.contains(fact.name)) look_up(fact, *plan_->environment_);
    }
  }

  std::vector<Condition> conditions(const std::vector<domain::Expression>& texts, const cel::Environment& variables,
                                    Reads& reads) {
    std::vector<Condition> out;
    for (const domain::Expression& text : texts) {
      if (auto compiled = program(text, variables, Type::boolean(), reads)) {
        auto comparison = Comparison::of(*compiled, variables);
        out.push_back({std::move(*compiled), std::string(trim(text.text)), std::move(comparison)});
      }
    }
    return out;
  }

  std::optional<cel::Program> program(const domain::Expression& text, const cel::Environment& variables,
                                      const Type& wanted, Reads& reads) {
    auto compiled = cel::compile(text.text, variables, {.origin = text.where, .expected = wanted});
    for (auto& diagnostic : compiled.diagnostics) diagnostics_.push_back(std::move(diagnostic));
    if (!compiled.program) return std::nullopt;
    for (const std::string& path : compiled.program->paths()) {
      if (path.starts_with("facts.")) reads.facts.insert(path.substr(6));
      if (path == "facts")
        for (const auto& fact : sources_.facts) reads.facts.insert(fact.name);
    }
    if (reads_history(compiled.program->paths())) {
      reads.history = true;
      for (auto& pattern : result_patterns(text, diagnostics_)) reads.result_patterns.insert(std::move(pattern));
    }
    return std::move(*compiled.program);
  }

  void check_rules() {
    std::map<std::string_view, const domain::Rule*> ids;
    for (const domain::Policy& policy : plan_->policies_) {
      for (const domain::Rule& rule : policy.rules) {
        auto [first, fresh] = ids.try_emplace(rule.id, &rule);
        if (!fresh)
          report(Severity::error, rule.where, fmt::format("rule `{}` is declared twice", rule.id),
                 fmt::format("the first is at {}:{}", first->second->where.file, first->second->where.line));
        check_rule(rule);
        check_match(rule.match, fmt::format("rule `{}`", rule.id));
      }
      for (const domain::Invariant& invariant : policy.invariants)
        check_match(invariant.match, fmt::format("invariant `{}`", invariant.name));
    }
  }

  void check_rule(const domain::Rule& rule) {
    for (const domain::Obligation& obligation : rule.obligations) {
      if (std::ranges::find(obligation_types, obligation.type) == obligation_types.end()) {
        report(Severity::error, obligation.where, fmt::format("obligation `{}` cannot be carried out", obligation.type),
               suggest(obligation.type, obligation_types));
      }
      for (const ToolShape& tool : sources_.tools) {
        if (matches_tool(rule.match, tool.name, tool.upstream, tool.profile)) check_obligation(obligation, tool);
      }
    }
  }

  void check_match(const domain::Match& match, const std::string& whose) {
    bool about_tools = match.resource.empty() && match.prompt.empty();
    if (!about_tools || match.tool.empty() || spoken_of_.contains(&match)) return;
    std::vector<std::string> names;
    for (const auto& tool : sources_.tools) names.push_back(tool.name);
    report(Severity::error, match.where, fmt::format("{} matches no tool of any upstream", whose),
           suggest(match.tool.front(), names));
  }

  // What can be seen before any call: an argument that the tool does not take, an undo that it does not have.
  void check_obligation(const domain::Obligation& obligation, const ToolShape& tool) {
    if (obligation.type == "undo" && tool.profile.undo.empty())
      report(Severity::error, obligation.where, fmt::format("`{}` declares no `undo`", tool.name),
             "name the tool that takes it back in the upstream, or leave it out of `match`");
    auto document = json::Document::parse(obligation.arguments);
    Type arguments = type_of(tool.input_schema, "args");
    if (!document || !arguments.object()) return;
    std::vector<std::string> named;
    if (obligation.type == "cap") named.emplace_back(document->root()["argument"].string().value_or(""));
    if (obligation.type == "mutate") {
      for (auto [argument, value] : document->root()["set"].members()) named.emplace_back(argument);
    }
    for (const std::string& argument : named) {
      auto at = arguments.object()->index(argument);
      if (at == cel::ObjectType::npos) {
        report(Severity::error, obligation.where, fmt::format("`{}` takes no argument `{}`", tool.name, argument),
               suggest(argument, arguments.object()->field_names()));
      } else if (obligation.type == "cap" && !is_number(arguments.object()->fields()[at].type)) {
        report(Severity::error, obligation.where,
               fmt::format("argument `{}` of `{}` is no number", argument, tool.name), "a cap is of a number");
      }
    }
  }

  static bool is_number(const Type& type) {
    using cel::TypeKind;
    return type.is(TypeKind::dyn) || type.is(TypeKind::int64) || type.is(TypeKind::uint64) ||
           type.is(TypeKind::float64);
  }

  void report(Severity severity, Span where, std::string message, std::string hint) {
    diagnostics_.push_back({severity, std::move(where), std::move(message), std::move(hint)});
  }

  const Sources& sources_;
  std::shared_ptr<Plan> plan_;
  std::set<const domain::Match*> spoken_of_;
  std::set<std::string, std::less<>> used_facts_;
  std::set<std::string> result_patterns_;
  Diagnostics diagnostics_;
};

Compiled compile(const Sources& sources) { return Compiler(sources).run(); }

}  // namespace bw::policy
