// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cel/program.h"
#include "cel/program/plan.h"

namespace bw::cel {

// Runs a plan once. Recursion follows the tree, whose depth the parser bounds.
class Machine {
 public:
  Machine(const Plan& plan, const Activation* activation, Arena& arena, std::int64_t cost_max, Trace* trace);

  Value run(std::uint32_t root);
  std::int64_t cost_spent() const { return cost_max_ - budget_; }

  // For computing a constant part while the plan is being made.
  Value run_part(std::uint32_t node) { return evaluate(node); }

 private:
  Value evaluate(std::uint32_t id);
  Value traced(const Node& node);
  Value operate(const Node& node);

  Value variable(const Node& node);
  Value field(const Node& node);
  Value field_of(const Node& node, const Value& operand);
  Value member_of(const Node& node, const Value& operand);
  static Value lookup(const Value& operand, std::string_view name);
  static Value lookup_present(const Value& operand, std::string_view name);
  Value optional_member(const Node& node);
  Value has(const Node& node);
  Value call(const Node& node);
  Value quick(const Node& node);
  Value apply(const Node& node, std::span<Value> arguments);
  Value logic(const Node& node, bool settles);
  Value logic_not(const Node& node);
  Value conditional(const Node& node);
  Value list(const Node& node);
  Value map(const Node& node);
  Value message(const Node& node);
  Value bind(const Node& node);
  Value opt_map(const Node& node);

  Value comprehension(const Node& node);
  struct Loop;
  Value iterate(const Node& node, Loop& loop);
  bool next(const Node& node, Loop& loop);
  static Value key_of(const Loop& loop);
  Value quantify(const Node& node, Loop& loop, bool settles);
  Value exists_one(const Node& node, Loop& loop);
  Value transform_list(const Node& node, Loop& loop);
  Value transform_map(const Node& node, Loop& loop);

  std::uint32_t child(const Node& node, std::size_t i) const { return plan_.operands[node.first + i]; }
  Value fail(const Node& node, Fault fault, std::string_view message);
  Value placed(const Node& node, const Value& error);
  Value no_boolean(const Node& node, const Value& value);
  static bool has_members(const Value& value);
  Value no_members(const Node& node, const Value& value);
  Value absorb(const Value& pending, const Value& failed);
  bool spend(std::int64_t units) { return (budget_ -= units) >= 0; }
  bool exhausted() const { return budget_ < 0; }
  Value cost_exceeded(const Node& node);

  const Plan& plan_;
  const Activation* activation_;
  Arena& arena_;
  std::int64_t cost_max_;
  std::int64_t budget_;
  Trace* trace_;
  std::span<Value> locals_;
};

}  // namespace bw::cel
