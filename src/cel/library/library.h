// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cel/function.h"

namespace bw::cel {

// The standard functions by subject; standard.cc puts them together.
std::vector<Function> operator_functions();
std::vector<Function> comparison_functions();
std::vector<Function> conversion_functions();
std::vector<Function> string_functions();
std::vector<Function> text_functions();  // the strings extension
std::vector<Function> time_functions();
std::vector<Function> math_functions();
std::vector<Function> list_functions();
std::vector<Function> set_functions();
std::vector<Function> optional_functions();
std::vector<Function> encoder_functions();
std::vector<Function> pattern_functions();  // matches and the regex extension
std::vector<Function> network_functions();

using Arguments = std::span<const Value>;

// Whether the arguments have these kinds, in order and number.
inline bool are(Arguments arguments, std::initializer_list<Value::Kind> kinds) {
  if (arguments.size() != kinds.size()) return false;
  std::size_t i = 0;
  for (auto kind : kinds) {
    if (!arguments[i++].is(kind)) return false;
  }
  return true;
}

// a == b, each of their parts paid for.
Value equal(CallContext& context, const Value& a, const Value& b);

// Where `part` first stands in `text` at `from` or after it; npos when nowhere. Linear in both, whatever they hold.
std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0);

// A less than, equal to or greater than b as -1, 0 or 1; 2 when they are not ordered (NaN); nothing when values of these
// types cannot be compared.
std::optional<int> order(const Value& a, const Value& b);

}  // namespace bw::cel
