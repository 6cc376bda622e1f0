// SPDX-License-Identifier: Apache-2.0
#include "json/utf8.h"

#include <simdjson.h>

namespace bw::json {

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text); }

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  auto first = static_cast<unsigned char>(text[0]);
  std::size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  return is_utf8(text.substr(0, length)) ? length : 0;
}

}  // namespace bw::json
