// SPDX-License-Identifier: Apache-2.0
#include "cel/from_json.h"

#include <fmt/core.h>

#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "cel/network.h"
#include "cel/time.h"

namespace bw::cel {
namespace {

using JsonKind = json::Kind;

std::string_view kind_name(JsonKind kind) {
  switch (kind) {
    case JsonKind::null: return "null";
    case JsonKind::boolean: return "a boolean";
    case JsonKind::number: return "a number";
    case JsonKind::string: return "a string";
    case JsonKind::array: return "an array";
    case JsonKind::object: return "an object";
  }
  return "null";
}

Value misfit(std::string_view path, const Type& type, std::string_view found, Arena& arena) {
  return Value::error(arena, Fault::wrong_type,
                      fmt::format("{}: expected {}, found {}", path, type.to_string(), found));
}

// An object of the document, as its fields are read out of it.
struct JsonObject {
  json::Value source;
  std::string_view path;
  std::span<json::Value> members;  // by slot; found in one walk over the document when the first is asked for
};

class JsonObjects final : public ObjectReader {
 public:
  static const JsonObjects& only() {
    static const JsonObjects reader;
    return reader;
  }
  Value read(void* record, const ObjectType& type, std::size_t slot, Arena& arena) const override;

 private:
  static void find_members(JsonObject& object, const ObjectType& type, Arena& arena);
};

bool is_scalar(const Type& type) {
  return !type.is(TypeKind::object) && !type.is(TypeKind::list) && !type.is(TypeKind::map) && !type.is(TypeKind::dyn);
}

class Reader {
 public:
  Reader(const json::Value& json, const Type& type, std::string_view path, Arena& arena)
      : json_(json), type_(type), path_(path), arena_(arena) {}

  Value run() {
    switch (type_.kind()) {
      case TypeKind::null: return json_.is(JsonKind::null) ? Value::null() : misfit();
      case TypeKind::boolean: return take(json_.boolean(), Value::boolean);
      case TypeKind::int64: return integer();
      case TypeKind::uint64: return unsigned_integer();
      case TypeKind::float64: return take(json_.number(), Value::float64);
      case TypeKind::string: return take(json_.string(), Value::string);
      case TypeKind::timestamp: return parsed(parse_timestamp, "no RFC 3339 timestamp");
      case TypeKind::duration: return parsed(parse_duration, "no duration");
      case TypeKind::list: return json_.is(JsonKind::array) ? list(type_.parameter(0)) : misfit();
      case TypeKind::map: return json_.is(JsonKind::object) ? map(type_.parameter(1)) : misfit();
      case TypeKind::object: return json_.is(JsonKind::object) ? object() : misfit();
      case TypeKind::optional: return optional();
      case TypeKind::wrapper: return wrapper();
      case TypeKind::opaque: return address();
      case TypeKind::dyn: return dynamic();
      default: return misfit();
    }
  }

 private:
  Value misfit() { return cel::misfit(path_, type_, json_.exists() ? kind_name(json_.kind()) : "nothing", arena_); }

  template <class T>
  Value take(const std::optional<T>& read, std::type_identity_t<Value (*)(T)> make) {
    return read ? make(*read) : misfit();
  }

  Value integer() {
    if (auto read = json_.integer()) return Value::int64(*read);
    return json_.is(JsonKind::number) ? cel::misfit(path_, type_, json_.raw(), arena_) : misfit();
  }
  Value unsigned_integer() {
    auto read = json_.integer();
    if (read && *read >= 0) return Value::uint64(static_cast<std::uint64_t>(*read));
    return json_.is(JsonKind::number) ? cel::misfit(path_, type_, json_.raw(), arena_) : misfit();
  }

  Value parsed(std::optional<Value> (*parse)(std::string_view), std::string_view found) {
    auto text = json_.string();
    if (!text) return misfit();
    auto value = parse(*text);
    return value ? *value : cel::misfit(path_, type_, found, arena_);
  }

  Value address() {
    auto text = json_.string();
    if (!text || (type_ != Type::ip() && type_ != Type::cidr())) return misfit();
    bool one = type_ == Type::ip();
    auto value = one ? parse_ip(*text, arena_) : parse_cidr(*text, arena_);
    return value ? *value : cel::misfit(path_, type_, one ? "no IP address" : "no range of IP addresses", arena_);
  }

