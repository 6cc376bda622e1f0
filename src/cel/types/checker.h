// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cel/ast.h"
#include "cel/compile.h"
#include "cel/environment.h"

namespace bw::cel {

// What a name turned out to be.
enum class Meaning : std::uint8_t {
  none,
  variable,    // slot: of the environment
  local,       // slot: of the scope; comprehensions and binds note the slot of their first variable
  type_name,   // text: the type's name
  field,       // slot: of the operand's object type
  member,      // looked up by name at run time: maps, dyn, optionals
  function,    // function, called with the children
  message,     // message, with the children as the fields in `fields`
  namespaced,  // function, called with the children after the first, which is only part of its name
  mistake,     // text: fails with this when evaluated; only when checking is off
};

struct Note {
  Meaning meaning = Meaning::none;
  std::size_t slot = 0;
  std::string text;
  std::shared_ptr<const Function> function;
  std::shared_ptr<const Message> message;
  std::vector<std::size_t> fields;
  Type type;
};

struct Checked {
  std::vector<Note> notes;  // by Expr::id
  std::size_t locals_max = 0;
  Type result;
  const Note& of(const Expr& expr) const { return notes[expr.id]; }
};

// Resolves every name and gives every node its type, or says why not.
Checked check(const Expr& expr, const Environment& environment, const CompileOptions& options,
              Diagnostics& diagnostics);

}  // namespace bw::cel
