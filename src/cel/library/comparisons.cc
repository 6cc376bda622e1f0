// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <compare>

#include "cel/library/library.h"
#include "cel/numbers.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

constexpr int unordered = 2;

int sign(std::partial_ordering ordering) {
  if (ordering == std::partial_ordering::unordered) return unordered;
  return ordering < 0 ? -1 : ordering > 0 ? 1 : 0;
}

// As unsigned bytes, which sorts UTF-8 by code point.
int compare_bytes(std::string_view a, std::string_view b) { return sign(a.compare(b) <=> 0); }

template <class Test>
Value compare(CallContext& c, Arguments args, std::string_view name, Test test) {
  bool texts = are(args, {Kind::string, Kind::string}) || are(args, {Kind::bytes, Kind::bytes});
  if (texts && !c.charge_text(std::min(args[0].text().size(), args[1].text().size()))) return c.cost_exceeded();
  auto result = order(args[0], args[1]);
  if (!result) return no_such_overload(c, name, args);
  return Value::boolean(*result != unordered && test(*result));
}

Value less(CallContext& c, Arguments args) {
  return compare(c, args, "_<_", [](int order) { return order < 0; });
}
Value less_equal(CallContext& c, Arguments args) {
  return compare(c, args, "_<=_", [](int order) { return order <= 0; });
}
Value greater(CallContext& c, Arguments args) {
  return compare(c, args, "_>_", [](int order) { return order > 0; });
}
Value greater_equal(CallContext& c, Arguments args) {
  return compare(c, args, "_>=_", [](int order) { return order >= 0; });
}

Value same(CallContext& c, Arguments args) { return equal(c, args[0], args[1]); }
Value different(CallContext& c, Arguments args) {
  Value result = equal(c, args[0], args[1]);
  return result.is_failed() ? result : Value::boolean(!result.boolean());
}

}  // namespace

std::optional<int> order(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return sign(compare_numbers(a, b));
  if (a.kind() != b.kind()) return {};
  switch (a.kind()) {
    case Kind::boolean: return sign(a.boolean() <=> b.boolean());
    case Kind::string:
    case Kind::bytes: return compare_bytes(a.text(), b.text());
    case Kind::timestamp:
    case Kind::duration:
      return sign(a.seconds() != b.seconds() ? a.seconds() <=> b.seconds() : a.nanos() <=> b.nanos());
    default: return {};
  }
}

std::vector<Function> comparison_functions() {
  std::vector<std::string_view> ordered{
      "bool, bool -> bool",     "int, int -> bool",     "uint, uint -> bool",           "double, double -> bool",
      "string, string -> bool", "bytes, bytes -> bool", "timestamp, timestamp -> bool", "duration, duration -> bool"};
  return {
      make_function("_<_", Form::global, ordered, less),
      make_function("_<=_", Form::global, ordered, less_equal),
      make_function("_>_", Form::global, ordered, greater),
      make_function("_>=_", Form::global, ordered, greater_equal),
      make_function("_==_", Form::global, {"A, A -> bool"}, same),
      make_function("_!=_", Form::global, {"A, A -> bool"}, different),
  };
}

}  // namespace bw::cel
