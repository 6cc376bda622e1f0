// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "cel/program.h"
#include "cel/program/plan.h"

namespace bw::cel {

// Filling a Trace while a plan runs. Terms do not nest: the term begun last is the one operands belong to.
using TermMark = std::size_t;

void begin_term(Trace& trace, const Plan& plan, const Node& node);
void add_operand(Trace& trace, const Plan& plan, const Node& node, const Value& value);
void end_term(Trace& trace, const Value& value);

// Where the trace stands, and what of it did not matter after all. All of these accept no trace.
TermMark mark(const Trace* trace);
void make_minor(Trace* trace, TermMark from, TermMark to);
void make_minor_unless_failed(Trace* trace, TermMark from);

}  // namespace bw::cel
