// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace bw::json {

// The index: one node per value and per key, in the order of the text, so that a value's subtree is contiguous. The
// children of an object are key, value, key, value, …
struct Node {
  std::uint32_t begin = 0;  // bytes of the text, [begin, end)
  std::uint32_t end = 0;
  std::uint32_t next = 0;   // the node after this subtree
  std::uint32_t size = 0;   // elements or members; for an escaped string its length in `unescaped`
  std::uint32_t start = 0;  // for an escaped string its place in `unescaped`
  Kind kind = Kind::null;
  bool escaped = false;
};

struct Body {
  std::string text;
  std::vector<Node> nodes;
  std::string unescaped;  // the strings that carry escapes, one after the other

  std::string_view string(const Node& node) const {
    if (node.escaped) return std::string_view(unescaped).substr(node.start, node.size);
    return std::string_view(text).substr(node.begin + 1, node.end - node.begin - 2);
  }
};

// Fills body.nodes from body.text (parse.cc).
Status index(Body& body, const Limits& limits);

}  // namespace bw::json
