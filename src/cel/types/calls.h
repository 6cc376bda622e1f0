// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>

#include "cel/function.h"
#include "cel/place.h"
#include "cel/types/unifier.h"

namespace bw::cel {

struct CallMistake {
  std::string message;
  std::string hint;
  Place place;
};

// The type of calling the function with arguments of these types; nothing when no overload takes them. When an argument
// is dyn several overloads may fit: the result is then what they agree on, else dyn.
std::optional<Type> call_type(Unifier& types, const Function& function, std::span<const Type> arguments,
                              bool cross_type_numbers);

// Why call_type gave nothing, in the author's terms.
CallMistake explain_call(const Unifier& types, const Function& function, std::span<const Type> arguments, bool method);

}  // namespace bw::cel
