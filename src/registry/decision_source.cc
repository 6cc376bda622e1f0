// SPDX-License-Identifier: Apache-2.0
#include "registry/decision_source.h"

#include <fmt/format.h>

#include <array>

#include "registry/lowering.h"

namespace bw::registry {
namespace {

// What OPA is asked about, as docs/reference/registry.md describes it: its `input`.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kInput{{{"agent", "agent.name"},
                                                                               {"args", "args"},
                                                                               {"environment", "environment"},
                                                                               {"reversible", "tool.reversible"},
                                                                               {"run", "run.id"},
                                                                               {"tier", "tool.tier"},
                                                                               {"tool", "tool.name"},
                                                                               {"upstream", "tool.upstream"},
                                                                               {"workflow", "workflow.name"}}};

// A document of OPA is true or false, one of the words, or has one of these as `decision`.
constexpr std::string_view kVerdict =
    R"(type(result) == bool ? (result ? "allow" : "deny") : type(result) == map ? result.decision : result)";

class Source {
 public:
  explicit Source(const Document& source) : source_(source), fact_(as_identifier(source.name)) {}

  std::vector<Document> run() const {
    return {document("Facts", "facts", facts()), document("Policy", "rules", rules())};
  }

 private:
  const Node* given(std::string_view key) const { return source_.body.find(key); }
  const Span& where() const { return given("opa")->where; }

  Document document(std::string_view kind, std::string_view key, Node value) const {
    Node body = map_at(source_.where);
    body.set(key, std::move(value));
    for (const auto* same : {"description", "fixtures", "tests"}) {
      if (const Node* node = given(same); node && kind == "Policy") body.set(same, *node);
    }
    return {.kind = find_kind(kind), .name = source_.name, .body = std::move(body), .where = source_.where};
  }

  Node facts() const {
    Node fact = map_at(where()), input = map_at(where());
    for (const auto& [key, expression] : kInput) input.set(key, Node::string(std::string(expression), where()));
    fact.set("opa", *given("opa"));
    fact.set("arguments", std::move(input));
    const Node* value = given("value");
    fact.set("value", value ? *value : Node::string(std::string(kVerdict), where()));
    fact.set("type", Node::string("string", where()));
    for (const auto* same : {"timeout", "breaker", "credential"}) {
      if (const Node* node = given(same)) fact.set(same, *node);
    }
    Node out = map_at(where());
    out.set(fact_, std::move(fact));
    out.keys.back().where = where();
    return out;
  }

  Node rule(std::string_view effect, std::string unless, std::string_view reason) const {
    Node out = map_at(where());
    out.set("id", Node::string(fmt::format("{}.{}", source_.name, effect), where()));
    if (const Node* match = given("match")) out.set("match", *match);
    Node list = list_at(where());
    list.items.push_back(Node::string(std::move(unless), where()));
    out.set("unless", std::move(list));
    out.set("effect", Node::string(std::string(effect), where()));
    out.set("reason", Node::string(fmt::format("The policy server `{}` {}.", source_.name, reason), where()));
    return out;
  }

  Node rules() const {
    Node out = list_at(where());
    out.items.push_back(rule("deny", fmt::format(R"(facts.{} in ["allow", "hold"])", fact_), "does not allow this"));
    Node hold = rule("hold", fmt::format(R"(facts.{} == "allow")", fact_), "wants a person to decide this");
    hold.set("tightens", {.kind = Node::Kind::boolean, .truth = true, .text = "true", .where = where()});
    if (const Node* approve = given("approve")) {
      Node oblige = list_at(approve->where), one = map_at(approve->where);
      one.set("approve", *approve);
      one.keys.back().where = *source_.body.find_key("approve");
      oblige.items.push_back(std::move(one));
      hold.set("oblige", std::move(oblige));
    }
    out.items.push_back(std::move(hold));
    return out;
  }

  const Document& source_;
  std::string fact_;
};

}  // namespace

std::vector<Document> become_decision_source(const Document& source, Diagnostics&) { return Source(source).run(); }

}  // namespace bw::registry
