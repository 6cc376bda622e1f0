// SPDX-License-Identifier: Apache-2.0
#include "registry/build.h"
#include "registry/read.h"

namespace bw::registry {
namespace {

domain::Expression expression(const Node& node) { return {node.text, node.where}; }

std::vector<domain::Expression> expressions(const Node& body, std::string_view key) {
  std::vector<domain::Expression> out;
  for (const Node& item : items_of(body, key)) out.push_back(expression(item));
  return out;
}

domain::Match match(const Node& body) {
  const Node* given = body.find("match");
  if (!given) return {.where = body.where};
  return {.tool = texts_of(*given, "tool"),
          .resource = texts_of(*given, "resource"),
          .prompt = texts_of(*given, "prompt"),
          .upstream = texts_of(*given, "upstream"),
          .agent = texts_of(*given, "agent"),
          .workflow = texts_of(*given, "workflow"),
          .environment = texts_of(*given, "environment"),
          .tier = texts_of(*given, "tier"),
          .where = given->where};
}

std::vector<domain::Obligation> obligations(const Node& body) {
  std::vector<domain::Obligation> out;
  for (const Node& item : items_of(body, "oblige")) {
    out.push_back({item.keys.front().text, to_json(item.items.front()), item.keys.front().where});
  }
  return out;
}

domain::Rule rule(const Node& body, const std::string& policy) {
  return {.id = text_of(body, "id"),
          .policy = policy,
          .match = match(body),
          .all = expressions(body, "all"),
          .any = expressions(body, "any"),
          .unless = expressions(body, "unless"),
          .effect = *domain::parse_verdict(text_of(body, "effect")),
          .tightens = truth_of(body, "tightens"),
          .obligations = obligations(body),
          .reason = text_of(body, "reason"),
          .unattended = text_of(body, "unattended"),
          .where = body.find("id")->where};
}

domain::Invariant invariant(const Node& body) {
  return {.name = text_of(body, "name"),
          .match = match(body),
          .when = expressions(body, "when"),
          .must = expression(*body.find("must")),
          .where = body.find("name")->where};
}

domain::PolicyTest test(const Node& body) {
  return {.name = text_of(body, "name"),
          .given = to_json(*body.find("given")),
          .expect = *domain::parse_verdict(text_of(body, "expect")),
          .expect_rule = text_of(body, "rule"),
          .expect_meter = text_of(body, "meter"),
          .where = body.find("name")->where};
}

domain::Meter meter(const Node::Key& key, const Node& body) {
  domain::Meter out{.name = key.text,
                    .match = match(body),
                    .per = texts_of(body, "per"),
                    .window_ms = duration_of(body, "window"),
                    .limit = whole_of(body, "limit"),
                    .where = key.where};
  if (const Node* sum = body.find("sum")) out.sum = expression(*sum);
  if (const Node* by = body.find("by")) out.by = expression(*by);
  return out;
}

domain::Fact fact(const Node::Key& key, const Node& body) {
  domain::Fact out{.name = key.text,
                   .tool = text_of(body, "tool"),
                   .url = text_of(body, "url"),
                   .opa = text_of(body, "opa"),
                   .file = text_of(body, "file"),
                   .value = expression(*body.find("value")),
                   .type = text_of(body, "type"),
                   .timeout_ms = duration_of(body, "timeout"),
                   .max_age_ms = duration_of(body, "max_age"),
                   .where = key.where};
  if (const Node* breaker = body.find("breaker"))
    out.breaker = {.failures = whole_of(*breaker, "failures"), .open_ms = duration_of(*breaker, "open")};
  const Node* given = body.find("arguments");
  for (std::size_t i = 0; given && i < given->items.size(); ++i) {
    out.arguments.emplace(given->keys[i].text, expression(given->items[i]));
  }
  return out;
}

template <class Build>
auto each(const Document& document, std::string_view key, Build build) {
  std::vector<decltype(build(Node::Key{}, Node{}))> out;
  const Node& named = *document.body.find(key);
  for (std::size_t i = 0; i < named.items.size(); ++i) out.push_back(build(named.keys[i], named.items[i]));
  return out;
}

}  // namespace

domain::Policy build_policy(const Document& document) {
  domain::Policy out{.name = document.name, .where = document.where};
  for (const Node& item : items_of(document.body, "rules")) out.rules.push_back(rule(item, document.name));
  for (const Node& item : items_of(document.body, "invariants")) out.invariants.push_back(invariant(item));
  for (const Node& item : items_of(document.body, "tests")) out.tests.push_back(test(item));
  return out;
}

std::vector<domain::Meter> build_meters(const Document& document) { return each(document, "meters", meter); }
std::vector<domain::Fact> build_facts(const Document& document) { return each(document, "facts", fact); }

}  // namespace bw::registry
