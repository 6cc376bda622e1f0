// SPDX-License-Identifier: Apache-2.0
#include "registry/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"

namespace bw::registry {
namespace {

// Everything that a name may mean.
struct Names {
  std::vector<std::string> people, parties, agents, workflows, upstreams, tools, rules, retention;

  explicit Names(const Documents& documents) {
    for (const Document& document : documents.all()) add(document);
  }

  const std::vector<std::string>* of(Refers refers) const {
    switch (refers) {
      case Refers::person:
      case Refers::owner: return &people;
      case Refers::party: return &parties;
      case Refers::agent: return &agents;
      case Refers::workflow: return &workflows;
      case Refers::upstream: return &upstreams;
      case Refers::tool: return &tools;
      case Refers::rule: return &rules;
      case Refers::retention: return &retention;
      case Refers::prompt:
      case Refers::uri:
      case Refers::nothing: break;
    }
    return nullptr;
  }

 private:
  void add(const Document& document) {
    const auto& kind = document.kind->name;
    if (kind == "Person") people.push_back(document.name);
    if (kind == "Person" || kind == "Team") parties.push_back(document.name);
    if (kind == "Agent") agents.push_back(document.name);
    if (kind == "Workflow") workflows.push_back(document.name);
    if (kind == "Retention") retention.push_back(document.name);
    if (kind == "Upstream") add_upstream(document);
    if (kind == "Policy") add_rules(document);
  }

  void add_upstream(const Document& document) {
    upstreams.push_back(document.name);
    const Node* declared = document.body.find("tools");
    if (!declared || !declared->is(Node::Kind::map)) return;
    for (const auto& key : declared->keys) tools.push_back(document.name + "/" + key.text);
  }

  void add_rules(const Document& document) {
    const Node* list = document.body.find("rules");
    if (!list) return;
    for (const Node& rule : list->items) {
      if (const Node* id = rule.find("id")) rules.push_back(id->text);
    }
  }
};

std::string_view noun(Refers refers) {
  switch (refers) {
    case Refers::party: return "person or team";
    case Refers::agent: return "agent";
    case Refers::workflow: return "workflow";
    case Refers::upstream: return "upstream";
    case Refers::tool: return "tool";
    case Refers::rule: return "rule";
    case Refers::retention: return "retention class";
    default: return "person";
  }
}

class Resolver {
 public:
  Resolver(const Documents& documents, Diagnostics& diagnostics)
      : documents_(documents), names_(documents), diagnostics_(diagnostics) {}

  void object(const Node& node, const Shape& shape) {
    for (const Field& field : shape.fields) {
      if (const Node* given = node.find(field.key)) value(*given, field.type);
    }
  }

 private:
  void value(const Node& node, const Type& type) {
    if (type.many == Type::Many::one) return one(node, type);
    for (const Node& item : node.items) one(item, type);
  }

  void one(const Node& node, const Type& type) {
    if (type.form == Type::Form::object) return object(node, *type.shape);
    if (!node.is(Node::Kind::string) || type.refers == Refers::nothing) return;
    if (type.refers == Refers::prompt) return prompt(node);
    if (type.form == Type::Form::pattern && node.text.find('*') != std::string::npos) return pattern(node, type);
    if (type.form == Type::Form::name || type.form == Type::Form::pattern) name(node, type);
  }

  void pattern(const Node& node, const Type& type);
  void name(const Node& node, const Type& type);
  void prompt(const Node& node);
  void unknown_tool(const Node& node);
  void active_human(const Node& node, const Document& person, Refers refers);
  void somebody_in(const Node& node, const Document& team);
  bool is_active(std::string_view person) const;

  void report(Severity severity, const Node& node, std::string message, std::string hint = {}) {
    diagnostics_.push_back({severity, node.where, std::move(message), std::move(hint)});
  }

