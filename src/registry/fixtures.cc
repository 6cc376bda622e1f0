// SPDX-License-Identifier: Apache-2.0
#include "registry/fixtures.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"

namespace bw::registry {
namespace {

void complete(Node& node, const Node& from) {
  for (std::size_t i = 0; i < from.items.size(); ++i) {
    const auto& key = from.keys[i];
    Node* own = node.find(key.text);
    if (own && own->is(Node::Kind::map) && from.items[i].is(Node::Kind::map)) {
      complete(*own, from.items[i]);
    } else if (!own) {
      node.set(key.text, from.items[i]);
      node.keys.back().where = key.where;
    }
  }
}

std::vector<std::string> names_of(const Node& fixtures) {
  std::vector<std::string> names;
  for (const auto& key : fixtures.keys) names.push_back(key.text);
  return names;
}

}  // namespace

void use_fixtures(Node& policy, Diagnostics& diagnostics) {
  auto report = [&](Severity severity, const Span& where, std::string message, std::string hint) {
    diagnostics.push_back({severity, where, std::move(message), std::move(hint)});
  };
  Node fixtures = policy.take("fixtures").value_or(Node{.kind = Node::Kind::map});
  std::set<std::string> used;
  for (const Node& fixture : fixtures.items) {
    if (const Node* like = fixture.find("like"))
      report(Severity::error, like->where, "a fixture is like no other", "say everything in it");
  }
  Node* tests = policy.find("tests");
  for (std::size_t i = 0; tests && i < tests->items.size(); ++i) {
    Node& given = *tests->items[i].find("given");
    auto like = given.take("like");
    if (!like) continue;
    used.insert(like->text);
    if (const Node* fixture = fixtures.find(like->text)) {
      complete(given, *fixture);
    } else {
      auto names = names_of(fixtures);
      report(Severity::error, like->where, fmt::format("no fixture is called `{}`", printable(like->text, 80)),
             names.empty() ? "the policy has no `fixtures`" : suggest(like->text, names));
    }
  }
  for (const auto& key : fixtures.keys) {
    if (!used.contains(key.text))
      report(Severity::warning, key.where, fmt::format("no test is like fixture `{}`", key.text),
             "remove it, or use it");
  }
}

}  // namespace bw::registry
