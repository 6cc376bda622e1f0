// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "prove/universe.h"
#include "prove/value.h"

namespace bw::prove {

// CEL's ==: numbers by value across types, values of different kinds unlike. `name` names the comparison, for what has no
// formula: objects.
Truth equal(Universe& universe, const Value& a, const Value& b, const std::string& name);

// A function or operator of values that did not fail, as a formula. Nothing when there is none for it.
std::optional<Value> apply(Universe& universe, std::string_view function, std::span<const Value> arguments,
                           const std::string& name);

}  // namespace bw::prove
