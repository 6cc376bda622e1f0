// SPDX-License-Identifier: Apache-2.0
// The lists and sets extensions.
#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <numeric>

#include "cel/library/library.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

// Whether `value` is among these; an error or unknown when comparing met one.
Value is_among(CallContext& c, const Value& value, std::span<const Value> values) {
  Value failed = Value::boolean(false);
  for (const Value& other : values) {
    Value same = equal(c, value, other);
    if (same.is_true()) return same;
    if (same.is_failed()) failed = same;
  }
  return failed;
}

Value distinct(CallContext& c, Arguments args) {
  if (!are(args, {Kind::list})) return no_such_overload(c, "distinct", args);
  auto kept = c.arena().array<Value>(args[0].elements().size());
  std::size_t used = 0;
  for (const Value& element : args[0].elements()) {
    if (!c.charge(used / 10)) return c.cost_exceeded();
    Value known = is_among(c, element, kept.first(used));
    if (known.is_failed()) return known;
    if (known.is_false()) kept[used++] = element;
  }
  return Value::list(kept.first(used));
}

// How many elements there will be; fewer when that costs too much.
std::size_t flat_size(CallContext& c, const Value& list, std::int64_t depth) {
  std::size_t size = 0;
  for (const Value& element : list.elements()) {
    if (!c.charge(1)) break;
    size += element.is(Kind::list) && depth > 0 ? flat_size(c, element, depth - 1) : 1;
  }
  return size;
}
Value* flatten_into(Value* to, const Value& list, std::int64_t depth) {
  for (const Value& element : list.elements()) {
    if (element.is(Kind::list) && depth > 0) {
      to = flatten_into(to, element, depth - 1);
    } else {
      *to++ = element;
    }
  }
  return to;
}

Value flatten(CallContext& c, Arguments args) {
  if (!are(args, {Kind::list}) && !are(args, {Kind::list, Kind::int64})) return no_such_overload(c, "flatten", args);
  std::int64_t depth = args.size() == 2 ? args[1].int64() : 1;
  if (depth < 0) return c.fail(Fault::invalid_argument, "flatten depth is negative");
  std::size_t size = flat_size(c, args[0], depth);
  if (!c.charge(0)) return c.cost_exceeded();
  auto all = c.arena().array<Value>(size);
  flatten_into(all.data(), args[0], depth);
  return Value::list(all);
}

