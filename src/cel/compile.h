// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostic.h"
#include "cel/ast.h"
#include "cel/environment.h"
#include "cel/program.h"
#include "cel/type.h"

namespace bw::cel {

// CEL, strict profile: text in, checked program out.
//
//   auto compiled = cel::compile("args.amount_usd <= 200 && has(args.reason)", environment, {.expected = Type::boolean()});
//   if (!compiled.program) return show(compiled.diagnostics);
//   cel::Arena arena;
//   cel::Activation activation(environment);
//   activation.bind(args_slot, cel::from_json(document.root(), args, "args", arena));
//   cel::Value value = cel::evaluate(*compiled.program, activation, arena);
//
// Stricter than the language: every expression is checked; an optional field needs a guard, has(x.f) earlier in the same
// && chain or ?:, or x.?f; a string out of a fixed set is compared with its members only; patterns of matches() are
// constants. Wider: numbers of different types may be compared. Pure: reads no clock and no network.
struct CompileOptions {
  Span origin;                   // where the source stands in the author's file; later lines keep its column
  std::optional<Type> expected;  // Type::boolean() for a condition; nothing allows any type

  std::size_t source_bytes_max = 8U << 10;
  int depth_max = 64;                       // of the expression tree
  int macro_nesting_max = 2;                // of all, exists, map, filter… inside each other
  std::int64_t constant_cost_max = 10'000;  // spent on computing constant parts once, while compiling

  // The switches of the strict profile; with all of them turned round this is CEL as specified.
  bool check = true;               // false: no types at all, everything is found out at run time
  bool cross_type_numbers = true;  // args.amount_usd >= 500 with a double on the left
  bool guards_required = true;     // for optional fields
  bool dynamic_patterns = false;   // matches() and regex.…() with a pattern that is not constant
  std::string container;           // a.b: the name c means a.b.c, a.c or c, whichever is declared first
};

struct Compiled {
  std::optional<Program> program;  // when there are no errors
  Diagnostics diagnostics;         // sorted; warnings too
};

Compiled compile(std::string_view source, const Environment& environment, const CompileOptions& options = {});

// Only reads the text. The tree may have `error` nodes where the diagnostics say why.
struct Parsed {
  ExprPtr expr;  // null when nothing could be read
  Diagnostics diagnostics;
};
Parsed parse(std::string_view source, const CompileOptions& options = {});

// The place as a span of the author's file.
Span to_span(Place place, const Span& origin);

}  // namespace bw::cel
