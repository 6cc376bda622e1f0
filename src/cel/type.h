// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bw::cel {

// What the checker knows of a value before there is one.
//
// Types are immutable values, cheap to copy and to compare. `dyn` fits everything and postpones the question to run
// time. An object is a host's named struct: its fields are fixed, and a field may be optional, which obliges the author
// to guard it. A string may be one of a fixed set (a JSON Schema enum); such a type fits wherever a string does.
enum class TypeKind : std::uint8_t {
  dyn,
  null,
  boolean,
  int64,
  uint64,
  float64,
  string,
  bytes,
  timestamp,
  duration,
  list,
  map,
  optional,
  type,
  object,
  wrapper,    // null, or a value of the parameter: what google.protobuf.Int64Value holds
  opaque,     // known by its name and its parameters alone: "net.IP"
  variable,   // stands for a type not known yet: a parameter of a signature, the element of []
  erroneous,  // of an expression already reported: fits everything, so that one mistake is reported once
};

class ObjectType;

class Type {
 public:
  Type();  // dyn

  static const Type& dyn();
  static const Type& null();
  static const Type& boolean();
  static const Type& int64();
  static const Type& uint64();
  static const Type& float64();
  static const Type& string();
  static const Type& bytes();
  static const Type& timestamp();
  static const Type& duration();
  static const Type& erroneous();
  static Type one_of(std::vector<std::string> members);  // a string out of these
  static Type list(Type element);
  static Type map(Type key, Type value);
  static Type optional(Type inner);
  static Type wrapper(Type inner);
  static Type type(Type of);  // the type of a type: type(1) has type(int)
  static Type object(std::shared_ptr<const ObjectType> object);
  static Type opaque(std::string name, std::vector<Type> parameters = {});
  static const Type& ip();    // opaque "net.IP"
  static const Type& cidr();  // opaque "net.CIDR"
  static Type variable(std::size_t number);

  // The same type, of values that have at most so many bytes (a text) or elements (a list, a map). No part of what a type is: types
  // that differ in it are equal.
  Type at_most(std::int64_t most) const;
  std::int64_t most() const;  // -1: nobody said

  TypeKind kind() const;
  bool is(TypeKind kind) const { return this->kind() == kind; }
  std::span<const Type> parameters() const;  // list 1, map 2, optional 1, wrapper 1, type 1, opaque its own, others none
  const Type& parameter(std::size_t i) const { return parameters()[i]; }
  std::span<const std::string> members() const;  // of one_of, else empty
  const ObjectType* object() const;              // null unless an object
  const std::string& name() const;               // of an opaque one
  std::size_t number() const;                    // of a variable

  bool operator==(const Type& other) const;  // same shape; objects by identity, one_of by members

  // As authors write and read it: "list(int)", "map(string, dyn)", "string", the object's name.
  std::string to_string() const;

 private:
  struct Node;
  explicit Type(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  static Type simple(TypeKind kind);
  std::shared_ptr<const Node> node_;
};

struct Field {
  std::string name;
  Type type;
  bool optional = false;  // may be absent: authors must guard it
};

// A named struct. The place of a field in `fields` is its slot in values of the type. Field names are distinct.
class ObjectType {
 public:
  ObjectType(std::string name, std::vector<Field> fields);
  // Names the fields of a type that was made without, because they speak of it. Before its first use, once.
  void complete(std::vector<Field> fields);

  const std::string& name() const { return name_; }
  std::span<const Field> fields() const { return fields_; }
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  std::size_t index(std::string_view field) const;  // npos when there is none
  std::vector<std::string> field_names() const;

 private:
  std::string name_;
  std::vector<Field> fields_;
};

// Type::object(make_object("Args", {{"amount_usd", Type::float64()}, {"reason", Type::string(), true}}))
std::shared_ptr<const ObjectType> make_object(std::string name, std::vector<Field> fields);

}  // namespace bw::cel
