// SPDX-License-Identifier: Apache-2.0
#include "cel/program/plan.h"

#include <re2/re2.h>

#include "base/result.h"
#include "cel/compile.h"
#include "cel/eval/machine.h"
#include "cel/program.h"

namespace bw::cel {

Plan::Plan() = default;
Plan::~Plan() = default;

Program::Program(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)), root_(plan_->root) {}

Program Program::part(std::uint32_t root) const {
  Program out = *this;
  out.root_ = root;
  return out;
}

std::string_view Program::source() const { return plan_->source; }
std::string_view Program::text() const {
  return root_ == plan_->root ? source() : plan_->nodes[root_].place.in(plan_->source);
}
const Type& Program::result_type() const { return plan_->result; }
Span Program::where() const { return span(plan_->nodes[root_].place); }
std::span<const std::string> Program::paths() const { return plan_->paths; }
Span Program::span(Place place) const { return to_span(place, plan_->origin); }

Value evaluate(const Program& program, const Activation& activation, Arena& arena, const EvaluateOptions& options) {
  BW_ASSERT(activation.size() >= program.plan().slots);
  Machine machine(program.plan(), &activation, arena, options.cost_max, options.trace);
  Value value = machine.run(program.root());
  if (options.cost_spent != nullptr) *options.cost_spent = machine.cost_spent();
  return value;
}

}  // namespace bw::cel
