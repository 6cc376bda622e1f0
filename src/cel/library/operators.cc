// SPDX-License-Identifier: Apache-2.0
// Arithmetic and access. Integers never wrap: what does not fit is an error.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>

#include "cel/library/library.h"
#include "cel/numbers.h"
#include "cel/time.h"
#include "cel/value_parts.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

Value overflow(CallContext& c, std::string_view what) {
  return c.fail(Fault::overflow, fmt::format("{} overflow", what));
}

Value or_overflow(CallContext& c, const std::optional<Value>& value, std::string_view what) {
  return value ? *value : overflow(c, what);
}

Value add_text(CallContext& c, const Value& a, const Value& b) {
  if (!c.charge_text(a.text().size() + b.text().size())) return c.cost_exceeded();
  auto joined = c.arena().concat(a.text(), b.text());
  return a.is(Kind::string) ? Value::string(joined) : Value::bytes(joined);
}

Value add_lists(CallContext& c, const Value& a, const Value& b) {
  std::size_t size = a.elements().size() + b.elements().size();
  if (!c.charge(size)) return c.cost_exceeded();
  auto all = c.arena().array<Value>(size);
  std::ranges::copy(b.elements(), std::ranges::copy(a.elements(), all.begin()).out);
  return Value::list(all);
}

Value add(CallContext& c, Arguments args) {
  const Value& a = args[0];
  const Value& b = args[1];
  if (are(args, {Kind::int64, Kind::int64})) {
    std::int64_t sum = 0;
    return __builtin_add_overflow(a.int64(), b.int64(), &sum) ? overflow(c, "int") : Value::int64(sum);
  }
  if (are(args, {Kind::uint64, Kind::uint64})) {
    std::uint64_t sum = 0;
    return __builtin_add_overflow(a.uint64(), b.uint64(), &sum) ? overflow(c, "uint") : Value::uint64(sum);
  }
  if (are(args, {Kind::float64, Kind::float64})) return Value::float64(a.float64() + b.float64());
  if (are(args, {Kind::string, Kind::string}) || are(args, {Kind::bytes, Kind::bytes})) return add_text(c, a, b);
  if (are(args, {Kind::list, Kind::list})) return add_lists(c, a, b);
  std::int64_t nanos = std::int64_t{a.nanos()} + b.nanos();
  if (are(args, {Kind::timestamp, Kind::duration}) || are(args, {Kind::duration, Kind::timestamp})) {
    return or_overflow(c, make_timestamp(a.seconds() + b.seconds(), nanos), "timestamp");
  }
  if (are(args, {Kind::duration, Kind::duration}))
    return or_overflow(c, make_duration(a.seconds() + b.seconds(), nanos), "duration");
  return no_such_overload(c, "_+_", args);
}

Value subtract(CallContext& c, Arguments args) {
  const Value& a = args[0];
  const Value& b = args[1];
  if (are(args, {Kind::int64, Kind::int64})) {
    std::int64_t difference = 0;
    return __builtin_sub_overflow(a.int64(), b.int64(), &difference) ? overflow(c, "int") : Value::int64(difference);
  }
  if (are(args, {Kind::uint64, Kind::uint64})) {
    std::uint64_t difference = 0;
    return __builtin_sub_overflow(a.uint64(), b.uint64(), &difference) ? overflow(c, "uint")
                                                                       : Value::uint64(difference);
  }
  if (are(args, {Kind::float64, Kind::float64})) return Value::float64(a.float64() - b.float64());
  std::int64_t nanos = std::int64_t{a.nanos()} - b.nanos();
  if (are(args, {Kind::timestamp, Kind::duration}))
    return or_overflow(c, make_timestamp(a.seconds() - b.seconds(), nanos), "timestamp");
  if (are(args, {Kind::timestamp, Kind::timestamp}) || are(args, {Kind::duration, Kind::duration})) {
    return or_overflow(c, make_duration(a.seconds() - b.seconds(), nanos), "duration");
  }
  return no_such_overload(c, "_-_", args);
}

