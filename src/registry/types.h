// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/clock.h"
#include "registry/keys.h"

// Short spellings of Type, so that the table in keys.cc reads as a table.
namespace bw::registry {

inline Type text() { return {.least = 1}; }
inline Type whole(std::int64_t least, std::int64_t most) {
  return {.form = Type::Form::whole, .least = least, .most = most};
}
inline Type duration(std::string_view least, std::string_view most) {
  return {.form = Type::Form::duration, .least = *parse_duration_ms(least), .most = *parse_duration_ms(most)};
}
inline Type retained() { return duration("1s", "100y"); }
inline Type word(std::vector<std::string> words) { return {.form = Type::Form::word, .words = std::move(words)}; }
inline Type name(Refers refers) { return {.form = Type::Form::name, .refers = refers, .least = 1}; }
inline Type pattern(Refers refers) { return {.form = Type::Form::pattern, .refers = refers, .least = 1}; }
inline Type expression() { return {.form = Type::Form::expression, .least = 1}; }
inline Type object(const Shape& shape) { return {.form = Type::Form::object, .shape = &shape}; }

inline Type list(Type type) {
  type.many = Type::Many::list;
  return type;
}
inline Type any_of(Type type) {  // one, or a list of alternatives
  type.many = Type::Many::one_or_list;
  return type;
}
inline Type expressions() {
  Type type = list(expression());
  type.ordered = true;
  return type;
}
inline Type one_or_more_expressions() {
  Type type = any_of(expression());
  type.ordered = true;
  return type;
}
inline Type list_of(const Shape& shape, std::string_view sorted_by) {
  Type type = list(object(shape));
  type.sorted_by = sorted_by;
  return type;
}
inline Type named(const Shape& shape, Spelling keys) {
  Type type = object(shape);
  type.many = Type::Many::named;
  type.keys = keys;
  return type;
}

}  // namespace bw::registry
