// SPDX-License-Identifier: Apache-2.0
#include "cel/to_json.h"

#include <fmt/core.h>

#include <cmath>

#include "cel/network.h"
#include "cel/numbers.h"
#include "cel/time.h"
#include "cel/type.h"
#include "json/writer.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

// Parts may be shared, so that a small value is very long when written out.
constexpr std::size_t json_bytes_max = std::size_t{16} << 20U;

Error no_json(std::string_view what) { return {Code::invalid_argument, fmt::format("{} has no JSON form", what)}; }

Status write(json::Writer& out, const Value& value);

Status write_list(json::Writer& out, const Value& value) {
  out.begin_array();
  for (const Value& element : value.elements()) {
    BW_OK(write(out, element));
  }
  out.end_array();
  return {};
}

Status write_map(json::Writer& out, const Value& value) {
  out.begin_object();
  for (const auto& entry : value.entries()) {
    if (!entry.key.is(Kind::string)) return fail(no_json("a map whose keys are no strings"));
    out.key(entry.key.text());
    BW_OK(write(out, entry.value));
  }
  out.end_object();
  return {};
}

Status write_object(json::Writer& out, const Value& value) {
  out.begin_object();
  auto fields = value.object_type().fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    Value field = value.has(i).is_false() ? Value::absent() : value.field(i);
    if (field.is(Kind::absent)) continue;
    out.key(fields[i].name);
    BW_OK(write(out, field));
  }
  out.end_object();
  return {};
}

Status write(json::Writer& out, const Value& value) {
  if (out.text().size() > json_bytes_max) {
    return fail(Code::invalid_argument, fmt::format("a value is longer than {} MiB as JSON", json_bytes_max >> 20U));
  }
  switch (value.kind()) {
    case Kind::absent:
    case Kind::null: out.null(); return {};
    case Kind::boolean: out.boolean(value.boolean()); return {};
    case Kind::int64: out.integer(value.int64()); return {};
    case Kind::uint64: out.raw(fmt::format("{}", value.uint64())); return {};
    case Kind::float64:
      if (!std::isfinite(value.float64())) return fail(no_json("a number that is not finite"));
      out.number(value.float64());
      return {};
    case Kind::string: out.string(value.text()); return {};
    case Kind::timestamp: out.string(format_timestamp(value)); return {};
    case Kind::duration: out.string(format_duration(value)); return {};
    case Kind::ip: out.string(format_ip(value)); return {};
    case Kind::cidr: out.string(format_cidr(value)); return {};
    case Kind::list: return write_list(out, value);
    case Kind::map: return write_map(out, value);
    case Kind::object: return write_object(out, value);
    case Kind::optional: return write(out, value.inner());
    case Kind::bytes: return fail(no_json("bytes"));
    case Kind::type: return fail(no_json("a type"));
    case Kind::error: return fail(Code::invalid_argument, std::string(value.failure().message));
    case Kind::unknown: return fail(Code::invalid_argument, "a value is not known");
  }
  return fail(no_json("this"));
}

}  // namespace

Result<std::string> to_json(const Value& value) {
  json::Writer out;
  BW_OK(write(out, value));
  return std::move(out).text();
}

}  // namespace bw::cel
