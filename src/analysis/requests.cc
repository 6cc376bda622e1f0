// SPDX-License-Identifier: Apache-2.0
#include "analysis/requests.h"

#include <algorithm>
#include <map>

#include "analysis/request_tree.h"
#include "analysis/terms.h"
#include "analysis/values.h"
#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"
#include "policy/schema_type.h"

namespace bw::analysis {
namespace {

using cel::Type;
using domain::ActionKind;

using Path = std::vector<std::string>;

// Where a request says what CEL calls `path`; empty where it cannot say it.
Path place_of(std::string_view path) {
  if (path == "agent.name" || path == "workflow.name") return {std::string(path.substr(0, path.find('.')))};
  if (path == "run.id") return {"run"};
  if (path == "environment" || path == "now" || path == "agent" || path == "workflow") return {std::string(path)};
  if (!path.starts_with("args.") && !path.starts_with("facts.")) return {};
  Path out;
  for (auto step : split(path, '.')) out.emplace_back(step);
  return out;
}

const policy::ToolShape* tool_of(const policy::Sources& sources, std::string_view name) {
  auto found = std::ranges::find(sources.tools, name, &policy::ToolShape::name);
  return found == sources.tools.end() ? nullptr : &*found;
}

Type arguments_of(const policy::ToolShape* tool) {
  if (!tool || tool->input_schema.empty()) return Type::dyn();
  auto schema = json::Document::parse(tool->input_schema);
  return schema ? policy::schema_type(schema->root(), "args") : Type::dyn();
}

Type fact_type(std::string_view word) {
  return word == "bool"     ? Type::boolean()
         : word == "int"    ? Type::int64()
         : word == "double" ? Type::float64()
                            : Type::string();
}

std::string without_stars(std::string pattern) {
  std::ranges::replace(pattern, '*', 'x');
  return pattern;
}

// An attribute with the values it takes.
struct Choice {
  Path place;
  std::vector<Values::Value> values;
};

class Search {
 public:
  Search(std::span<const policy::Sources* const> versions, const Subject& subject, const std::set<std::string>& focus,
         const RequestLimits& limits, const std::function<bool(const std::string&)>& visit)
      : versions_(versions), subject_(subject), limits_(limits), visit_(visit) {
    collect(focus);
  }

  // Nearest first: what differs least from a test's request is the easiest to read.
  Tried run() {
    auto from = bases();
    bool more = std::ranges::all_of(from, [this](const auto& base) { return visit(base); }) &&
                std::ranges::all_of(from, [this](const auto& base) { return one_at_a_time(base); }) &&
                std::ranges::all_of(from, [this](const auto& base) { return product(base, 0); });
    for (const RequestTree& base : from) {
      for (const Choice& choice : context_) {
        for (const auto& value : choice.values) more = more && product(with(base, choice, value), 0);
      }
    }
    return tried_;
  }

 private:
  // Which values there are, from the rules of all versions, apart by whether a rule in focus reads the attribute.
  void collect(const std::set<std::string>& focus) {
    Values values(arguments_of(newest_tool()));
    values.declare("environment", Type::one_of({"production", "staging", "sandbox"}));
    std::set<std::string> focused;
    for (const auto* sources : versions_) {
      for (const auto& fact : sources->facts) values.declare("facts." + fact.name, fact_type(fact.type));
      for (const auto& [workflow, autonomy] : sources->workflows) values.add("workflow", json::quoted(workflow));
      for (const auto& policy : sources->policies) {
        for (const auto& rule : policy.rules) {
          if (speaks_of(rule.match, subject_, *sources)) collect(rule, focus.contains(rule.id), values, focused);
        }
      }
    }
    for (auto& [path, list] : values.all()) {
      Choice choice{place_of(path), std::move(list)};
      if (choice.place.empty() || choice.values.empty()) continue;
      (focused.contains(path) ? focus_ : context_).push_back(std::move(choice));
    }
  }

  static void collect(const domain::Rule& rule, bool in_focus, Values& values, std::set<std::string>& focused) {
    for (const RuleList& list : rule_lists()) {
      for (const auto& expression : rule.*list.member) {
        values.add(expression);
        if (!in_focus) continue;
        for (auto& path : Values::paths(expression)) focused.insert(std::move(path));
      }
    }
    for (auto [patterns, path] : {std::pair{&rule.match.agent, "agent"}, {&rule.match.workflow, "workflow"}}) {
      for (const auto& pattern : *patterns) values.add(path, json::quoted(without_stars(pattern)));
      if (in_focus && !patterns->empty()) {
        values.add(path, "\"somebody-else\"");
        focused.insert(path);
      }
    }
  }