Value range(CallContext& c, Arguments args) {
  if (!are(args, {Kind::int64})) return no_such_overload(c, "lists.range", args);
  auto size = static_cast<std::size_t>(std::max<std::int64_t>(args[0].int64(), 0));
  if (size > 0xFFFF'FFFFU || !c.charge(size)) return c.cost_exceeded();
  auto all = c.arena().array<Value>(size);
  for (std::size_t i = 0; i < size; ++i) all[i] = Value::int64(static_cast<std::int64_t>(i));
  return Value::list(all);
}

Value slice(CallContext& c, Arguments args) {
  if (!are(args, {Kind::list, Kind::int64, Kind::int64})) return no_such_overload(c, "slice", args);
  std::int64_t begin = args[1].int64();
  std::int64_t end = args[2].int64();
  auto elements = args[0].elements();
  if (begin < 0 || begin > end || end > static_cast<std::int64_t>(elements.size())) {
    return c.fail(Fault::index_range, fmt::format("slice({}, {}) is out of range", begin, end));
  }
  return Value::list(elements.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
}

// Why these cannot be sorted; nothing when they can, and then what comparing them costs is charged.
std::optional<Value> unsortable(CallContext& c, std::span<const Value> keys, std::string_view name) {
  for (const Value& key : keys) {
    auto comparable = order(key, keys[0]);
    if (!comparable || *comparable == 2)
      return c.fail(Fault::no_such_overload, fmt::format("{} needs values of one type that have an order", name));
  }
  // Each is compared about as often as the number of elements has digits.
  std::size_t one = std::bit_width(keys.size());
  for (const Value& key : keys) {
    bool is_text = key.is(Kind::string) || key.is(Kind::bytes);
    if (!c.charge(one * (1 + (is_text ? key.text().size() / 10 : 0)))) return c.cost_exceeded();
  }
  return std::nullopt;
}

Value sort(CallContext& c, Arguments args) {
  if (!are(args, {Kind::list})) return no_such_overload(c, "sort", args);
  auto elements = args[0].elements();
  if (auto why = unsortable(c, elements, "sort")) return *why;
  auto sorted = c.arena().array<Value>(elements.size());
  std::ranges::copy(elements, sorted.begin());
  std::ranges::sort(sorted, [](const Value& a, const Value& b) { return order(a, b) == -1; });
  return Value::list(sorted);
}

// What list.sortBy(x, key) comes to: the list, and the key of each element. Equal keys keep their order.
Value sort_by_keys(CallContext& c, Arguments args) {
  if (!are(args, {Kind::list, Kind::list})) return no_such_overload(c, "sortBy", args);
  auto elements = args[0].elements(), keys = args[1].elements();
  if (elements.size() != keys.size()) return no_such_overload(c, "sortBy", args);
  if (auto why = unsortable(c, keys, "sortBy")) return *why;
  auto places = c.arena().array<std::size_t>(keys.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::ranges::sort(places, [&](std::size_t a, std::size_t b) {
    auto by_key = order(keys[a], keys[b]);
    return by_key == 0 ? a < b : by_key == -1;
  });
  auto sorted = c.arena().array<Value>(elements.size());
  for (std::size_t i = 0; i < places.size(); ++i) sorted[i] = elements[places[i]];
  return Value::list(sorted);
}

Value end_of(CallContext& c, Arguments args, std::string_view name, bool last) {
  if (!are(args, {Kind::list})) return no_such_overload(c, name, args);
  auto elements = args[0].elements();
  if (elements.empty()) return Value::none();
  return Value::some(c.arena(), last ? elements.back() : elements.front());
}
Value first(CallContext& c, Arguments args) { return end_of(c, args, "first", false); }
Value last(CallContext& c, Arguments args) { return end_of(c, args, "last", true); }

// --- sets ---

Value contains_all(CallContext& c, const Value& set, const Value& part) {
  for (const Value& element : part.elements()) {
    if (!c.charge(1 + set.elements().size() / 10)) return c.cost_exceeded();
    Value found = is_among(c, element, set.elements());
    if (!found.is_true()) return found;
  }
  return Value::boolean(true);
}

Value set_contains(CallContext& c, Arguments args) {
  return are(args, {Kind::list, Kind::list}) ? contains_all(c, args[0], args[1])
                                             : no_such_overload(c, "sets.contains", args);
}

Value set_equivalent(CallContext& c, Arguments args) {
  if (!are(args, {Kind::list, Kind::list})) return no_such_overload(c, "sets.equivalent", args);
  Value there = contains_all(c, args[0], args[1]);
  return there.is_true() ? contains_all(c, args[1], args[0]) : there;
}

Value set_intersects(CallContext& c, Arguments args) {
  if (!are(args, {Kind::list, Kind::list})) return no_such_overload(c, "sets.intersects", args);
  Value failed = Value::boolean(false);
  for (const Value& element : args[0].elements()) {
    if (!c.charge(1 + args[1].elements().size() / 10)) return c.cost_exceeded();
    Value found = is_among(c, element, args[1].elements());
    if (found.is_true()) return found;
    if (found.is_failed()) failed = found;
  }
  return failed;
}

}  // namespace

std::vector<Function> list_functions() {
  return {
      make_function("distinct", Form::method, {"list(A) -> list(A)"}, distinct),
      make_function("flatten", Form::method,
                    {"list(list(A)) -> list(A)", "list(dyn) -> list(dyn)", "list(dyn), int -> list(dyn)"}, flatten),
      make_function("lists.range", Form::global, {"int -> list(int)"}, range),
      make_function("slice", Form::method, {"list(A), int, int -> list(A)"}, slice),
      make_function("sort", Form::method, {"list(A) -> list(A)"}, sort),
      make_function("@sortByAssociatedKeys", Form::method, {"list(A), list(B) -> list(A)"}, sort_by_keys),
      make_function("first", Form::method, {"list(A) -> optional(A)"}, first),
      make_function("last", Form::method, {"list(A) -> optional(A)"}, last),
  };
}

std::vector<Function> set_functions() {
  return {
      make_function("sets.contains", Form::global, {"list(A), list(A) -> bool"}, set_contains),
      make_function("sets.equivalent", Form::global, {"list(A), list(A) -> bool"}, set_equivalent),
      make_function("sets.intersects", Form::global, {"list(A), list(A) -> bool"}, set_intersects),
  };
}

}  // namespace bw::cel
