// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <cmath>
#include <limits>

#include "cel/library/library.h"
#include "cel/numbers.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

// The extreme of the arguments, or of one list.
Value extreme(CallContext& c, Arguments args, std::string_view name, bool greatest) {
  auto values = are(args, {Kind::list}) ? args[0].elements() : args;
  if (values.empty()) return c.fail(Fault::invalid_argument, fmt::format("{} of nothing", name));
  if (!c.charge(values.size())) return c.cost_exceeded();
  const Value* best = nullptr;
  for (const Value& value : values) {
    if (!value.is_number()) return no_such_overload(c, name, args);
    if (best == nullptr || (greatest ? compare_numbers(value, *best) > 0 : compare_numbers(value, *best) < 0))
      best = &value;
  }
  return *best;
}
Value greatest(CallContext& c, Arguments args) { return extreme(c, args, "math.greatest", true); }
Value least(CallContext& c, Arguments args) { return extreme(c, args, "math.least", false); }

template <double (*round)(double)>
Value rounded(CallContext& c, Arguments args) {
  return are(args, {Kind::float64}) ? Value::float64(round(args[0].float64())) : no_such_overload(c, "rounding", args);
}
double ceil(double d) { return std::ceil(d); }
double floor(double d) { return std::floor(d); }
double trunc(double d) { return std::trunc(d); }
double round(double d) { return std::round(d); }

template <bool (*test)(double)>
Value tested(CallContext& c, Arguments args) {
  return are(args, {Kind::float64}) ? Value::boolean(test(args[0].float64()))
                                    : no_such_overload(c, "number test", args);
}
bool is_nan(double d) { return std::isnan(d); }
bool is_inf(double d) { return std::isinf(d); }
bool is_finite(double d) { return std::isfinite(d); }

Value absolute(CallContext& c, Arguments args) {
  const Value& v = args[0];
  if (v.is(Kind::uint64)) return v;
  if (v.is(Kind::float64)) return Value::float64(std::fabs(v.float64()));
  if (!v.is(Kind::int64)) return no_such_overload(c, "math.abs", args);
  if (v.int64() == std::numeric_limits<std::int64_t>::min()) return c.fail(Fault::overflow, "int overflow");
  return Value::int64(v.int64() < 0 ? -v.int64() : v.int64());
}

Value sign(CallContext& c, Arguments args) {
  const Value& v = args[0];
  if (v.is(Kind::int64)) return Value::int64(v.int64() > 0 ? 1 : v.int64() < 0 ? -1 : 0);
  if (v.is(Kind::uint64)) return Value::uint64(v.uint64() > 0 ? 1 : 0);
  if (!v.is(Kind::float64)) return no_such_overload(c, "math.sign", args);
  double d = v.float64();
  return Value::float64(std::isnan(d) ? d : d > 0 ? 1.0 : d < 0 ? -1.0 : 0.0);
}

Value square_root(CallContext& c, Arguments args) {
  const Value& v = args[0];
  if (v.is(Kind::float64)) return Value::float64(std::sqrt(v.float64()));
  if (v.is(Kind::int64)) return Value::float64(std::sqrt(static_cast<double>(v.int64())));
  return v.is(Kind::uint64) ? Value::float64(std::sqrt(static_cast<double>(v.uint64())))
                            : no_such_overload(c, "math.sqrt", args);
}

// The bits of two ints or two uints combined; the result has their type.
template <class Combine>
Value bits(CallContext& c, Arguments args, std::string_view name, Combine combine) {
  if (are(args, {Kind::uint64, Kind::uint64})) return Value::uint64(combine(args[0].uint64(), args[1].uint64()));
  if (!are(args, {Kind::int64, Kind::int64})) return no_such_overload(c, name, args);
  auto a = static_cast<std::uint64_t>(args[0].int64());
  auto b = static_cast<std::uint64_t>(args[1].int64());
  return Value::int64(static_cast<std::int64_t>(combine(a, b)));
}
Value bit_and(CallContext& c, Arguments args) {
  return bits(c, args, "math.bitAnd", [](std::uint64_t a, std::uint64_t b) { return a & b; });
}
Value bit_or(CallContext& c, Arguments args) {
  return bits(c, args, "math.bitOr", [](std::uint64_t a, std::uint64_t b) { return a | b; });
}
Value bit_xor(CallContext& c, Arguments args) {
  return bits(c, args, "math.bitXor", [](std::uint64_t a, std::uint64_t b) { return a ^ b; });
}
Value bit_not(CallContext& c, Arguments args) {
  if (are(args, {Kind::int64})) return Value::int64(~args[0].int64());
  return are(args, {Kind::uint64}) ? Value::uint64(~args[0].uint64()) : no_such_overload(c, "math.bitNot", args);
}