Value multiply(CallContext& c, Arguments args) {
  if (are(args, {Kind::int64, Kind::int64})) {
    std::int64_t product = 0;
    return __builtin_mul_overflow(args[0].int64(), args[1].int64(), &product) ? overflow(c, "int")
                                                                              : Value::int64(product);
  }
  if (are(args, {Kind::uint64, Kind::uint64})) {
    std::uint64_t product = 0;
    return __builtin_mul_overflow(args[0].uint64(), args[1].uint64(), &product) ? overflow(c, "uint")
                                                                                : Value::uint64(product);
  }
  if (are(args, {Kind::float64, Kind::float64})) return Value::float64(args[0].float64() * args[1].float64());
  return no_such_overload(c, "_*_", args);
}

// What / and % share: zero below the line, and the one quotient that does not fit.
std::optional<Value> bad_division(CallContext& c, Arguments args, std::string_view what) {
  bool ints = are(args, {Kind::int64, Kind::int64});
  if (!ints && !are(args, {Kind::uint64, Kind::uint64}))
    return no_such_overload(c, what == "divide" ? "_/_" : "_%_", args);
  if (ints ? args[1].int64() == 0 : args[1].uint64() == 0)
    return c.fail(Fault::divide_by_zero, fmt::format("{} by zero", what));
  if (ints && args[0].int64() == std::numeric_limits<std::int64_t>::min() && args[1].int64() == -1)
    return overflow(c, "int");
  return {};
}

Value divide(CallContext& c, Arguments args) {
  if (are(args, {Kind::float64, Kind::float64})) return Value::float64(args[0].float64() / args[1].float64());
  if (auto bad = bad_division(c, args, "divide")) return *bad;
  if (args[0].is(Kind::int64)) return Value::int64(args[0].int64() / args[1].int64());
  return Value::uint64(args[0].uint64() / args[1].uint64());
}

Value modulo(CallContext& c, Arguments args) {
  if (auto bad = bad_division(c, args, "modulus")) return *bad;
  if (args[0].is(Kind::int64)) return Value::int64(args[0].int64() % args[1].int64());
  return Value::uint64(args[0].uint64() % args[1].uint64());
}

Value negate(CallContext& c, Arguments args) {
  if (are(args, {Kind::float64})) return Value::float64(-args[0].float64());
  if (!are(args, {Kind::int64})) return no_such_overload(c, "-_", args);
  if (args[0].int64() == std::numeric_limits<std::int64_t>::min()) return overflow(c, "int");
  return Value::int64(-args[0].int64());
}

// --- access ---

Value absent_key(CallContext& c, const Value& container, const Value& key) {
  if (container.is(Kind::list))
    return c.fail(Fault::index_range, fmt::format("index {} is out of range", render(key, 40)));
  return c.fail(Fault::no_such_key, fmt::format("no such key: {}", render(key, 80)));
}

// The element, absent when there is none, or an error when nothing could ever be found this way. Numbers of any type
// index when they are whole.
Value find(CallContext& c, const Value& container, const Value& key, std::string_view name) {
  if (container.is(Kind::map)) {
    if (key.is(Kind::string) && !c.charge_text(key.text().size())) return c.cost_exceeded();
    if (is_map_key(key) || key.is(Kind::float64)) return container.find(key);
    return no_such_overload(c, name, std::array{container, key});
  }
  if (container.is(Kind::object) && key.is(Kind::string)) {
    std::size_t slot = container.object_type().index(key.text());
    return slot == ObjectType::npos ? Value::absent() : container.field(slot);
  }
  if (!container.is(Kind::list) || !key.is_number()) return no_such_overload(c, name, std::array{container, key});
  if (compare_numbers(key, Value::int64(0)) < 0) return Value::absent();
  auto elements = container.elements();
  if (!(compare_numbers(key, Value::uint64(elements.size())) < 0)) return Value::absent();
  auto at = key.is(Kind::int64)    ? static_cast<std::uint64_t>(key.int64())
            : key.is(Kind::uint64) ? key.uint64()
                                   : *to_uint64(key.float64());
  if (!exactly_equal_numbers(key, Value::uint64(at))) {
    return c.fail(Fault::invalid_argument, fmt::format("index {} is no whole number", render(key, 40)));
  }
  return elements[at];
}

