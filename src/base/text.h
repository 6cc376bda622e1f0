// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bw {

std::string to_hex(std::string_view bytes);
Result<std::string> from_hex(std::string_view text);

// RFC 4648 section 5, without padding. Decoding refuses padding, foreign characters and non-zero spare bits.
std::string to_base64url(std::string_view bytes);
Result<std::string> from_base64url(std::string_view text);

// RFC 4648 section 4, with padding. Decoding refuses anything that encoding does not write.
std::string to_base64(std::string_view bytes);
Result<std::string> from_base64(std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);  // ASCII white space
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string lower_ascii(std::string_view text);

// Whether `text` matches `pattern`, in which `*` stands for any run of characters (also none) and everything else for
// itself. Linear in text times pattern.
bool glob_match(std::string_view pattern, std::string_view text);

// The candidate nearest to `word` by edit distance, or empty when none is near enough to be worth suggesting.
std::string_view nearest(std::string_view word, std::span<const std::string> candidates);

// "did you mean `refund`?" or, when nothing is near, "one of: a, b, c" (at most twelve shown).
std::string suggest(std::string_view word, std::span<const std::string> candidates);

// Shows outside text on a terminal: control characters and bidirectional overrides become visible escapes.
std::string printable(std::string_view text, std::size_t bytes_max = 4096);

}  // namespace bw
