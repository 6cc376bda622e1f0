// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "cel/value.h"

namespace bw::cel {

// Numbers of all three types on one line, exactly: 9007199254740993 is greater than 9007199254740992.0. Unordered
// against NaN. Both must be numbers.
std::partial_ordering compare_numbers(const Value& a, const Value& b);

// The double as an int or uint, cut towards zero; nothing when it does not fit.
std::optional<std::int64_t> to_int64(double value);
std::optional<std::uint64_t> to_uint64(double value);

// Shortest text that reads back as the same double: "1.5", "1e+100", "NaN".
std::string format_double(double value);

}  // namespace bw::cel
