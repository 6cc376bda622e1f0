// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "domain/rules.h"

namespace bw::analysis {

// A rule with one small mistake in it, as its author might have made it.
struct Mutant {
  domain::Rule rule;   // the changed rule
  Span where;          // what was changed
  std::string change;  // "comparator flipped", "term negated", "term dropped", "constant shifted", "effect changed"
  std::string before, after;
};

// Every mutant of a rule, in the order of its text:
//   each comparator flipped at its edge (< to <=) or to its contrary (== to !=); each term negated; each term of an && or ||
//   and each expression of a list dropped; each constant shifted (a number by one in its last written digit, both ways; a
//   text by one character; a bool to the other); the effect changed to both others.
std::vector<Mutant> mutants(const domain::Rule& rule);

}  // namespace bw::analysis
