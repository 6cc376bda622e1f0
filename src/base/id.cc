// SPDX-License-Identifier: Apache-2.0
#include "base/id.h"

#include <array>

#include "base/result.h"

namespace bw {
namespace {
constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
}

std::string make_id(std::string_view prefix, std::int64_t unix_ms, std::string_view random) {
  BW_ASSERT(random.size() >= 16);
  std::array<unsigned char, 16> id{};
  for (std::size_t i = 0; i < 16; ++i) id[i] = static_cast<unsigned char>(random[i]);
  for (std::size_t i = 0; i < 6; ++i) id[i] = static_cast<unsigned char>(unix_ms >> (40 - 8 * i));
  id[6] = static_cast<unsigned char>((id[6] & 0x0F) | 0x70);
  id[8] = static_cast<unsigned char>((id[8] & 0x3F) | 0x80);
  std::string out;
  out.reserve(prefix.size() + 27);
  out.append(prefix).push_back('_');
  // 128 bits in 26 digits of 5: the first digit carries the top 3.
  for (int digit = 25; digit >= 0; --digit) {
    int value = 0;
    for (int bit = digit * 5 + 4; bit >= digit * 5; --bit) {
      int set = bit < 128 ? (id[static_cast<std::size_t>(15 - bit / 8)] >> (bit % 8)) & 1 : 0;
      value = value * 2 + set;
    }
    out += alphabet[static_cast<std::size_t>(value)];
  }
  return out;
}

bool is_id(std::string_view prefix, std::string_view text) {
  if (text.size() != prefix.size() + 27 || !text.starts_with(prefix) || text[prefix.size()] != '_') return false;
  return text.find_first_not_of(alphabet, prefix.size() + 1) == std::string_view::npos;
}

std::int64_t id_time_ms(std::string_view text) {
  auto end = text.find('_');
  if (end == std::string_view::npos || !is_id(text.substr(0, end), text)) return -1;
  std::int64_t ms = 0;
  for (char digit : text.substr(end + 1, 10)) ms = ms * 32 + static_cast<std::int64_t>(alphabet.find(digit));
  return ms;
}

}  // namespace bw