// Shifts fill with zeros, for ints too; by 64 or more nothing is left.
template <class Shift>
Value shifted(CallContext& c, Arguments args, std::string_view name, Shift shift) {
  bool is_signed = args[0].is(Kind::int64);
  if (!args[1].is(Kind::int64) || (!is_signed && !args[0].is(Kind::uint64))) return no_such_overload(c, name, args);
  std::int64_t by = args[1].int64();
  if (by < 0) return c.fail(Fault::invalid_argument, fmt::format("{}: negative offset {}", name, by));
  auto value = is_signed ? static_cast<std::uint64_t>(args[0].int64()) : args[0].uint64();
  std::uint64_t result = by > 63 ? 0 : shift(value, static_cast<unsigned>(by));
  return is_signed ? Value::int64(static_cast<std::int64_t>(result)) : Value::uint64(result);
}
Value shift_left(CallContext& c, Arguments args) {
  return shifted(c, args, "math.bitShiftLeft", [](std::uint64_t value, unsigned by) { return value << by; });
}
Value shift_right(CallContext& c, Arguments args) {
  return shifted(c, args, "math.bitShiftRight", [](std::uint64_t value, unsigned by) { return value >> by; });
}

std::vector<Function> extremes() {
  std::vector<std::string_view> signatures{"int... -> int",    "uint... -> uint",    "double... -> double",
                                           "list(int) -> int", "list(uint) -> uint", "list(double) -> double",
                                           "list(dyn) -> dyn", "dyn... -> dyn"};
  return {make_function("math.greatest", Form::global, signatures, greatest),
          make_function("math.least", Form::global, signatures, least)};
}

}  // namespace

std::vector<Function> math_functions() {
  std::vector<std::string_view> of_double{"double -> double"};
  std::vector<std::string_view> test{"double -> bool"};
  std::vector<std::string_view> same{"int -> int", "uint -> uint", "double -> double"};
  std::vector<std::string_view> two_bits{"int, int -> int", "uint, uint -> uint"};
  std::vector<std::string_view> shift{"int, int -> int", "uint, int -> uint"};
  std::vector<Function> all{
      make_function("math.ceil", Form::global, of_double, rounded<ceil>),
      make_function("math.floor", Form::global, of_double, rounded<floor>),
      make_function("math.round", Form::global, of_double, rounded<round>),
      make_function("math.trunc", Form::global, of_double, rounded<trunc>),
      make_function("math.isNaN", Form::global, test, tested<is_nan>),
      make_function("math.isInf", Form::global, test, tested<is_inf>),
      make_function("math.isFinite", Form::global, test, tested<is_finite>),
      make_function("math.abs", Form::global, same, absolute),
      make_function("math.sign", Form::global, same, sign),
      make_function("math.sqrt", Form::global, {"double -> double", "int -> double", "uint -> double"}, square_root),
      make_function("math.bitAnd", Form::global, two_bits, bit_and),
      make_function("math.bitOr", Form::global, two_bits, bit_or),
      make_function("math.bitXor", Form::global, two_bits, bit_xor),
      make_function("math.bitNot", Form::global, {"int -> int", "uint -> uint"}, bit_not),
      make_function("math.bitShiftLeft", Form::global, shift, shift_left),
      make_function("math.bitShiftRight", Form::global, shift, shift_right),
  };
  auto more = extremes();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace bw::cel
