// SPDX-License-Identifier: Apache-2.0
// Evaluates expressions for opinions.test.mjs: reads one a line, each as a JSON string, and writes what it gives, one a line
// too, in the same spelling as value.mjs has for the values of other libraries. Plain CEL, unchecked.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iostream>
#include <string>
#include <vector>

#include "cel/compile.h"
#include "json/document.h"

namespace {

using namespace bw;
using namespace bw::cel;
using Kind = Value::Kind;

std::string hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string spell(const Value& v);

std::string join(std::vector<std::string> parts, char open, char close) {
  return fmt::format("{}{}{}", open, fmt::join(parts, ", "), close);
}

std::string spell_list(const Value& list) {
  std::vector<std::string> parts;
  for (const Value& element : list.elements()) parts.push_back(spell(element));
  return join(std::move(parts), '[', ']');
}

std::string spell_map(const Value& map) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : map.entries()) parts.push_back(spell(key) + ": " + spell(value));
  std::ranges::sort(parts);
  return join(std::move(parts), '{', '}');
}

std::string spell(const Value& v) {
  switch (v.kind()) {
    case Kind::null: return "null";
    case Kind::boolean: return v.boolean() ? "true" : "false";
    case Kind::int64: return fmt::format("{}", v.int64());
    case Kind::uint64: return fmt::format("{}u", v.uint64());
    case Kind::float64:
      return std::isnan(v.float64()) ? "double NaN"
                                     : fmt::format("double {:016x}", std::bit_cast<std::uint64_t>(v.float64()));
    case Kind::string: return "string " + hex(v.text());
    case Kind::bytes: return "bytes " + hex(v.text());
    case Kind::timestamp: return fmt::format("timestamp {} {}", v.seconds(), v.nanos());
    case Kind::duration: return fmt::format("duration {} {}", v.seconds(), v.nanos());
    case Kind::list: return spell_list(v);
    case Kind::map: return spell_map(v);
    case Kind::type: return fmt::format("type {}", v.text());
    case Kind::optional: return v.inner().is(Kind::absent) ? "none" : fmt::format("some({})", spell(v.inner()));
    case Kind::error: return "error";
    default: return fmt::format("other {}", type_name(v));
  }
}

std::string outcome(std::string_view source) {
  CompileOptions options{.source_bytes_max = 1U << 16U, .depth_max = 250, .macro_nesting_max = 100};
  options.check = false;
  options.guards_required = false;
  options.dynamic_patterns = true;
  Environment environment;
  auto compiled = compile(source, environment, options);
  if (!compiled.program) return "error";
  Arena arena;
  return spell(evaluate(*compiled.program, Activation(environment), arena));
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    fmt::print("{}\n", outcome(json::Document::parse(line).value().root().string().value()));
  }
}
