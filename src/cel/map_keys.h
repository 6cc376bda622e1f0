// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "cel/arena.h"
#include "cel/value.h"

namespace bw::cel {

// Finding entries of a map by their keys. Keys come from outside, and whoever wrote them may have chosen them so that they hash
// alike: keys that crowd are sorted instead. Making the index of n entries takes in the order of n log n steps at the most,
// finding one log n or a constant, whatever the keys. Inside the room only.
struct KeyIndex {
  // Entry numbers plus one: an open hash, a power of two long; or sorted by key; empty for maps small enough to search.
  std::span<const std::uint32_t> numbers;
  bool is_sorted = false;
};

// Nothing when two keys are equal. `steps`, for tests: set to how many keys were looked at.
std::optional<KeyIndex> index_keys(Arena& arena, std::span<const Value::Entry> entries, std::size_t* steps = nullptr);

// The entry of that key, or null; numbers are found by value.
const Value::Entry* find_key(const KeyIndex& index, std::span<const Value::Entry> entries, const Value& key,
                             std::size_t* steps = nullptr);

}  // namespace bw::cel