  const Documents& documents_;
  Names names_;
  Diagnostics& diagnostics_;
};

void Resolver::pattern(const Node& node, const Type& type) {
  const auto* candidates = names_.of(type.refers);
  if (!candidates) return;
  auto fits = [&](const std::string& candidate) { return glob_match(node.text, candidate); };
  if (std::ranges::none_of(*candidates, fits)) {
    report(Severity::warning, node, fmt::format("`{}` fits no {}", node.text, noun(type.refers)),
           suggest(node.text, *candidates));
  }
}

void Resolver::name(const Node& node, const Type& type) {
  const auto* candidates = names_.of(type.refers);
  if (!candidates) return;
  if (std::ranges::find(*candidates, node.text) == candidates->end()) {
    if (type.refers == Refers::tool) return unknown_tool(node);
    return report(Severity::error, node,
                  fmt::format("no {} is called `{}`", noun(type.refers), printable(node.text, 80)),
                  suggest(node.text, *candidates));
  }
  if (type.refers != Refers::owner && type.refers != Refers::party) return;
  if (const Document* person = documents_.find("Person", node.text)) return active_human(node, *person, type.refers);
  if (const Document* team = documents_.find("Team", node.text)) somebody_in(node, *team);
}

// Which prompts there are only the upstream knows; whether the upstream is declared is known here.
void Resolver::prompt(const Node& node) {
  auto upstream = std::string_view(node.text).substr(0, node.text.find('/'));
  const auto& upstreams = names_.upstreams;
  if (upstream.find('*') != std::string_view::npos || std::ranges::find(upstreams, upstream) != upstreams.end()) return;
  report(Severity::error, node, fmt::format("no upstream is called `{}`", printable(upstream, 80)),
         suggest(upstream, upstreams));
}

void Resolver::unknown_tool(const Node& node) {
  auto upstream = std::string_view(node.text).substr(0, node.text.find('/'));
  const auto& upstreams = names_.upstreams;
  if (std::ranges::find(upstreams, upstream) == upstreams.end()) {
    return report(Severity::error, node, fmt::format("no upstream is called `{}`", printable(upstream, 80)),
                  suggest(upstream, upstreams));
  }
  std::vector<std::string> here;
  for (const auto& tool : names_.tools) {
    if (tool.starts_with(std::string(upstream) + "/")) here.push_back(tool);
  }
  report(Severity::error, node,
         fmt::format("upstream `{}` has no tool `{}`", upstream, printable(node.text.substr(upstream.size() + 1), 80)),
         here.empty() ? "it declares no tools" : suggest(node.text, here));
}

void Resolver::active_human(const Node& node, const Document& person, Refers refers) {
  auto role = refers == Refers::owner ? "own anything" : "be asked or told";
  const Node* kind = person.body.find("kind_of");
  const Node* left = person.body.find("left");
  if (kind && kind->text == "bot") {
    report(Severity::error, node, fmt::format("`{}` is a bot and cannot {}", person.name, role),
           "name a human who is here");
  } else if (left) {
    report(Severity::error, node, fmt::format("`{}` left on {} and cannot {}", person.name, left->text, role),
           "name a human who is here");
  }
}

bool Resolver::is_active(std::string_view name) const {
  const Document* person = documents_.find("Person", name);
  if (!person) return true;  // reported where the team names them
  const Node* kind = person->body.find("kind_of");
  return !person->body.find("left") && !(kind && kind->text == "bot");
}

void Resolver::somebody_in(const Node& node, const Document& team) {
  const Node* members = team.body.find("members");
  if (!members || members->items.empty()) return;
  if (std::ranges::any_of(members->items, [&](const Node& member) { return is_active(member.text); })) return;
  report(Severity::error, node, fmt::format("team `{}` has no human who is here", team.name),
         "give it a member who can answer");
}

}  // namespace

void resolve(const Documents& documents, Diagnostics& diagnostics) {
  Resolver resolver(documents, diagnostics);
  for (const Document& document : documents.all()) resolver.object(document.body, *document.kind);
}

}  // namespace bw::registry
