// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace bw::cel {

// A stretch of an expression's source. Lines and columns count from 1 within the expression, columns and lengths in
// bytes; line 0 means "from no source", as in an error that a host bound. Trivial, so that values can carry one;
// diagnostics carry the bw::Span it becomes when the host's file and line are added (compile.h).
struct Place {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  bool known() const { return line != 0; }
  std::string_view in(std::string_view source) const {
    return offset <= source.size() ? source.substr(offset, length) : std::string_view{};
  }
  bool operator==(const Place&) const = default;
};

// From the start of `first` to the end of `last`.
inline Place cover(Place first, Place last) {
  first.length = last.offset + last.length - first.offset;
  return first;
}

}  // namespace bw::cel
