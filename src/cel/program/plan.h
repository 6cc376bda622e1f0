// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "cel/ast.h"
#include "cel/function.h"
#include "cel/message.h"
#include "cel/type.h"
#include "cel/value.h"

namespace re2 {
class RE2;
}

namespace bw::cel {

// A program as the evaluator wants it: a flat array of nodes in which every name has become a number. `a` and `b` mean
// what each operation says; children are node numbers in `operands[first, first + count)`.
enum class Op : std::uint8_t {
  constant,         // constants[a]
  variable,         // activation slot a
  local,            // local slot a
  field,            // slot a of the object child; of type objects[b], else found by names[…] like member
  member,           // child.names[a]
  optional_member,  // child.?names[a]
  has_field,        // like field
  has_member,       // like member
  call,             // functions[a], with patterns[b - 1] when b
  logic_and,
  logic_or,
  logic_not,
  conditional,
  list,           // optional_items[a …] when b
  message,        // messages[a]; children: one for each field in given[b …]
  map,            // children: key, value, key, value…; optional_items[a …] per pair when b
  comprehension,  // macro; variables at local slots a and, when b, a + 1
  bind,           // local slots a, a + 1… for all children but the last, which is the body
  opt_map,        // local slot a; flat when b
  fail,           // with names[a]: what could not be resolved and is evaluated all the same
};

// Standard operators that the evaluator carries out itself when both sides are ints, or both doubles.
enum class Operator : std::uint8_t {
  none,
  add,
  subtract,
  multiply,
  modulo,
  equal,
  different,
  less,
  less_equal,
  greater,
  greater_equal,
};

struct Node {
  Op op = Op::fail;
  Macro macro = Macro::all;
  bool term = false;                // a test of the logic: explained on its own
  bool shown = false;               // an operand whose value explains a term
  Operator quick = Operator::none;  // of a call
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t name = 0;  // of fields and members: names[name]
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  Place place;
};

struct Plan {
  Plan();
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  ~Plan();

  std::string source;
  Span origin;
  Type result;
  bool condition = false;  // anything but a bool is an error

  std::vector<Node> nodes;
  std::vector<std::uint32_t> operands;
  std::uint32_t root = 0;
  Arena arena;  // of the constants
  std::vector<Value> constants;
  std::vector<std::string> names;
  std::vector<std::shared_ptr<const Function>> functions;
  std::vector<std::unique_ptr<re2::RE2>> patterns;
  std::vector<const ObjectType*> objects;
  std::vector<bool> optional_items;
  std::vector<std::shared_ptr<const Message>> messages;
  struct Given {
    std::uint32_t slot = 0;
    bool optional = false;
  };
  std::vector<Given> given;  // fields of messages
  std::vector<Type> types;   // keeps the objects alive
  std::vector<std::string> paths;
  std::size_t slots = 0;  // variables the activation must have
  std::size_t locals_max = 0;
};

}  // namespace bw::cel
