// SPDX-License-Identifier: Apache-2.0
#include "cel/map_keys.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>

#include "cel/numbers.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;
using Entries = std::span<const Value::Entry>;

constexpr std::size_t searched_entries_max = 8;
constexpr std::size_t steps_per_entry_max = 8;  // many times what keys take that nobody chose
constexpr std::size_t steps_to_find_max = 256;

bool equal_keys(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return exactly_equal_numbers(a, b);
  if (a.kind() != b.kind()) return false;
  if (a.is(Kind::string)) return a.text() == b.text();
  return a.is(Kind::boolean) && a.boolean() == b.boolean();
}

// Equal keys hash alike across number types, so every number hashes as the int it equals, if any.
std::size_t hash_key(const Value& key) {
  switch (key.kind()) {
    case Kind::string: return std::hash<std::string_view>()(key.text());
    case Kind::boolean: return key.boolean() ? 2 : 1;
    case Kind::int64: return std::hash<std::uint64_t>()(static_cast<std::uint64_t>(key.int64())) * 0x9E3779B97F4A7C15U;
    case Kind::uint64: return std::hash<std::uint64_t>()(key.uint64()) * 0x9E3779B97F4A7C15U;
    case Kind::float64:
      if (auto whole = to_int64(key.float64())) return hash_key(Value::int64(*whole));
      if (auto whole = to_uint64(key.float64())) return hash_key(Value::uint64(*whole));
      return 0;
    default: return 0;
  }
}

// One order for all keys: booleans, then numbers, then texts. Keys of a map are no doubles.
int rank(const Value& key) { return key.is(Kind::boolean) ? 0 : key.is_number() ? 1 : 2; }
bool is_before(const Value& a, const Value& b) {
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (a.is(Kind::boolean)) return !a.boolean() && b.boolean();
  return a.is_number() ? compare_numbers(a, b) < 0 : a.text() < b.text();
}

bool has_repeats(Entries entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (equal_keys(entries[i].key, entries[j].key)) return true;
    }
  }
  return false;
}

enum class Filled : std::uint8_t { good, repeated, crowded };

// The most places that looking for a key visits, also for one that is not there.
std::size_t longest_run(std::span<const std::uint32_t> index) {
  std::size_t longest = 0, run = 0;
  for (std::size_t i = 0; i < index.size() * 2; ++i) {
    run = index[i & (index.size() - 1)] == 0 ? 0 : run + 1;
    longest = std::max(longest, run);
  }
  return longest;
}

Filled fill(std::span<std::uint32_t> index, Entries entries, std::size_t& steps) {
  std::size_t mask = index.size() - 1;
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    std::size_t at = hash_key(entries[i].key) & mask;
    for (; index[at] != 0; at = (at + 1) & mask) {
      ++steps;
      if (equal_keys(entries[index[at] - 1].key, entries[i].key)) return Filled::repeated;
      if (steps > steps_per_entry_max * entries.size()) return Filled::crowded;
    }
    index[at] = i + 1;
  }
  return longest_run(index) > steps_to_find_max ? Filled::crowded : Filled::good;
}

// False when two keys are equal.
bool sort(std::span<std::uint32_t> numbers, Entries entries, std::size_t& steps) {
  auto key = [&](std::uint32_t number) -> const Value& { return entries[number - 1].key; };
  auto before = [&](std::uint32_t a, std::uint32_t b) {
    ++steps;
    return is_before(key(a), key(b));
  };
  std::iota(numbers.begin(), numbers.end(), 1);
  std::ranges::sort(numbers, before);
  auto is_repeated = [&](std::uint32_t a, std::uint32_t b) { return !is_before(key(a), key(b)); };
  return std::ranges::adjacent_find(numbers, is_repeated) == numbers.end();
}

// A double as the whole number it equals; absent when it equals none, and is no key then.
Value whole_number(const Value& key) {
  if (!key.is(Kind::float64)) return key;
  Value whole;
  if (auto number = to_int64(key.float64())) {
    whole = Value::int64(*number);
  } else if (auto large = to_uint64(key.float64())) {
    whole = Value::uint64(*large);
  }
  return whole.is_number() && exactly_equal_numbers(key, whole) ? whole : Value::absent();
}

const Value::Entry* find_sorted(std::span<const std::uint32_t> numbers, Entries entries, const Value& wanted,
                                std::size_t& steps) {
  Value key = whole_number(wanted);
  if (key.is(Kind::absent)) return nullptr;
  auto at = std::ranges::lower_bound(
      numbers, key,
      [&](const Value& a, const Value& b) {
        ++steps;
        return is_before(a, b);
      },
      [&](std::uint32_t number) -> const Value& { return entries[number - 1].key; });
  if (at == numbers.end() || !equal_keys(entries[*at - 1].key, key)) return nullptr;
  return &entries[*at - 1];
}

}  // namespace

std::optional<KeyIndex> index_keys(Arena& arena, Entries entries, std::size_t* steps) {
  std::size_t unwanted = 0;
  std::size_t& taken = steps != nullptr ? *steps : unwanted;
  taken = 0;
  if (entries.size() <= searched_entries_max) return has_repeats(entries) ? std::nullopt : std::optional(KeyIndex{});
  auto index = arena.array<std::uint32_t>(std::bit_ceil(entries.size() * 2));
  switch (fill(index, entries, taken)) {
    case Filled::good: return KeyIndex{index, false};
    case Filled::repeated: return {};
    case Filled::crowded: break;
  }
  auto numbers = index.first(entries.size());
  return sort(numbers, entries, taken) ? std::optional(KeyIndex{numbers, true}) : std::nullopt;
}

const Value::Entry* find_key(const KeyIndex& index, Entries entries, const Value& key, std::size_t* steps) {
  std::size_t unwanted = 0;
  std::size_t& taken = steps != nullptr ? *steps : unwanted;
  taken = 0;
  if (index.is_sorted) return find_sorted(index.numbers, entries, key, taken);
  if (index.numbers.empty()) {
    auto found = std::ranges::find_if(entries, [&](const Value::Entry& entry) { return equal_keys(entry.key, key); });
    return found == entries.end() ? nullptr : &*found;
  }
  std::size_t mask = index.numbers.size() - 1;
  for (std::size_t at = hash_key(key) & mask; index.numbers[at] != 0; at = (at + 1) & mask) {
    ++taken;
    const Value::Entry& entry = entries[index.numbers[at] - 1];
    if (equal_keys(entry.key, key)) return &entry;
  }
  return nullptr;
}

}  // namespace bw::cel
