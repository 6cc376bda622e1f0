// SPDX-License-Identifier: Apache-2.0
#include "registry/reference.h"

#include <fmt/format.h>

#include <string_view>

namespace bw::registry {
namespace {

std::string need(const Field& field) {
  if (field.required) return "required";
  if (field.fallback.empty()) return "";
  std::string_view shown = field.fallback;
  if (shown.starts_with('"')) shown = shown.substr(1, shown.size() - 2);
  return fmt::format("`{}`", shown);
}

}  // namespace

std::string reference_of(const Shape& shape) {
  auto out = fmt::format("{}\n\n| key | what it is | default | |\n|---|---|---|---|\n", shape.doc);
  for (const Field& field : shape.fields) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", field.key, describe(field.type), need(field), field.doc);
  }
  return shape.exactly_one ? out + "\nExactly one of them is given.\n" : out;
}

}  // namespace bw::registry
