// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "cel/program.h"

namespace bw::cel {

// What values of a size that nobody declared are taken to be when the cost of a program is estimated.
constexpr std::int64_t assumed_elements = 256;
constexpr std::int64_t assumed_text_bytes = 1024;

// About the most that evaluating the program costs, in the units of `evaluate`, for lists, maps and texts of the assumed sizes;
// constants count as they are. Larger values can cost more: the ceiling of an evaluation is for those. Pure.
std::int64_t cost_bound(const Program& program);

}  // namespace bw::cel
