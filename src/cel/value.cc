// SPDX-License-Identifier: Apache-2.0
#include "cel/value.h"

#include <algorithm>

#include "base/result.h"
#include "cel/value_parts.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

std::uint32_t checked_size(std::size_t size) {
  BW_ASSERT(size <= 0xFFFF'FFFFU);
  return static_cast<std::uint32_t>(size);
}

}  // namespace

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::no_such_field: return "no_such_field";
    case Fault::no_such_key: return "no_such_key";
    case Fault::no_such_overload: return "no_such_overload";
    case Fault::index_range: return "index_range";
    case Fault::overflow: return "overflow";
    case Fault::divide_by_zero: return "divide_by_zero";
    case Fault::invalid_argument: return "invalid_argument";
    case Fault::wrong_type: return "wrong_type";
    case Fault::not_bound: return "not_bound";
    case Fault::duplicate_key: return "duplicate_key";
    case Fault::cost_exceeded: return "cost_exceeded";
    case Fault::host: return "host";
  }
  return "host";
}

Value Value::boolean(bool value) {
  Value v(Kind::boolean);
  v.bits_.boolean = value;
  return v;
}
Value Value::int64(std::int64_t value) {
  Value v(Kind::int64);
  v.bits_.int64 = value;
  return v;
}
Value Value::uint64(std::uint64_t value) {
  Value v(Kind::uint64);
  v.bits_.uint64 = value;
  return v;
}
Value Value::float64(double value) {
  Value v(Kind::float64);
  v.bits_.float64 = value;
  return v;
}
Value Value::string(std::string_view utf8) {
  Value v(Kind::string);
  v.size_ = checked_size(utf8.size());
  v.bits_.text = utf8.data();
  return v;
}
Value Value::bytes(std::string_view bytes) {
  Value v = string(bytes);
  v.kind_ = Kind::bytes;
  return v;
}
Value Value::ip(std::string_view address) {
  BW_ASSERT(address.size() == 4 || address.size() == 16);
  Value v = string(address);
  v.kind_ = Kind::ip;
  return v;
}
Value Value::cidr(std::string_view address, unsigned prefix_length) {
  BW_ASSERT(prefix_length <= address.size() * 8);
  Value v = ip(address);
  v.kind_ = Kind::cidr;
  v.size_ |= prefix_length << 8U;
  return v;
}
Value Value::type(std::string_view name) {
  Value v = string(name);
  v.kind_ = Kind::type;
  return v;
}
Value Value::timestamp(std::int64_t unix_seconds, std::int32_t nanos) {
  Value v = duration(unix_seconds, nanos);
  v.kind_ = Kind::timestamp;
  return v;
}
Value Value::duration(std::int64_t seconds, std::int32_t nanos) {
  Value v(Kind::duration);
  v.size_ = static_cast<std::uint32_t>(nanos);
  v.bits_.int64 = seconds;
  return v;
}
Value Value::list(std::span<const Value> elements) {
  Value v(Kind::list);
  v.size_ = checked_size(elements.size());
  v.bits_.elements = elements.data();
  return v;
}

Value Value::map(Arena& arena, std::span<const Entry> entries) {
  auto made = make_map(arena, entries);
  BW_ASSERT(made.has_value());
  return *made;
}

std::optional<Value> make_map(Arena& arena, std::span<const Value::Entry> entries) {
  checked_size(entries.size());
  auto index = index_keys(arena, entries);
  return index ? std::optional(MapMaker::make(arena, entries, *index)) : std::nullopt;
}

bool is_map_key(const Value& value) {
  return value.is(Kind::string) || value.is(Kind::int64) || value.is(Kind::uint64) || value.is(Kind::boolean);
}

Value MapMaker::make(Arena& arena, std::span<const Value::Entry> entries, const KeyIndex& index) {
  Value v(Kind::map);
  v.size_ = static_cast<std::uint32_t>(entries.size());
  v.bits_.map = arena.make<Value::Map>(entries, index);
  return v;
}

Value Value::object(Arena& arena, const ObjectType& type, std::span<const Value> slots) {
  BW_ASSERT(slots.size() == type.fields().size());
  auto copy = arena.array<Value>(slots.size());
  std::ranges::copy(slots, copy.begin());
  Value v(Kind::object);
  v.bits_.object = arena.make<Object>(&type, copy.data(), nullptr, nullptr, &arena);
  return v;
}

