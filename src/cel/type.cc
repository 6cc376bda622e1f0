// SPDX-License-Identifier: Apache-2.0
#include "cel/type.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/result.h"

namespace bw::cel {

struct Type::Node {
  TypeKind kind = TypeKind::dyn;
  std::vector<Type> parameters;
  std::vector<std::string> members;
  std::shared_ptr<const ObjectType> object;
  std::string name;
  std::size_t number = 0;
  std::int64_t most = -1;
};

namespace {

std::string opaque_name(const Type& type) {
  std::string parameters;
  for (const Type& parameter : type.parameters()) {
    parameters += (parameters.empty() ? "" : ", ") + parameter.to_string();
  }
  return parameters.empty() ? type.name() : fmt::format("{}({})", type.name(), parameters);
}

}  // namespace

Type Type::simple(TypeKind kind) { return Type(std::make_shared<const Node>(Node{.kind = kind})); }

Type::Type() : Type(dyn()) {}

const Type& Type::dyn() {
  static const Type type = simple(TypeKind::dyn);
  return type;
}
const Type& Type::null() {
  static const Type type = simple(TypeKind::null);
  return type;
}
const Type& Type::boolean() {
  static const Type type = simple(TypeKind::boolean);
  return type;
}
const Type& Type::int64() {
  static const Type type = simple(TypeKind::int64);
  return type;
}
const Type& Type::uint64() {
  static const Type type = simple(TypeKind::uint64);
  return type;
}
const Type& Type::float64() {
  static const Type type = simple(TypeKind::float64);
  return type;
}
const Type& Type::string() {
  static const Type type = simple(TypeKind::string);
  return type;
}
const Type& Type::bytes() {
  static const Type type = simple(TypeKind::bytes);
  return type;
}
const Type& Type::timestamp() {
  static const Type type = simple(TypeKind::timestamp);
  return type;
}
const Type& Type::duration() {
  static const Type type = simple(TypeKind::duration);
  return type;
}
const Type& Type::ip() {
  static const Type type = opaque("net.IP");
  return type;
}
const Type& Type::cidr() {
  static const Type type = opaque("net.CIDR");
  return type;
}
const Type& Type::erroneous() {
  static const Type type = simple(TypeKind::erroneous);
  return type;
}

Type Type::one_of(std::vector<std::string> members) {
  std::ranges::sort(members);
  return Type(std::make_shared<const Node>(Node{.kind = TypeKind::string, .members = std::move(members)}));
}
Type Type::list(Type element) {
  return Type(std::make_shared<const Node>(Node{.kind = TypeKind::list, .parameters = {std::move(element)}}));
}
Type Type::map(Type key, Type value) {
  return Type(
      std::make_shared<const Node>(Node{.kind = TypeKind::map, .parameters = {std::move(key), std::move(value)}}));
}
Type Type::optional(Type inner) {
  return Type(std::make_shared<const Node>(Node{.kind = TypeKind::optional, .parameters = {std::move(inner)}}));
}
Type Type::wrapper(Type inner) {
  return Type(std::make_shared<const Node>(Node{.kind = TypeKind::wrapper, .parameters = {std::move(inner)}}));
}
Type Type::type(Type of) {
  return Type(std::make_shared<const Node>(Node{.kind = TypeKind::type, .parameters = {std::move(of)}}));
}
Type Type::object(std::shared_ptr<const ObjectType> object) {
  BW_ASSERT(object != nullptr);
  return Type(std::make_shared<const Node>(Node{.kind = TypeKind::object, .object = std::move(object)}));
}
Type Type::opaque(std::string name, std::vector<Type> parameters) {
  return Type(std::make_shared<const Node>(
      Node{.kind = TypeKind::opaque, .parameters = std::move(parameters), .name = std::move(name)}));
}
Type Type::variable(std::size_t number) {
  return Type(std::make_shared<const Node>(Node{.kind = TypeKind::variable, .number = number}));
}

TypeKind Type::kind() const { return node_->kind; }
std::span<const Type> Type::parameters() const { return node_->parameters; }
std::span<const std::string> Type::members() const { return node_->members; }
const ObjectType* Type::object() const { return node_->object.get(); }
const std::string& Type::name() const { return node_->name; }
std::size_t Type::number() const { return node_->number; }

Type Type::at_most(std::int64_t most) const {
  Node node = *node_;
  node.most = most;
  return Type(std::make_shared<const Node>(std::move(node)));
}

std::int64_t Type::most() const { return node_->most; }

bool Type::operator==(const Type& other) const {
  if (node_ == other.node_) return true;
  return node_->kind == other.node_->kind && node_->object == other.node_->object && node_->name == other.node_->name &&
         node_->number == other.node_->number && node_->members == other.node_->members &&
         node_->parameters == other.node_->parameters;
}

std::string Type::to_string() const {
  switch (kind()) {
    case TypeKind::dyn: return "dyn";
    case TypeKind::null: return "null";
    case TypeKind::boolean: return "bool";
    case TypeKind::int64: return "int";
    case TypeKind::uint64: return "uint";
    case TypeKind::float64: return "double";
    case TypeKind::string: return "string";
    case TypeKind::bytes: return "bytes";
    case TypeKind::timestamp: return "timestamp";
    case TypeKind::duration: return "duration";
    case TypeKind::list: return fmt::format("list({})", parameter(0).to_string());
    case TypeKind::map: return fmt::format("map({}, {})", parameter(0).to_string(), parameter(1).to_string());
    case TypeKind::optional: return fmt::format("optional({})", parameter(0).to_string());
    case TypeKind::wrapper: return fmt::format("wrapper({})", parameter(0).to_string());
    case TypeKind::type: return fmt::format("type({})", parameter(0).to_string());
    case TypeKind::object: return object()->name();
    case TypeKind::opaque: return opaque_name(*this);
    case TypeKind::variable: return fmt::format("?{}", number());
    case TypeKind::erroneous: return "error";
  }
  return "dyn";
}

ObjectType::ObjectType(std::string name, std::vector<Field> fields)
    : name_(std::move(name)), fields_(std::move(fields)) {}

void ObjectType::complete(std::vector<Field> fields) {
  BW_ASSERT(fields_.empty());
  fields_ = std::move(fields);
}

std::size_t ObjectType::index(std::string_view field) const {
  auto found = std::ranges::find(fields_, field, &Field::name);
  return found == fields_.end() ? npos : static_cast<std::size_t>(found - fields_.begin());
}

std::vector<std::string> ObjectType::field_names() const {
  std::vector<std::string> names;
  for (const auto& field : fields_) names.push_back(field.name);
  return names;
}

std::shared_ptr<const ObjectType> make_object(std::string name, std::vector<Field> fields) {
  return std::make_shared<const ObjectType>(std::move(name), std::move(fields));
}

}  // namespace bw::cel
