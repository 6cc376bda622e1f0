// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <iterator>
#include <string>

#include "cel/function.h"
#include "cel/library/library.h"

namespace bw::cel {

Value no_such_overload(CallContext& context, std::string_view function, std::span<const Value> arguments) {
  std::string types;
  for (const Value& argument : arguments) types += fmt::format("{}{}", types.empty() ? "" : ", ", type_name(argument));
  return context.fail(Fault::no_such_overload, fmt::format("no such overload: {}({})", function, types));
}

std::span<const Function> standard_functions() {
  static const std::vector<Function> all = [] {
    std::vector<Function> functions;
    for (auto part : {operator_functions, comparison_functions, conversion_functions, string_functions, text_functions,
                      time_functions, math_functions, list_functions, set_functions, optional_functions,
                      encoder_functions, pattern_functions, network_functions}) {
      auto some = part();
      functions.insert(functions.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
    return functions;
  }();
  return all;
}

}  // namespace bw::cel
