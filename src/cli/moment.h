// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace bw::cli {

// A time as options give it: "2026-11-21T03:41:27Z", or how long ago as "30d"; `otherwise` when there is none. Unix
// milliseconds. Errors: invalid_argument.
Result<std::int64_t> parse_moment(const std::string& text, std::int64_t otherwise);

}  // namespace bw::cli
