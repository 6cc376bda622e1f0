// SPDX-License-Identifier: Apache-2.0
#include "registry/difference.h"

#include <map>

namespace bw::registry {
namespace {

struct Place {
  std::vector<std::string> steps;
  std::string path;

  Place member(const std::string& key) const { return step(key, path.empty() ? key : path + "." + key); }
  Place element(const std::string& key) const { return step(key, path + "[" + key + "]"); }

 private:
  Place step(const std::string& key, std::string longer) const {
    Place next{steps, std::move(longer)};
    next.steps.push_back(key);
    return next;
  }
};

using Pair = std::pair<const Node*, const Node*>;

class Comparison {
 public:
  void object(const Node& before, const Node& after, const Shape& shape, const Place& place) {
    for (const Field& field : shape.fields) {
      const Node* old = before.find(field.key);
      const Node* now = after.find(field.key);
      if (old || now) value(old, now, field.type, place.member(field.key));
    }
  }

  std::vector<Difference> found;

 private:
  void value(const Node* before, const Node* after, const Type& type, const Place& place) {
    static const Node empty;
    bool divisible = type.many == Type::Many::named || (type.many != Type::Many::one && !type.ordered);
    if (divisible) return members(before ? *before : empty, after ? *after : empty, type, place);
    one(before, after, type, place);
  }

  void one(const Node* before, const Node* after, const Type& type, const Place& place) {
    bool object_of_ours =
        type.form == Type::Form::object && (type.many != Type::Many::list && type.many != Type::Many::one_or_list);
    bool ordered_list = type.ordered && before && before->is(Node::Kind::list);
    if (before && after && object_of_ours && !ordered_list && !type.shape->exactly_one) {
      return object(*before, *after, *type.shape, place);
    }
    if (before && after && to_json(*before) == to_json(*after)) return;
    found.push_back({place.steps, place.path, before, after});
  }

  // Elements of lists without order, and members of maps, are the same when they are called the same.
  void members(const Node& before, const Node& after, const Type& type, const Place& place) {
    std::map<std::string, Pair> pairs;
    for (std::size_t i = 0; i < before.items.size(); ++i) pairs[called(before, i, type)].first = &before.items[i];
    for (std::size_t i = 0; i < after.items.size(); ++i) pairs[called(after, i, type)].second = &after.items[i];
    Type single = type;
    single.many = Type::Many::one;
    for (const auto& [key, pair] : pairs) {
      one(pair.first, pair.second, single, type.many == Type::Many::named ? place.member(key) : place.element(key));
    }
  }

  static std::string called(const Node& node, std::size_t i, const Type& type) {
    if (node.is(Node::Kind::map)) return node.keys[i].text;
    const Node& item = node.items[i];
    const Node* key = type.sorted_by.empty() ? &item : item.find(type.sorted_by);
    return key ? key->text : std::string();
  }
};

}  // namespace

std::vector<Difference> differences(const Node& before, const Node& after, const Shape& shape) {
  Comparison comparison;
  comparison.object(before, after, shape, {});
  return std::move(comparison.found);
}

}  // namespace bw::registry
