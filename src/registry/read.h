// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "registry/node.h"

// Reading members of a node that has passed its check: an absent member gives the empty value.
namespace bw::registry {

inline std::string text_of(const Node& node, std::string_view key) {
  const Node* given = node.find(key);
  return given ? given->text : std::string();
}

inline std::int64_t whole_of(const Node& node, std::string_view key) {
  const Node* given = node.find(key);
  return given ? given->integer : 0;
}

inline bool truth_of(const Node& node, std::string_view key) {
  const Node* given = node.find(key);
  return given && given->truth;
}

inline std::int64_t duration_of(const Node& node, std::string_view key) {
  return parse_duration_ms(text_of(node, key)).value_or(0);
}

inline const std::vector<Node>& items_of(const Node& node, std::string_view key) {
  static const std::vector<Node> none;
  const Node* given = node.find(key);
  return given ? given->items : none;
}

inline std::vector<std::string> texts_of(const Node& node, std::string_view key) {
  std::vector<std::string> texts;
  for (const Node& item : items_of(node, key)) texts.push_back(item.text);
  return texts;
}

}  // namespace bw::registry
