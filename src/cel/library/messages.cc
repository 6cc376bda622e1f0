// SPDX-License-Identifier: Apache-2.0
// The well-known types of protocol buffers, which the language has as values of its own
// (https://github.com/google/cel-spec/blob/master/doc/langdef.md#dynamic-values).
#include <algorithm>
#include <limits>

#include "base/text.h"
#include "cel/library/library.h"
#include "cel/message.h"
#include "cel/time.h"
#include "cel/types/notation.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;
using Fields = std::span<const Value>;

Value out_of_range(CallContext& c, std::string_view type) {
  return c.fail(Fault::overflow, std::string(type) + " out of range");
}

Value no_json(CallContext& c) {
  return c.fail(Fault::invalid_argument, "a value has no JSON form: keys are strings, and types have none");
}

std::int64_t int_or_zero(const Value& v) { return v.is(Kind::int64) ? v.int64() : 0; }
bool is_int_or_absent(const Value& v) { return v.is(Kind::int64) || v.is(Kind::absent); }

template <std::optional<Value> (*make)(std::int64_t, std::int64_t)>
Value seconds_and_nanos(CallContext& c, Fields fields) {
  if (!is_int_or_absent(fields[0]) || !is_int_or_absent(fields[1]))
    return no_such_overload(c, "seconds, nanos", fields);
  auto made = make(int_or_zero(fields[0]), int_or_zero(fields[1]));
  return made ? *made : out_of_range(c, "time");
}

// --- wrappers: the value given, or the zero of its type ---

template <Kind kind>
Value wrapped(CallContext& c, Fields fields, const Value& zero) {
  if (fields[0].is(Kind::absent)) return zero;
  return fields[0].is(kind) ? fields[0] : no_such_overload(c, "value", fields);
}
Value bool_value(CallContext& c, Fields f) { return wrapped<Kind::boolean>(c, f, Value::boolean(false)); }
Value string_value(CallContext& c, Fields f) { return wrapped<Kind::string>(c, f, Value::string("")); }
Value bytes_value(CallContext& c, Fields f) { return wrapped<Kind::bytes>(c, f, Value::bytes("")); }
Value double_value(CallContext& c, Fields f) { return wrapped<Kind::float64>(c, f, Value::float64(0)); }
Value float_value(CallContext& c, Fields f) {
  Value value = double_value(c, f);
  return value.is(Kind::float64) ? Value::float64(static_cast<double>(static_cast<float>(value.float64()))) : value;
}
Value int64_value(CallContext& c, Fields f) { return wrapped<Kind::int64>(c, f, Value::int64(0)); }
Value int32_value(CallContext& c, Fields f) {
  using Range = std::numeric_limits<std::int32_t>;
  Value value = int64_value(c, f);
  bool fits = !value.is(Kind::int64) || (value.int64() >= Range::min() && value.int64() <= Range::max());
  return fits ? value : out_of_range(c, "int32");
}
Value uint64_value(CallContext& c, Fields f) { return wrapped<Kind::uint64>(c, f, Value::uint64(0)); }
Value uint32_value(CallContext& c, Fields f) {
  Value value = uint64_value(c, f);
  bool fits = !value.is(Kind::uint64) || value.uint64() <= std::numeric_limits<std::uint32_t>::max();
  return fits ? value : out_of_range(c, "uint32");
}

// --- JSON ---

// Parts may be shared, so that a small value has very many: they are counted, and paid for, first.
bool pay_for_parts(CallContext& c, const Value& value) {
  bool is_text = value.is(Kind::string) || value.is(Kind::bytes);
  if (!c.charge(1 + (is_text ? value.text().size() / 10 : 0))) return false;
  if (value.is(Kind::list)) {
    return std::ranges::all_of(value.elements(), [&](const Value& element) { return pay_for_parts(c, element); });
  }
  if (!value.is(Kind::map)) return true;
  return std::ranges::all_of(value.entries(), [&](const auto& entry) { return pay_for_parts(c, entry.value); });
}

Value as_json(CallContext& c, const Value& value) {
  if (!pay_for_parts(c, value)) return c.cost_exceeded();
  auto converted = json_value(value, c.arena());
  return converted ? *converted : no_json(c);
}

Value json_struct(CallContext& c, Fields fields) {
  if (fields[0].is(Kind::absent)) return Value::map(c.arena(), {});
  return fields[0].is(Kind::map) ? as_json(c, fields[0]) : no_such_overload(c, "fields", fields);
}

Value json_list(CallContext& c, Fields fields) {
  if (fields[0].is(Kind::absent)) return Value::list({});
  return fields[0].is(Kind::list) ? as_json(c, fields[0]) : no_such_overload(c, "values", fields);
}

