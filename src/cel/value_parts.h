// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "cel/map_keys.h"
#include "cel/type.h"
#include "cel/value.h"

namespace bw::cel {

// What stands behind a Value that is more than sixteen bytes. Inside the room only.

struct Value::Map {
  std::span<const Entry> entries;
  KeyIndex index;
};

struct Value::Object {
  const ObjectType* type = nullptr;
  Value* slots = nullptr;
  const ObjectReader* reader = nullptr;  // where slots that are not read yet come from
  void* record = nullptr;
  Arena* arena = nullptr;
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
  static Value make(Arena& arena, std::span<const Value::Entry> entries, const KeyIndex& index);
};

}  // namespace bw::cel
