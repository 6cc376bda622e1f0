// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "prove/value.h"

namespace bw::prove {

// Whether a text matches one of the patterns, in which `*` stands for any run of characters; true when there are none.
z3::expr matches_any(const z3::expr& text, const std::vector<std::string>& patterns);

// Whether a text holds a match of a regular expression as RE2 reads it. Nothing for what is not understood: flags, word
// boundaries, anchors but at the ends, classes by name. Pure.
std::optional<z3::expr> holds_match(const z3::expr& text, std::string_view pattern);

}  // namespace bw::prove
