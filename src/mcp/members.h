// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace bw::mcp {

// Where the top-level members of a JSON object stand in its text: the ground that splicing works on. Reads well-formed
// text only; of anything else it says `ok == false` and never reads past the end.
struct Members {
  struct Span {
    std::size_t key = 0;  // the key's opening quote
    std::size_t value = 0;
    std::size_t end = 0;    // after the value
    std::string_view name;  // between the key's quotes, escapes and all
  };
  bool ok = false;
  std::size_t open = 0;   // the object's `{`
  std::size_t close = 0;  // its `}`
  std::vector<Span> spans;

  static Members of(std::string_view object);
  const Span* find(std::string_view key) const;
};

bool key_equals(std::string_view spelled, std::string_view key);

}  // namespace bw::mcp
