// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "cel/environment.h"
#include "cel/program.h"
#include "cel/type.h"
#include "cel/value.h"

namespace bw::cel {

// What a condition is made of, for a host that decides many conditions at once: it may index those that compare one value
// with constants, and evaluate the same part of two conditions once. Pure; a part keeps its whole program alive.

// The terms of the outermost &&, or of the outermost ||; the program alone when it is neither. Evaluated one by one, a
// false among conjuncts (a true among disjuncts) settles the whole as it does in one evaluation, whatever else failed.
std::vector<Program> conjuncts(const Program& program);
std::vector<Program> disjuncts(const Program& program);

// A variable, or a field reached from one through objects: args.amount_usd.
struct Reading {
  std::size_t variable = 0;           // slot in the activation
  std::vector<std::uint32_t> fields;  // slots in the objects on the way
  auto operator<=>(const Reading&) const = default;
};

enum class Relation : std::uint8_t {
  equal,
  different,
  less,
  less_equal,
  greater,
  greater_equal,
  one_of,
  starts_with,
  present,
  truth
};

// "args.amount_usd <= 200": a reading of a type that is known (bool, int, double or string), and constants. `present` is
// has(x), `truth` a boolean on its own. With a guard, has(x) && …, it is false where the reading is absent.
struct Test {
  Reading reading;
  Type type;
  Relation relation = Relation::truth;
  bool negated = false;              // !(…)
  bool guarded = false;              // has(…) && this, negated or not
  std::span<const Value> constants;  // one, several for one_of, none for present and truth; live as long as the program
};

// The program as one such test, if it is one. `environment` is what it was compiled against.
std::optional<Test> as_test(const Program& program, const Environment& environment);

// The value there: absent when the field is, error or unknown as its object says. Nothing when something on the way is
// none of the objects it should be: then every test of the reading fails.
std::optional<Value> read(const Reading& reading, const Activation& activation);

// What evaluating the test gives when its reading has this value: a boolean, or something that is none when it fails.
Value apply(const Test& test, const Value& value);

// A text that a condition depends on and nothing else: "args.code.matches('^[A-Z]{3}$')", whatever it does with it.
struct SoleText {
  Reading reading;
  Type type;
};
std::optional<SoleText> sole_text(const Program& program, const Environment& environment);

// What the condition gives when that text is `text`; both live in `arena`.
Value evaluate_for(const Program& program, const Environment& environment, const SoleText& sole, std::string_view text,
                   Arena& arena);

// The value of a program without variables, if it is one: "true", "1 < 2".
std::optional<Value> constant(const Program& program);

}  // namespace bw::cel