  Value list(const Type& element) {
    auto values = arena_.array<Value>(json_.size());
    std::size_t i = 0;
    for (json::Value item : json_.elements()) {
      Value value = from_json(item, element, element_path(element, i), arena_);
      if (value.is(Value::Kind::error))
        return is_scalar(element) ? from_json(item, element, numbered(i), arena_) : value;
      values[i++] = value;
    }
    return Value::list(values);
  }
  // Paths of elements are spelled out only where something below may be read later; a bad scalar gets its own on failing.
  std::string_view numbered(std::size_t i) { return arena_.copy(fmt::format("{}[{}]", path_, i)); }
  std::string_view element_path(const Type& element, std::size_t i) { return is_scalar(element) ? path_ : numbered(i); }

  Value map(const Type& type) {
    auto entries = arena_.array<Value::Entry>(json_.size());
    std::size_t i = 0;
    for (auto [key, item] : json_.members()) {
      Value value = from_json(item, type, arena_.concat(path_, ".", key), arena_);
      if (value.is(Value::Kind::error)) return value;
      entries[i++] = {Value::string(key), value};
    }
    return Value::map(arena_, entries);
  }

  Value object() {
    auto* record = arena_.make<JsonObject>(json_, arena_.copy(path_));
    return Value::object(arena_, *type_.object(), JsonObjects::only(), record);
  }
  // null, or as the type says.
  Value wrapper() {
    return json_.is(JsonKind::null) ? Value::null() : from_json(json_, type_.parameter(0), path_, arena_);
  }

  Value optional() {
    if (!json_.exists() || json_.is(JsonKind::null)) return Value::none();
    Value inner = from_json(json_, type_.parameter(0), path_, arena_);
    return inner.is_failed() ? inner : Value::some(arena_, inner);
  }

  Value dynamic() {
    if (!json_.exists()) return misfit();
    switch (json_.kind()) {
      case JsonKind::null: return Value::null();
      case JsonKind::boolean: return take(json_.boolean(), Value::boolean);
      case JsonKind::number: return take(json_.number(), Value::float64);
      case JsonKind::string: return take(json_.string(), Value::string);
      case JsonKind::array: return list(Type::dyn());
      case JsonKind::object: return map(Type::dyn());
    }
    return Value::null();
  }

  const json::Value& json_;
  const Type& type_;
  std::string_view path_;
  Arena& arena_;
};

void JsonObjects::find_members(JsonObject& object, const ObjectType& type, Arena& arena) {
  object.members = arena.array<json::Value>(type.fields().size());
  auto fields = type.fields();
  std::size_t next = 0;  // members often stand in the order of the schema
  for (auto [key, value] : object.source.members()) {
    std::size_t slot = next < fields.size() && fields[next].name == key ? next : type.index(key);
    if (slot == ObjectType::npos) continue;
    object.members[slot] = value;
    next = slot + 1;
  }
}

Value JsonObjects::read(void* record, const ObjectType& type, std::size_t slot, Arena& arena) const {
  auto& object = *static_cast<JsonObject*>(record);
  const Field& field = type.fields()[slot];
  if (object.members.empty()) find_members(object, type, arena);
  json::Value json = object.members[slot];
  if (field.optional && (!json.exists() || json.is(JsonKind::null))) return Value::absent();
  if (!json.exists()) {
    return Value::error(arena, Fault::no_such_field, fmt::format("{}.{} is missing", object.path, field.name));
  }
  // What a scalar is called matters only when it does not fit.
  if (is_scalar(field.type) && !field.type.is(TypeKind::optional)) {
    Value value = from_json(json, field.type, field.name, arena);
    if (!value.is(Value::Kind::error)) return value;
  }
  return from_json(json, field.type, arena.concat(object.path, ".", field.name), arena);
}

}  // namespace

Value from_json(const json::Value& json, const Type& type, std::string_view path, Arena& arena) {
  return Reader(json, type, path, arena).run();
}

}  // namespace bw::cel
