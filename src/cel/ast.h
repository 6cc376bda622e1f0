// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cel/place.h"

namespace bw::cel {

// An expression as written. Macros are already recognised, because CEL decides them by their spelling; names are not
// yet resolved. A chain of && or || is one node with all its terms, which keeps long conditions shallow.
enum class ExprKind : std::uint8_t {
  literal,      // literal
  ident,        // name; `global` when written with a leading dot
  select,       // children[0].name, or children[0].?name when `optional`
  has,          // has(children[0].name)
  call,         // name(children…), operators under names like _+_ and _[_]; `receiver`: children[0].name(children[1…])
  logic_and,    // children, two or more
  logic_or,     // children, two or more
  logic_not,    // children[0]
  conditional,  // children: condition, then, else
  list,         // children; `optional_items[i]` when written [?x]
  map,          // children: key, value, key, value…; `optional_items` per pair
  message,      // name{field: value}: children are the values, `names` the fields
  comprehension,  // macro over children[0]; names: one or two variables; children[1…]: the macro's expressions
  bind,     // cel.bind(names[0], children[0], children[1]); cel.block binds several names, the last child is its body
  opt_map,  // children[0].optMap(names[0], children[1]); `flat` for optFlatMap
  error,    // a part that could not be read; reported already
};

enum class Macro : std::uint8_t {
  all,
  exists,
  exists_one,
  map,
  map_filtered,
  filter,  // one or, but for map and filter, two variables
  transform_list,
  transform_list_filtered,
  transform_map,
  transform_map_filtered,
  transform_map_entry,
  transform_map_entry_filtered,  // two variables
};

struct Bytes {
  std::string bytes;
  bool operator==(const Bytes&) const = default;
};
using Literal = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Bytes>;

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Expr {
  ExprKind kind = ExprKind::error;
  std::uint32_t id = 0;  // its number among the nodes of one parse
  Place place;           // the whole expression, parentheses around it not included
  Place name_place;      // the name or operator: where most mistakes are best shown
  std::string name;
  Literal literal;
  Macro macro = Macro::all;
  bool global = false;
  bool optional = false;
  bool receiver = false;
  bool flat = false;
  std::vector<std::string> names;
  std::vector<ExprPtr> children;
  std::vector<bool> optional_items;
  int depth = 1;  // 1 + the deepest child
};

// The expression as text again, fully parenthesised where it matters. For tests and for showing a part on its own.
std::string to_string(const Expr& expr);

}  // namespace bw::cel
