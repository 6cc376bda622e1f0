// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "cel/environment.h"
#include "cel/program.h"
#include "cel/size.h"

namespace bw::cel {

// The most that evaluating the program charges, in the units of `evaluate`, for values of the sizes that their types declare
// (Type::at_most), and of the assumed ones where nothing is declared (size.h); constants count as they are. At least cost_unbounded
// when nothing bounds it. Larger values can cost more: the ceiling of an evaluation is for those. `environment` is
// what the program was compiled against. Pure.
std::int64_t cost_bound(const Program& program, const Environment& environment);

// Whether the bound knows what a function of this name charges by itself, so that it needs no Function::work.
bool is_cost_known(std::string_view function);

}  // namespace bw::cel
