// SPDX-License-Identifier: Apache-2.0
#include "cel/numbers.h"

#include <array>
#include <charconv>
#include <cmath>

namespace bw::cel {
namespace {

constexpr double two_63 = 9223372036854775808.0;
constexpr double two_64 = 18446744073709551616.0;

std::partial_ordering compare(std::int64_t i, double d) { return static_cast<double>(i) <=> d; }
std::partial_ordering compare(std::uint64_t u, double d) { return static_cast<double>(u) <=> d; }
std::partial_ordering compare(std::int64_t i, std::uint64_t u) {
  if (i < 0) return std::partial_ordering::less;
  return static_cast<std::uint64_t>(i) <=> u;
}

}  // namespace

std::partial_ordering compare_numbers(const Value& a, const Value& b) {
  using Kind = Value::Kind;
  switch (a.kind()) {
    case Kind::int64:
      if (b.is(Kind::int64)) return a.int64() <=> b.int64();
      if (b.is(Kind::uint64)) return compare(a.int64(), b.uint64());
      return compare(a.int64(), b.float64());
    case Kind::uint64:
      if (b.is(Kind::uint64)) return a.uint64() <=> b.uint64();
      if (b.is(Kind::int64)) return 0 <=> compare(b.int64(), a.uint64());
      return compare(a.uint64(), b.float64());
    default:
      if (b.is(Kind::float64)) return a.float64() <=> b.float64();
      if (b.is(Kind::int64)) return 0 <=> compare(b.int64(), a.float64());
      return 0 <=> compare(b.uint64(), a.float64());
  }
}

bool exactly_equal_numbers(const Value& a, const Value& b) {
  if (compare_numbers(a, b) != 0) return false;
  const Value& number = a.is(Value::Kind::float64) ? b : a;
  const Value& other = a.is(Value::Kind::float64) ? a : b;
  if (!other.is(Value::Kind::float64) || number.is(Value::Kind::float64)) return true;
  if (number.is(Value::Kind::int64)) return to_int64(other.float64()) == number.int64();
  return to_uint64(other.float64()) == number.uint64();
}

std::optional<std::int64_t> to_int64(double value) {
  if (!(value > -two_63 && value < two_63)) return {};
  return static_cast<std::int64_t>(value);
}

std::optional<std::uint64_t> to_uint64(double value) {
  if (!(value > -1.0 && value < two_64)) return {};
  return static_cast<std::uint64_t>(value);
}

std::string format_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::array<char, 40> buffer;
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end};
}

}  // namespace bw::cel
