// SPDX-License-Identifier: Apache-2.0
#include "registry/lowering.h"

#include <fmt/format.h>

#include <algorithm>

namespace bw::registry {

Node map_at(const Span& where) { return {.kind = Node::Kind::map, .where = where}; }
Node list_at(const Span& where) { return {.kind = Node::Kind::list, .where = where}; }

Node whole_at(std::int64_t value, const Span& where) {
  return {.kind = Node::Kind::integer, .integer = value, .text = fmt::format("{}", value), .where = where};
}

std::string as_identifier(std::string_view name) {
  std::string out(name);
  std::ranges::replace_if(out, [](char c) { return c == '-' || c == '.'; }, '_');
  if (!out.empty() && out.front() >= '0' && out.front() <= '9') out.insert(0, "_");
  return out;
}

}  // namespace bw::registry