  const policy::ToolShape* newest_tool() const {
    for (auto at = versions_.rbegin(); at != versions_.rend(); ++at)
      if (const auto* tool = tool_of(**at, subject_.name)) return tool;
    return nullptr;
  }

  // The tests' requests about this subject, then one of plain values.
  std::vector<RequestTree> bases() const {
    std::vector<RequestTree> out;
    std::string key(domain::name(subject_.kind));
    for (const auto* sources : versions_) {
      for (const auto& policy : sources->policies) {
        for (const auto& test : policy.tests) {
          auto given = json::Document::parse(test.given);
          if (given && given->root()[key].string() == subject_.name) out.push_back(RequestTree::from(given->root()));
        }
      }
    }
    RequestTree plain;
    plain.set(Path{key}, json::quoted(subject_.name));
    std::string args = plain_value(arguments_of(newest_tool()));
    plain.set(Path{"args"}, args.starts_with("{") ? args : "{}");
    if (!versions_.back()->workflows.empty())
      plain.set(Path{"workflow"}, json::quoted(versions_.back()->workflows.begin()->first));
    for (const auto& [name, facts] : plain_facts()) plain.set(Path{"facts", name}, facts);
    out.push_back(std::move(plain));
    return out;
  }

  std::map<std::string, std::string> plain_facts() const {
    std::map<std::string, std::string> out;
    for (const Choice& choice : context_)
      if (choice.place.size() == 2 && choice.place[0] == "facts") out[choice.place[1]] = first_value(choice);
    for (const Choice& choice : focus_)
      if (choice.place.size() == 2 && choice.place[0] == "facts") out[choice.place[1]] = first_value(choice);
    return out;
  }

  static std::string first_value(const Choice& choice) {
    for (const auto& value : choice.values)
      if (value) return *value;
    return "\"unavailable\"";
  }

  static RequestTree with(RequestTree tree, const Choice& choice, const Values::Value& value) {
    tree.set(choice.place, value);
    return tree;
  }

  bool one_at_a_time(const RequestTree& base) {
    for (const auto* choices : {&focus_, &context_}) {
      for (const Choice& choice : *choices) {
        for (const auto& value : choice.values)
          if (!visit(with(base, choice, value))) return false;
      }
    }
    return true;
  }

  // All combinations of the attributes in focus, over `tree`. False to stop.
  bool product(const RequestTree& tree, std::size_t at) {
    if (at == focus_.size()) return visit(tree);
    for (const auto& value : focus_[at].values) {
      if (!product(with(tree, focus_[at], value), at + 1)) return false;
    }
    return true;
  }

  bool visit(const RequestTree& tree) {
    std::string text = tree.text();
    if (!seen_.insert(text).second) return true;
    if (tried_.requests == limits_.requests_max) {
      tried_.complete = false;
      return false;
    }
    ++tried_.requests;
    return visit_(text);
  }

  std::span<const policy::Sources* const> versions_;
  const Subject& subject_;
  const RequestLimits& limits_;
  const std::function<bool(const std::string&)>& visit_;
  std::vector<Choice> focus_, context_;
  std::set<std::string> seen_;
  Tried tried_;
};

}  // namespace

bool speaks_of(const domain::Match& match, const Subject& subject, const policy::Sources& sources) {
  if (subject.kind == ActionKind::tool) {
    const auto* tool = tool_of(sources, subject.name);
    return tool && policy::matches_tool(match, tool->name, tool->upstream, tool->profile);
  }
  bool resource = subject.kind == ActionKind::resource;
  if (!match.tool.empty() || !(resource ? match.prompt : match.resource).empty()) return false;
  return policy::any_pattern(resource ? match.resource : match.prompt, subject.name);
}

std::vector<Subject> subjects(std::span<const policy::Sources* const> versions) {
  std::set<Subject> out;
  for (const auto* sources : versions) {
    for (const auto& tool : sources->tools) out.insert({ActionKind::tool, tool.name});
    for (const auto& policy : sources->policies) {
      for (const auto& rule : policy.rules) {
        for (const auto& pattern : rule.match.resource) out.insert({ActionKind::resource, without_stars(pattern)});
        for (const auto& pattern : rule.match.prompt) out.insert({ActionKind::prompt, without_stars(pattern)});
      }
    }
  }
  return {out.begin(), out.end()};
}

Tried each_request(std::span<const policy::Sources* const> versions, const Subject& subject,
                   const std::set<std::string>& focus, const RequestLimits& limits,
                   const std::function<bool(const std::string&)>& visit) {
  return Search(versions, subject, focus, limits, visit).run();
}

}  // namespace bw::analysis
