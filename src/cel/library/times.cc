// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "cel/library/library.h"
#include "cel/library/zone.h"
#include "cel/time.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

Value number(std::int64_t value) { return Value::int64(value); }

// A part of a timestamp's calendar date in UTC, or in the zone of the second argument.
template <class Part>
Value calendar(CallContext& c, Arguments args, std::string_view name, Part part) {
  if (are(args, {Kind::timestamp})) return number(part(civil_of(args[0].seconds())));
  if (!are(args, {Kind::timestamp, Kind::string})) return no_such_overload(c, name, args);
  auto offset = zone_offset(args[1].text(), args[0].seconds());
  if (!offset) return c.fail(Fault::invalid_argument, fmt::format("no such time zone: {}", render(args[1], 60)));
  return number(part(civil_of(args[0].seconds() + *offset)));
}

Value full_year(CallContext& c, Arguments args) {
  return calendar(c, args, "getFullYear", [](const Civil& t) { return t.year; });
}
Value month(CallContext& c, Arguments args) {
  return calendar(c, args, "getMonth", [](const Civil& t) { return t.month - 1; });
}
Value date(CallContext& c, Arguments args) {
  return calendar(c, args, "getDate", [](const Civil& t) { return t.day; });
}
Value day_of_month(CallContext& c, Arguments args) {
  return calendar(c, args, "getDayOfMonth", [](const Civil& t) { return t.day - 1; });
}
Value day_of_week(CallContext& c, Arguments args) {
  return calendar(c, args, "getDayOfWeek", [](const Civil& t) { return t.weekday; });
}
Value day_of_year(CallContext& c, Arguments args) {
  return calendar(c, args, "getDayOfYear", [](const Civil& t) { return t.day_of_year; });
}

// Of a duration: the whole of it in that unit.
Value hours(CallContext& c, Arguments args) {
  if (are(args, {Kind::duration})) return number(args[0].seconds() / 3600);
  return calendar(c, args, "getHours", [](const Civil& t) { return t.hour; });
}
Value minutes(CallContext& c, Arguments args) {
  if (are(args, {Kind::duration})) return number(args[0].seconds() / 60);
  return calendar(c, args, "getMinutes", [](const Civil& t) { return t.minute; });
}
Value seconds(CallContext& c, Arguments args) {
  if (are(args, {Kind::duration})) return number(args[0].seconds());
  return calendar(c, args, "getSeconds", [](const Civil& t) { return t.second; });
}
// Of both: the part below a second.
Value milliseconds(CallContext& c, Arguments args) {
  if (are(args, {Kind::duration})) return number(args[0].nanos() / 1'000'000);
  return calendar(c, args, "getMilliseconds", [&](const Civil&) { return args[0].nanos() / 1'000'000; });
}

}  // namespace

std::vector<Function> time_functions() {
  std::vector<std::string_view> of_timestamp{"timestamp -> int", "timestamp, string -> int"};
  std::vector<std::string_view> of_both{"timestamp -> int", "timestamp, string -> int", "duration -> int"};
  return {
      make_function("getFullYear", Form::method, of_timestamp, full_year),
      make_function("getMonth", Form::method, of_timestamp, month),
      make_function("getDate", Form::method, of_timestamp, date),
      make_function("getDayOfMonth", Form::method, of_timestamp, day_of_month),
      make_function("getDayOfWeek", Form::method, of_timestamp, day_of_week),
      make_function("getDayOfYear", Form::method, of_timestamp, day_of_year),
      make_function("getHours", Form::method, of_both, hours),
      make_function("getMinutes", Form::method, of_both, minutes),
      make_function("getSeconds", Form::method, of_both, seconds),
      make_function("getMilliseconds", Form::method, of_both, milliseconds),
  };
}

}  // namespace bw::cel
