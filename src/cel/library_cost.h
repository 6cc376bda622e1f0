// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "cel/size.h"

namespace bw::cel {

// What a standard function or operator charges at the most for arguments of these sizes, the receiver first, and what it gives:
// the counterpart of what the functions in library/ say with CallContext::charge. Of one that is not known: unbounded.
// `has_pattern`: its regular expression was compiled when it was loaded.
Work library_work(std::string_view function, std::span<const Size> arguments, bool has_pattern, Sizes& sizes);

}  // namespace bw::cel
