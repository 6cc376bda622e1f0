// SPDX-License-Identifier: Apache-2.0
#include "cel/library/library.h"
#include "cel/type.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

bool has_nothing(const Value& object) {
  for (std::size_t slot = 0; slot < object.object_type().fields().size(); ++slot) {
    if (!object.has(slot).is_false()) return false;
  }
  return true;
}

bool is_zero(const Value& v) {
  switch (v.kind()) {
    case Kind::null: return true;
    case Kind::boolean: return !v.boolean();
    case Kind::int64: return v.int64() == 0;
    case Kind::uint64: return v.uint64() == 0;
    case Kind::float64: return v.float64() == 0;
    case Kind::string:
    case Kind::bytes: return v.text().empty();
    case Kind::list: return v.elements().empty();
    case Kind::map: return v.entries().empty();
    case Kind::duration: return v.seconds() == 0 && v.nanos() == 0;
    case Kind::timestamp: return v.seconds() == 0 && v.nanos() == 0;
    case Kind::object: return has_nothing(v);
    case Kind::optional: return v.inner().is(Kind::absent);
    default: return false;
  }
}

Value of(CallContext& c, Arguments args) { return Value::some(c.arena(), args[0]); }
Value none(CallContext&, Arguments) { return Value::none(); }
Value of_non_zero(CallContext& c, Arguments args) {
  return is_zero(args[0]) ? Value::none() : Value::some(c.arena(), args[0]);
}

Value has_value(CallContext& c, Arguments args) {
  if (!are(args, {Kind::optional})) return no_such_overload(c, "hasValue", args);
  return Value::boolean(!args[0].inner().is(Kind::absent));
}

Value value(CallContext& c, Arguments args) {
  if (!are(args, {Kind::optional})) return no_such_overload(c, "value", args);
  if (args[0].inner().is(Kind::absent)) return c.fail(Fault::invalid_argument, "optional.none() dereference");
  return args[0].inner();
}

Value or_value(CallContext& c, Arguments args) {
  if (!args[0].is(Kind::optional)) return no_such_overload(c, "orValue", args);
  return args[0].inner().is(Kind::absent) ? args[1] : args[0].inner();
}

Value or_optional(CallContext& c, Arguments args) {
  if (!are(args, {Kind::optional, Kind::optional})) return no_such_overload(c, "or", args);
  return args[0].inner().is(Kind::absent) ? args[1] : args[0];
}

Value unwrap(CallContext& c, Arguments args) {
  if (!are(args, {Kind::list})) return no_such_overload(c, "optional.unwrap", args);
  auto values = c.arena().array<Value>(args[0].elements().size());
  std::size_t used = 0;
  for (const Value& element : args[0].elements()) {
    if (!element.is(Kind::optional)) return no_such_overload(c, "optional.unwrap", args);
    if (!element.inner().is(Kind::absent)) values[used++] = element.inner();
  }
  return Value::list(values.first(used));
}

}  // namespace

std::vector<Function> optional_functions() {
  return {
      make_function("optional.of", Form::global, {"A -> optional(A)"}, of),
      make_function("optional.none", Form::global, {"-> optional(A)"}, none),
      make_function("optional.ofNonZeroValue", Form::global, {"A -> optional(A)"}, of_non_zero),
      make_function("hasValue", Form::method, {"optional(A) -> bool"}, has_value),
      make_function("value", Form::method, {"optional(A) -> A"}, value),
      make_function("orValue", Form::method, {"optional(A), A -> A"}, or_value),
      make_function("or", Form::method, {"optional(A), optional(A) -> optional(A)"}, or_optional),
      make_function("optional.unwrap", Form::global, {"list(optional(A)) -> list(A)"}, unwrap),
      make_function("unwrapOpt", Form::method, {"list(optional(A)) -> list(A)"}, unwrap),
  };
}

}  // namespace bw::cel
