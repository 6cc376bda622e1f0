// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace bw::cel {

// A generated expression: `pattern` with each {} filled by the next part. The parts are made in the order they are written, because a
// braced list, unlike arguments, fixes the order in which a seed is spent.
inline std::string form(std::string_view pattern, std::initializer_list<std::string> parts) {
  std::string out;
  for (const auto& part : parts) {
    auto hole = pattern.find("{}");
    out.append(pattern.substr(0, hole)).append(part);
    pattern.remove_prefix(hole + 2);
  }
  return out.append(pattern);
}

}  // namespace bw::cel
