// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "cel/environment.h"
#include "cel/place.h"
#include "cel/type.h"
#include "cel/value.h"

namespace bw::cel {

struct Plan;

// A compiled expression: immutable, cheap to copy, safe to share between threads. It keeps alive the types it uses.
class Program {
 public:
  explicit Program(std::shared_ptr<const Plan> plan);

  std::string_view source() const;
  std::string_view text() const;  // of a part, the stretch of the source it stands for; else as source()
  Span where() const;             // the place of that in the host's text
  const Type& result_type() const;

  // What the expression reads, as declared: variables and the fields reached through objects ("args.amount_usd",
  // "facts.crm.score"), sorted. A prefix stands for all below it: "args" when the whole object is used. Below a map or
  // a dyn nothing is told apart. The host needs to fetch these and nothing else.
  std::span<const std::string> paths() const;

  // Where a place of this program is in the host's text, file and line included.
  Span span(Place place) const;

  // A part of a condition as a program of its own; see shape.h. `root` is the number of its node.
  Program part(std::uint32_t root) const;
  std::uint32_t root() const { return root_; }
  const Plan& plan() const { return *plan_; }

 private:
  std::shared_ptr<const Plan> plan_;
  std::uint32_t root_ = 0;
};

// What an evaluation looked at: one Term per test that took part, in order. Tests are the leaves of the logic:
// comparisons, boolean calls, boolean variables, whole macros. `decisive` marks those the result rests on: when one term
// makes an && false, its neighbours do not matter. Places and texts point into the program, values into the evaluation.
struct Trace {
  struct Operand {
    Place place;
    std::string_view source;  // "args.amount_usd"
    Value value;              // 940.0
  };
  struct Term {
    Place place;
    std::string_view source;  // "args.amount_usd <= 200"
    Value value;              // false
    bool decisive = true;
    std::vector<Operand> operands;  // the variables read and the sides compared, constants left out
  };
  std::vector<Term> terms;
};

// "args.amount_usd <= 200 was false: args.amount_usd = 940.0"
std::string describe(const Trace::Term& term);

struct EvaluateOptions {
  std::int64_t cost_max = 100'000;
  Trace* trace = nullptr;              // filled when given; slower
  std::int64_t* cost_spent = nullptr;  // set when given
};

// The value of the program for these variables. Never fails as a C++ call: what goes wrong is an error value with its
// place, what is not there yet an unknown value. Errors and unknowns propagate like exceptions do, except that a false
// settles an && and a true an ||, whatever else happened beside it; an unknown outranks an error, because fetching it may
// still settle the question. The activation must come from the environment the program was compiled against, or from an
// extension of it. Results live in `arena`, the program and the bound values.
//
// Cost: a unit per operation and part compared, ten per list, thirty per map, forty per message built, one per ten bytes
// of text. At the ceiling the result is the error cost_exceeded, which nothing absorbs.
Value evaluate(const Program& program, const Activation& activation, Arena& arena, const EvaluateOptions& options = {});

}  // namespace bw::cel