// One of its fields; null when none is given. The first says that it is null, whatever the number.
Value json_one(CallContext& c, Fields fields) {
  Value one = Value::null();
  int given = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].is(Kind::absent)) continue;
    if (i > 0) one = as_json(c, fields[i]);
    ++given;
  }
  if (given > 1) return c.fail(Fault::invalid_argument, "google.protobuf.Value takes one of its fields");
  return one;
}

// An integer as a double where it is exact (2^53 and below), else as its digits.
constexpr std::uint64_t exact_max = std::uint64_t{1} << 53U;

Value json_number(std::uint64_t magnitude, bool negative, Arena& arena) {
  if (magnitude <= exact_max) {
    double number = static_cast<double>(magnitude);
    return Value::float64(negative ? -number : number);
  }
  return Value::string(arena.copy((negative ? "-" : "") + std::to_string(magnitude)));
}

std::optional<Value> json_elements(const Value& list, Arena& arena) {
  auto elements = arena.array<Value>(list.elements().size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    auto element = json_value(list.elements()[i], arena);
    if (!element) return {};
    elements[i] = *element;
  }
  return Value::list(elements);
}

std::optional<Value> json_entries(const Value& map, Arena& arena) {
  auto entries = arena.array<Value::Entry>(map.entries().size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& [key, value] = map.entries()[i];
    auto converted = json_value(value, arena);
    if (!key.is(Kind::string) || !converted) return {};
    entries[i] = {key, *converted};
  }
  return Value::map(arena, entries);
}

std::string to_base64(std::string_view bytes) {
  std::string text = to_base64url(bytes);
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

struct Description {
  std::string_view name;
  std::string_view type;
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  Value (*make)(CallContext&, Fields);
};

std::shared_ptr<const Message> message(const Description& d) {
  Message out{"google.protobuf." + std::string(d.name), *parse_type(d.type), {}, d.make};
  for (auto [name, type] : d.fields) out.fields.push_back({std::string(name), *parse_type(type)});
  return std::make_shared<const Message>(std::move(out));
}

}  // namespace

std::optional<Value> json_value(const Value& value, Arena& arena) {
  switch (value.kind()) {
    case Kind::null:
    case Kind::boolean:
    case Kind::float64:
    case Kind::string: return value;
    case Kind::int64: {
      bool negative = value.int64() < 0;
      auto bits = static_cast<std::uint64_t>(value.int64());
      return json_number(negative ? 0 - bits : bits, negative, arena);
    }
    case Kind::uint64: return json_number(value.uint64(), false, arena);
    case Kind::bytes: return Value::string(arena.copy(to_base64(value.text())));
    case Kind::timestamp: return Value::string(arena.copy(format_timestamp(value)));
    case Kind::duration: return Value::string(arena.copy(format_duration(value)));
    case Kind::list: return json_elements(value, arena);
    case Kind::map: return json_entries(value, arena);
    default: return {};
  }
}

std::span<const std::shared_ptr<const Message>> standard_messages() {
  static const std::vector<std::shared_ptr<const Message>> all = [] {
    std::vector<std::shared_ptr<const Message>> messages;
    for (const Description& d : {
             Description{
                 "Timestamp", "timestamp", {{"seconds", "int"}, {"nanos", "int"}}, seconds_and_nanos<make_timestamp>},
             {"Duration", "duration", {{"seconds", "int"}, {"nanos", "int"}}, seconds_and_nanos<make_duration>},
             {"BoolValue", "wrapper(bool)", {{"value", "bool"}}, bool_value},
             {"StringValue", "wrapper(string)", {{"value", "string"}}, string_value},
             {"BytesValue", "wrapper(bytes)", {{"value", "bytes"}}, bytes_value},
             {"DoubleValue", "wrapper(double)", {{"value", "double"}}, double_value},
             {"FloatValue", "wrapper(double)", {{"value", "double"}}, float_value},
             {"Int64Value", "wrapper(int)", {{"value", "int"}}, int64_value},
             {"Int32Value", "wrapper(int)", {{"value", "int"}}, int32_value},
             {"UInt64Value", "wrapper(uint)", {{"value", "uint"}}, uint64_value},
             {"UInt32Value", "wrapper(uint)", {{"value", "uint"}}, uint32_value},
             {"Struct", "map(string, dyn)", {{"fields", "map(string, dyn)"}}, json_struct},
             {"ListValue", "list(dyn)", {{"values", "list(dyn)"}}, json_list},
             {"Value",
              "dyn",
              {{"null_value", "dyn"},
               {"bool_value", "bool"},
               {"number_value", "double"},
               {"string_value", "string"},
               {"struct_value", "map(string, dyn)"},
               {"list_value", "list(dyn)"}},
              json_one},
         }) {
      messages.push_back(message(d));
    }
    return messages;
  }();
  return all;
}

}  // namespace bw::cel
