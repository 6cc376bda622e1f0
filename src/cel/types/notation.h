// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "cel/function.h"
#include "cel/type.h"

namespace bw::cel {

// Reads a type as Type::to_string writes it; single capitals A to Z are type variables 0 to 25. Nothing when ill-formed.
std::optional<Type> parse_type(std::string_view text);

// Reads "string, list(A) -> bool".
std::optional<Overload> parse_signature(std::string_view text);

}  // namespace bw::cel
