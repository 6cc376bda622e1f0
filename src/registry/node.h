// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "json/document.h"

namespace bw::registry {

// A value as its author wrote it, with the place of every part. The one form that YAML and stored JSON are both read into
// and that all checks walk over.
//
// The span of a scalar is its content: inside the quotes, or the first content line of a `|` block (whose further lines
// start at the same column). The span of a list or map is where it begins.
struct Node {
  enum class Kind : std::uint8_t {
    null,
    boolean,
    integer,
    real,
    string,
    list,
    map,
    broken,  // was already reported; further checks pass over it
  };
  struct Key {
    std::string text;
    Span where;
  };

  Kind kind = Kind::null;
  bool truth = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;         // of a string; of an unquoted boolean or number, its spelling
  std::vector<Node> items;  // elements of a list; values of a map, in step with `keys`
  std::vector<Key> keys;
  Span where;

  bool is(Kind wanted) const { return kind == wanted; }
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  const Span* find_key(std::string_view key) const;  // where the key stands
  std::optional<Node> take(std::string_view key);    // removes the member
  Node& set(std::string_view key, Node value);       // adds the member or replaces its value

  static Node string(std::string text, Span where = {});
};

std::string_view name(Node::Kind kind);  // for messages: "a list", "a string"

// Canonical JSON of the node; broken parts read as null.
std::string to_json(const Node& node);

// Places are unknown: every span is `where`.
Node from_json(json::Value value, const Span& where = {});

}  // namespace bw::registry
