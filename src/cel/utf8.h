// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bw::cel {

// CEL's strings are sequences of Unicode code points kept as UTF-8.

// Reads the code point at `at` and moves past it. -1, and one byte further, when the bytes there are not UTF-8.
std::int32_t next_code_point(std::string_view text, std::size_t& at);

bool is_code_point(std::int64_t value);  // in range and no surrogate
void append_code_point(std::string& out, std::uint32_t code_point);

bool is_utf8(std::string_view text);
std::size_t count_code_points(std::string_view utf8);

// The byte offset of the code point with that index; the text's size for one past the last; npos beyond.
std::size_t offset_of(std::string_view utf8, std::size_t index);

}  // namespace bw::cel
