// SPDX-License-Identifier: Apache-2.0
#include "policy/comparison.h"

#include <utility>

namespace bw::policy {
namespace {

using cel::Value;
using Kind = Value::Kind;

std::optional<Kind> kind_of(const cel::Type& type) {
  switch (type.kind()) {
    case cel::TypeKind::boolean: return Kind::boolean;
    case cel::TypeKind::string: return Kind::string;
    case cel::TypeKind::int64: return Kind::int64;
    case cel::TypeKind::float64: return Kind::float64;
    default: return std::nullopt;
  }
}

}  // namespace

std::optional<Comparison> Comparison::of(const cel::Program& program, const cel::Environment& environment) {
  auto test = cel::as_test(program, environment);
  if (!test || test->negated || test->guarded || test->constants.empty()) return std::nullopt;
  auto kind = kind_of(test->type);
  // What the evaluator would show of it, it shows of any values, also of none.
  cel::Arena arena;
  cel::Trace trace;
  cel::evaluate(program, cel::Activation(environment), arena, {.trace = &trace});
  if (!kind || trace.terms.size() != 1 || trace.terms.front().operands.size() != 1) return std::nullopt;
  const auto& term = trace.terms.front();
  return Comparison(std::move(*test), *kind, term.source, term.operands.front().source);
}

std::optional<Comparison::Seen> Comparison::look(const cel::Activation& activation) const {
  auto value = cel::read(test_.reading, activation);
  if (!value || !value->is(kind_)) return std::nullopt;
  Value result = cel::apply(test_, *value);
  if (!result.is(Kind::boolean)) return std::nullopt;
  return Seen{result.boolean(), *value};
}

}  // namespace bw::policy
