// SPDX-License-Identifier: Apache-2.0
#include "cel/eval/tracing.h"

#include <fmt/core.h>

#include <algorithm>

namespace bw::cel {

void begin_term(Trace& trace, const Plan& plan, const Node& node) {
  trace.terms.push_back({node.place, node.place.in(plan.source), Value(), true, {}});
}

void add_operand(Trace& trace, const Plan& plan, const Node& node, const Value& value) {
  if (trace.terms.empty()) return;
  auto& operands = trace.terms.back().operands;
  std::string_view source = node.place.in(plan.source);
  if (std::ranges::find(operands, source, &Trace::Operand::source) != operands.end()) return;
  operands.push_back({node.place, source, value});
}

void end_term(Trace& trace, const Value& value) { trace.terms.back().value = value; }

TermMark mark(const Trace* trace) { return trace == nullptr ? 0 : trace->terms.size(); }

void make_minor(Trace* trace, TermMark from, TermMark to) {
  if (trace == nullptr) return;
  for (TermMark i = from; i < to; ++i) trace->terms[i].decisive = false;
}

void make_minor_unless_failed(Trace* trace, TermMark from) {
  if (trace == nullptr) return;
  for (TermMark i = from; i < trace->terms.size(); ++i) {
    if (!trace->terms[i].value.is_failed()) trace->terms[i].decisive = false;
  }
}

std::string describe(const Trace::Term& term) {
  constexpr std::size_t value_bytes_max = 80;
  std::string out = fmt::format("{} ", term.source);
  if (term.value.is(Value::Kind::error)) {
    out += fmt::format("failed: {}", term.value.failure().message);
  } else {
    out += fmt::format("was {}", render(term.value, value_bytes_max));
  }
  bool first = true;
  for (const auto& operand : term.operands) {
    if (operand.value.is(Value::Kind::error)) continue;
    out += fmt::format("{}{} = {}", first ? (term.value.is(Value::Kind::error) ? "; " : ": ") : ", ", operand.source,
                       render(operand.value, value_bytes_max));
    first = false;
  }
  return out;
}

}  // namespace bw::cel