Value index(CallContext& c, Arguments args) {
  if (args[0].is(Kind::optional)) {
    if (args[0].inner().is(Kind::absent)) return args[0];
    Value found = find(c, args[0].inner(), args[1], "_[_]");
    return found.is(Kind::absent) ? Value::none() : found.is_failed() ? found : Value::some(c.arena(), found);
  }
  Value found = find(c, args[0], args[1], "_[_]");
  return found.is(Kind::absent) ? absent_key(c, args[0], args[1]) : found;
}

Value optional_index(CallContext& c, Arguments args) {
  Value container = args[0].is(Kind::optional) ? args[0].inner() : args[0];
  if (container.is(Kind::absent)) return Value::none();
  Value found = find(c, container, args[1], "_[?_]");
  if (found.is(Kind::absent)) return Value::none();
  return found.is_failed() || found.is(Kind::optional) ? found : Value::some(c.arena(), found);
}

Value contains(CallContext& c, Arguments args) {
  const Value& container = args[1];
  if (container.is(Kind::map)) {
    if (!is_map_key(args[0]) && !args[0].is(Kind::float64)) return Value::boolean(false);
    if (args[0].is(Kind::string) && !c.charge_text(args[0].text().size())) return c.cost_exceeded();
    return Value::boolean(!container.find(args[0]).is(Kind::absent));
  }
  if (!container.is(Kind::list)) return no_such_overload(c, "@in", args);
  if (!c.charge(container.elements().size() / 10)) return c.cost_exceeded();
  Value failed;
  for (const Value& element : container.elements()) {
    Value same = equal(c, args[0], element);
    if (same.is_true()) return same;
    if (same.is_failed()) failed = same;
  }
  return failed.is_failed() ? failed : Value::boolean(false);
}

}  // namespace

std::vector<Function> operator_functions() {
  std::vector<Function> all;
  auto add_operator = [&](std::string_view name, std::vector<std::string_view> signatures,
                          Implementation implementation) {
    all.push_back(make_function(std::string(name), Form::global, std::move(signatures), implementation));
  };
  add_operator("_+_",
               {"int, int -> int", "uint, uint -> uint", "double, double -> double", "string, string -> string",
                "bytes, bytes -> bytes", "list(A), list(A) -> list(A)", "timestamp, duration -> timestamp",
                "duration, timestamp -> timestamp", "duration, duration -> duration"},
               add);
  add_operator("_-_",
               {"int, int -> int", "uint, uint -> uint", "double, double -> double", "timestamp, timestamp -> duration",
                "timestamp, duration -> timestamp", "duration, duration -> duration"},
               subtract);
  add_operator("_*_", {"int, int -> int", "uint, uint -> uint", "double, double -> double"}, multiply);
  add_operator("_/_", {"int, int -> int", "uint, uint -> uint", "double, double -> double"}, divide);
  add_operator("_%_", {"int, int -> int", "uint, uint -> uint"}, modulo);
  add_operator("-_", {"int -> int", "double -> double"}, negate);
  add_operator("_[_]",
               {"list(A), int -> A", "map(A, B), A -> B", "optional(list(A)), int -> optional(A)",
                "optional(map(A, B)), A -> optional(B)"},
               index);
  add_operator("_[?_]",
               {"list(A), int -> optional(A)", "map(A, B), A -> optional(B)", "optional(list(A)), int -> optional(A)",
                "optional(map(A, B)), A -> optional(B)"},
               optional_index);
  add_operator("@in", {"A, list(A) -> bool", "A, map(A, B) -> bool"}, contains);
  return all;
}

}  // namespace bw::cel
