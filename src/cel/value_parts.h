// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "cel/type.h"
#include "cel/value.h"
#include "json/document.h"

namespace bw::cel {

// What stands behind a Value that is more than sixteen bytes. Inside the room only.

struct Value::Map {
  std::span<const Entry> entries;
  // An open hash of entry numbers plus one, for maps too large to search; a power of two long.
  std::span<const std::uint32_t> index;
};

struct Value::Object {
  const ObjectType* type = nullptr;
  Value* slots = nullptr;
  json::Value source;  // where slots that are not read yet come from
  std::string_view path;
  Arena* arena = nullptr;
  // After the member read last: what is asked for next often stands there, and is then found without searching.
  std::optional<json::Value::Members::iterator> next;
};

struct Value::Unknowns {
  std::span<const std::string_view> attributes;
};

// The map of these entries, or nothing when two keys are equal.
std::optional<Value> make_map(Arena& arena, std::span<const Value::Entry> entries);

// Whether a value may be a key: bool, int, uint and string may.
bool is_map_key(const Value& value);

class MapMaker {
 public:
  static Value make(Arena& arena, std::span<const Value::Entry> entries, std::span<const std::uint32_t> index);
};

// Reads objects field by field out of JSON.
class ObjectReader {
 public:
  static Value wrap(const json::Value& json, const ObjectType& type, std::string_view path, Arena& arena);
  static bool is_unread(const Value& slot) { return slot.kind_ == Value::Kind::absent && slot.size_ != 0; }
  static Value read(Value::Object& object, std::size_t slot);

 private:
  static json::Value find(Value::Object& object, std::string_view name);
  static Value unread() {
    Value value;
    value.size_ = 1;
    return value;
  }
};

}  // namespace bw::cel
