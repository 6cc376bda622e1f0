// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "cel/value.h"

namespace bw::cel {

// Numbers of all three types on one line; unordered against NaN. Both must be numbers. An integer is compared with a
// double as the nearest double, as CEL wants it: past 2^53 neighbouring integers can equal one double.
std::partial_ordering compare_numbers(const Value& a, const Value& b);

// The same without that loss. Map keys use it, for which equality must be transitive.
bool exactly_equal_numbers(const Value& a, const Value& b);

// The double as an int or uint, cut towards zero; nothing when it does not fit.
std::optional<std::int64_t> to_int64(double value);
std::optional<std::uint64_t> to_uint64(double value);

// Shortest text that reads back as the same double: "1.5", "1e+100", "NaN".
std::string format_double(double value);

}  // namespace bw::cel