// A slot that was not read yet is an absent of size 1.
Value Value::object(Arena& arena, const ObjectType& type, const ObjectReader& reader, void* record) {
  auto slots = arena.array<Value>(type.fields().size());
  for (Value& slot : slots) slot.size_ = 1;
  Value v(Kind::object);
  v.bits_.object = arena.make<Object>(&type, slots.data(), &reader, record, &arena);
  return v;
}

Value Value::none() {
  Value v(Kind::optional);
  v.bits_.elements = nullptr;
  return v;
}

Value Value::some(Arena& arena, Value inner) {
  Value v(Kind::optional);
  v.bits_.elements = arena.make<Value>(inner);
  return v;
}

Value Value::error(Arena& arena, Fault fault, std::string_view message, Place place) {
  Value v(Kind::error);
  v.bits_.failure = arena.make<Failure>(fault, arena.copy(message), place);
  return v;
}

Value Value::unknown(Arena& arena, std::string_view attribute) {
  auto one = arena.array<std::string_view>(1);
  one[0] = arena.copy(attribute);
  Value v(Kind::unknown);
  v.bits_.unknowns = arena.make<Unknowns>(one);
  return v;
}

std::span<const Value::Entry> Value::entries() const { return bits_.map->entries; }

Value Value::find(const Value& key) const {
  const Entry* found = find_key(bits_.map->index, bits_.map->entries, key);
  return found == nullptr ? Value() : found->value;
}

const ObjectType& Value::object_type() const { return *bits_.object->type; }

Value Value::field(std::size_t slot) const {
  Object& object = *bits_.object;
  Value& value = object.slots[slot];
  if (value.is(Kind::absent) && value.size_ != 0) {
    value = object.reader->read(object.record, *object.type, slot, *object.arena);
  }
  return value;
}

// A field that is there with a value of the wrong type is there; one that is unknown may or may not be.
Value Value::has(std::size_t slot) const {
  if (const ObjectReader* reader = bits_.object->reader) {
    if (auto known = reader->has(bits_.object->record, slot)) return boolean(*known);
  }
  Value value = field(slot);
  if (value.is(Kind::unknown)) return value;
  if (value.is(Kind::error)) return boolean(value.failure().fault != Fault::no_such_field);
  return boolean(!value.is(Kind::absent));
}

void* Value::record(const ObjectReader& reader) const {
  return bits_.object->reader == &reader ? bits_.object->record : nullptr;
}

std::optional<bool> ObjectReader::has(const void*, std::size_t) const { return {}; }

Value Value::inner() const { return bits_.elements == nullptr ? Value() : *bits_.elements; }

std::span<const std::string_view> Value::unknowns() const { return bits_.unknowns->attributes; }

Value merge_unknowns(Arena& arena, const Value& a, const Value& b) {
  auto left = a.unknowns();
  auto right = b.unknowns();
  if (std::ranges::includes(left, right)) return a;
  auto all = arena.array<std::string_view>(left.size() + right.size());
  auto end = std::ranges::set_union(left, right, all.begin()).out;
  Value v(Kind::unknown);
  v.bits_.unknowns = arena.make<Value::Unknowns>(all.first(static_cast<std::size_t>(end - all.begin())));
  return v;
}

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::absent: return "absent";
    case Kind::null: return "null_type";
    case Kind::boolean: return "bool";
    case Kind::int64: return "int";
    case Kind::uint64: return "uint";
    case Kind::float64: return "double";
    case Kind::string: return "string";
    case Kind::bytes: return "bytes";
    case Kind::timestamp: return "google.protobuf.Timestamp";
    case Kind::duration: return "google.protobuf.Duration";
    case Kind::ip: return "net.IP";
    case Kind::cidr: return "net.CIDR";
    case Kind::list: return "list";
    case Kind::map: return "map";
    case Kind::object: return value.object_type().name();
    case Kind::optional: return "optional_type";
    case Kind::type: return "type";
    case Kind::error: return "error";
    case Kind::unknown: return "unknown";
  }
  return "dyn";
}

}  // namespace bw::cel
