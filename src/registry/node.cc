// SPDX-License-Identifier: Apache-2.0
#include "registry/node.h"

#include <algorithm>

#include "json/canonical.h"
#include "json/writer.h"

namespace bw::registry {
namespace {

void write(const Node& node, json::Writer& out) {
  switch (node.kind) {
    case Node::Kind::boolean: out.boolean(node.truth); return;
    case Node::Kind::integer: out.integer(node.integer); return;
    case Node::Kind::real: out.number(node.real); return;
    case Node::Kind::string: out.string(node.text); return;
    case Node::Kind::list:
      out.begin_array();
      for (const Node& item : node.items) write(item, out);
      out.end_array();
      return;
    case Node::Kind::map:
      out.begin_object();
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        out.key(node.keys[i].text);
        write(node.items[i], out);
      }
      out.end_object();
      return;
    case Node::Kind::null:
    case Node::Kind::broken: out.null(); return;
  }
}

Node number(json::Value value) {
  Node node{.text = std::string(value.raw())};
  if (auto whole = value.integer()) {
    node.kind = Node::Kind::integer;
    node.integer = *whole;
  } else {
    node.kind = Node::Kind::real;
    node.real = value.number().value_or(0);
  }
  return node;
}

std::ptrdiff_t index_of(const Node& map, std::string_view key) {
  auto at = std::ranges::find(map.keys, key, &Node::Key::text);
  return at == map.keys.end() ? -1 : at - map.keys.begin();
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  auto at = index_of(*this, key);
  return at < 0 ? nullptr : &items[static_cast<std::size_t>(at)];
}

Node* Node::find(std::string_view key) {
  auto at = index_of(*this, key);
  return at < 0 ? nullptr : &items[static_cast<std::size_t>(at)];
}

const Span* Node::find_key(std::string_view key) const {
  auto at = index_of(*this, key);
  return at < 0 ? nullptr : &keys[static_cast<std::size_t>(at)].where;
}

std::optional<Node> Node::take(std::string_view key) {
  auto at = index_of(*this, key);
  if (at < 0) return std::nullopt;
  Node taken = std::move(items[static_cast<std::size_t>(at)]);
  keys.erase(keys.begin() + at);
  items.erase(items.begin() + at);
  return taken;
}

Node& Node::set(std::string_view key, Node value) {
  if (Node* present = find(key)) return *present = std::move(value);
  keys.push_back({std::string(key), value.where});
  return items.emplace_back(std::move(value));
}

Node Node::string(std::string text, Span where) {
  return {.kind = Kind::string, .text = std::move(text), .where = std::move(where)};
}

std::string_view name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null: return "null";
    case Node::Kind::boolean: return "a boolean";
    case Node::Kind::integer: return "a whole number";
    case Node::Kind::real: return "a number with a fraction";
    case Node::Kind::string: return "a string";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a map";
    case Node::Kind::broken: break;
  }
  return "nothing readable";
}

std::string to_json(const Node& node) {
  json::Writer writer;
  write(node, writer);
  // Keys are unique and numbers finite by construction, so that only a size beyond these limits could fail.
  auto document = json::Document::parse(std::move(writer).text(),
                                        {.bytes_max = 1U << 30, .depth_max = 128, .values_max = 100'000'000});
  BW_ASSERT(document);
  auto canonical = json::canonical(document->root());
  BW_ASSERT(canonical);
  return *std::move(canonical);
}

Node from_json(json::Value value, const Span& where) {
  Node node;
  switch (value.kind()) {
    case json::Kind::null: break;
    case json::Kind::boolean:
      node = {.kind = Node::Kind::boolean, .truth = *value.boolean(), .text = std::string(value.raw())};
      break;
    case json::Kind::number: node = number(value); break;
    case json::Kind::string: node = Node::string(std::string(*value.string())); break;
    case json::Kind::array:
      node.kind = Node::Kind::list;
      for (auto element : value.elements()) node.items.push_back(from_json(element, where));
      break;
    case json::Kind::object:
      node.kind = Node::Kind::map;
      for (auto [key, member] : value.members()) {
        node.keys.push_back({std::string(key), where});
        node.items.push_back(from_json(member, where));
      }
      break;
  }
  node.where = where;
  return node;
}

}  // namespace bw::registry
