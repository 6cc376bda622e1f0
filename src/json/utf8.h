// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace bw::json {

bool is_utf8(std::string_view text);

// Bytes of the well-formed UTF-8 sequence (Unicode 15, table 3-7) that `text` starts with; 0 when it starts with none.
std::size_t utf8_length(std::string_view text);

}  // namespace bw::json
