// SPDX-License-Identifier: Apache-2.0
// int(x), string(x) and so on. A conversion that would lose the value is an error; cutting a double towards zero is not.
#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "cel/library/library.h"
#include "cel/network.h"
#include "cel/numbers.h"
#include "cel/time.h"
#include "cel/utf8.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

Value out_of_range(CallContext& c, std::string_view type) {
  return c.fail(Fault::overflow, fmt::format("{} out of range", type));
}

Value not_a(CallContext& c, const Value& text, std::string_view what) {
  return c.fail(Fault::invalid_argument, fmt::format("{} is no {}", render(text, 60), what));
}

// Pays for reading a text; other values are free.
bool pay(CallContext& c, const Value& v) { return !v.is(Kind::string) || c.charge_text(v.text().size()); }

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

Value to_int(CallContext& c, Arguments args) {
  const Value& v = args[0];
  if (!pay(c, v)) return c.cost_exceeded();
  switch (v.kind()) {
    case Kind::int64: return v;
    case Kind::uint64:
      if (v.uint64() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return out_of_range(c, "int");
      return Value::int64(static_cast<std::int64_t>(v.uint64()));
    case Kind::float64: {
      auto whole = to_int64(v.float64());
      return whole ? Value::int64(*whole) : out_of_range(c, "int");
    }
    case Kind::string: {
      auto number = parse_number<std::int64_t>(v.text());
      return number ? Value::int64(*number) : not_a(c, v, "int");
    }
    case Kind::timestamp: return Value::int64(v.seconds());
    case Kind::duration: return Value::int64(v.seconds());
    default: return no_such_overload(c, "int", args);
  }
}

Value to_uint(CallContext& c, Arguments args) {
  const Value& v = args[0];
  if (!pay(c, v)) return c.cost_exceeded();
  switch (v.kind()) {
    case Kind::uint64: return v;
    case Kind::int64:
      if (v.int64() < 0) return out_of_range(c, "uint");
      return Value::uint64(static_cast<std::uint64_t>(v.int64()));
    case Kind::float64: {
      auto whole = to_uint64(v.float64());
      return whole ? Value::uint64(*whole) : out_of_range(c, "uint");
    }
    case Kind::string: {
      auto number = parse_number<std::uint64_t>(v.text());
      return number ? Value::uint64(*number) : not_a(c, v, "uint");
    }
    default: return no_such_overload(c, "uint", args);
  }
}

std::optional<double> parse_double(std::string_view text) {
  std::string_view magnitude = text;
  bool negative = magnitude.starts_with('-');
  if (negative || magnitude.starts_with('+')) magnitude.remove_prefix(1);
  if (magnitude == "Infinity" || magnitude == "Inf" || magnitude == "inf") {
    return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (magnitude.empty() || !((magnitude[0] >= '0' && magnitude[0] <= '9') || magnitude[0] == '.')) return {};
  auto number = parse_number<double>(magnitude);
  return number ? std::optional(negative ? -*number : *number) : std::nullopt;
}

Value to_double(CallContext& c, Arguments args) {
  const Value& v = args[0];
  if (!pay(c, v)) return c.cost_exceeded();
  switch (v.kind()) {
    case Kind::float64: return v;
    case Kind::int64: return Value::float64(static_cast<double>(v.int64()));
    case Kind::uint64: return Value::float64(static_cast<double>(v.uint64()));
    case Kind::string: {
      auto number = parse_double(v.text());
      return number ? Value::float64(*number) : not_a(c, v, "double");
    }
    default: return no_such_overload(c, "double", args);
  }
}

Value to_string(CallContext& c, Arguments args) {
  const Value& v = args[0];
  auto text = [&](const std::string& s) { return Value::string(c.arena().copy(s)); };
  switch (v.kind()) {
    case Kind::string: return v;
    case Kind::boolean: return Value::string(v.boolean() ? "true" : "false");
    case Kind::int64: return text(fmt::format("{}", v.int64()));
    case Kind::uint64: return text(fmt::format("{}", v.uint64()));
    case Kind::float64: return text(format_double(v.float64()));
    case Kind::timestamp: return text(format_timestamp(v));
    case Kind::duration: return text(format_duration(v));
    case Kind::ip: return text(format_ip(v));
    case Kind::cidr: return text(format_cidr(v));
    case Kind::bytes:
      if (!c.charge_text(v.text().size())) return c.cost_exceeded();
      if (!is_utf8(v.text())) return c.fail(Fault::invalid_argument, "bytes are not UTF-8");
      return Value::string(v.text());
    default: return no_such_overload(c, "string", args);
  }
}

Value to_bytes(CallContext& c, Arguments args) {
  if (are(args, {Kind::bytes})) return args[0];
  return are(args, {Kind::string}) ? Value::bytes(args[0].text()) : no_such_overload(c, "bytes", args);
}

Value to_bool(CallContext& c, Arguments args) {
  if (are(args, {Kind::boolean})) return args[0];
  if (!are(args, {Kind::string})) return no_such_overload(c, "bool", args);
  for (auto word : {"1", "t", "true", "TRUE", "True"}) {
    if (args[0].text() == word) return Value::boolean(true);
  }
  for (auto word : {"0", "f", "false", "FALSE", "False"}) {
    if (args[0].text() == word) return Value::boolean(false);
  }
  return not_a(c, args[0], "bool");
}

Value to_timestamp(CallContext& c, Arguments args) {
  if (!pay(c, args[0])) return c.cost_exceeded();
  if (are(args, {Kind::timestamp})) return args[0];
  if (are(args, {Kind::int64})) {
    auto made = make_timestamp(args[0].int64(), 0);
    return made ? *made : out_of_range(c, "timestamp");
  }
  if (!are(args, {Kind::string})) return no_such_overload(c, "timestamp", args);
  auto parsed = parse_timestamp(args[0].text());
  return parsed ? *parsed : not_a(c, args[0], "timestamp in range, such as \"2026-11-21T09:00:00Z\"");
}

Value to_duration(CallContext& c, Arguments args) {
  if (!pay(c, args[0])) return c.cost_exceeded();
  if (are(args, {Kind::duration})) return args[0];
  if (are(args, {Kind::int64})) {
    bool fits = args[0].int64() >= -duration_seconds_max && args[0].int64() <= duration_seconds_max;
    return fits ? Value::duration(args[0].int64()) : out_of_range(c, "duration");
  }
  if (!are(args, {Kind::string})) return no_such_overload(c, "duration", args);
  auto parsed = parse_duration(args[0].text());
  return parsed ? *parsed : not_a(c, args[0], "duration in range, such as \"1h30m\"");
}

Value to_dyn(CallContext&, Arguments args) { return args[0]; }
Value to_type(CallContext&, Arguments args) { return Value::type(type_name(args[0])); }

}  // namespace

std::vector<Function> conversion_functions() {
  return {
      make_function(
          "int", Form::global,
          {"int -> int", "uint -> int", "double -> int", "string -> int", "timestamp -> int", "duration -> int"},
          to_int),
      make_function("uint", Form::global, {"uint -> uint", "int -> uint", "double -> uint", "string -> uint"}, to_uint),
      make_function("double", Form::global, {"double -> double", "int -> double", "uint -> double", "string -> double"},
                    to_double),
      make_function(
          "string", Form::global,
          {"string -> string", "bool -> string", "int -> string", "uint -> string", "double -> string",
           "bytes -> string", "timestamp -> string", "duration -> string", "net.IP -> string", "net.CIDR -> string"},
          to_string),
      make_function("bytes", Form::global, {"bytes -> bytes", "string -> bytes"}, to_bytes),
      make_function("bool", Form::global, {"bool -> bool", "string -> bool"}, to_bool),
      make_function("timestamp", Form::global, {"timestamp -> timestamp", "string -> timestamp", "int -> timestamp"},
                    to_timestamp),
      make_function("duration", Form::global, {"duration -> duration", "string -> duration", "int -> duration"},
                    to_duration),
      make_function("dyn", Form::global, {"A -> dyn"}, to_dyn),
      make_function("type", Form::global, {"A -> type(A)"}, to_type),
  };
}

}  // namespace bw::cel
