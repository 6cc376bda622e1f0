// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cel/program.h"
#include "prove/universe.h"
#include "prove/value.h"

namespace bw::cel {
struct Node;
struct Plan;
}  // namespace bw::cel

namespace bw::prove {

// A compiled expression as a formula: what the evaluator (cel/eval) does to values it does to all requests at once, errors
// and their absorption included. Whole numbers keep their 64 bits; doubles are compared exactly and computed with within
// the bounds of rounding. What has no formula (most functions on texts, macros that build maps) is any value, with a
// reason. The budget of an evaluation is not modelled.
class Translator {
 public:
  Translator(Universe& universe, const cel::Program& program);

  Value value();
  Truth truth() { return truth_of(value()); }

 private:
  Value translate(std::uint32_t id);
  Value operate(const cel::Node& node);
  Value child(const cel::Node& node, std::size_t i);
  Value constant_of(const cel::Value& value);
  Value member(const cel::Node& node);
  Value optional_member(const cel::Node& node, const Value& operand);
  Truth has(const cel::Node& node);
  Value conditional(const cel::Node& node);
  Value list(const cel::Node& node);
  Value bind(const cel::Node& node);
  Value opt_map(const cel::Node& node);
  Value matches(const cel::Node& node, const Value& text, const Value& pattern);

  Value call(const cel::Node& node);
  Value about_run(const cel::Node& node, const std::string& function, std::span<const Value> arguments);
  Value contains(const cel::Node& node, const Value& element, const Value& container);
  Value index(const cel::Node& node, const Value& container, const Value& key, bool optionally);

  Value comprehension(const cel::Node& node);
  Value over(const cel::Node& node, const List& list);
  Value quantified(const cel::Node& node, const List& list, const std::vector<Truth>& each);
  Truth in_rest(const List& list, const std::string& text);
  Truth rest_of(const cel::Node& node, const List& list);
  static std::string beyond(const List& list);
  Value exactly_one(const cel::Node& node, const List& list, const std::vector<Truth>& each);
  Value filtered(const cel::Node& node, const List& list, const std::vector<Truth>& each);
  Value mapped(const cel::Node& node, const List& list, const std::vector<Truth>& each, std::vector<Value> values);

  Value anything(const cel::Node& node);
  std::string text(const cel::Node& node) const;
  std::string key(const cel::Node& node) const;  // equal for what has the same value in every request
  const cel::Node& node(std::uint32_t id) const;

  Universe& universe_;
  z3::context& z3_;
  const cel::Program& program_;
  const cel::Plan& plan_;
  std::vector<Value> locals_;
  std::vector<std::string> local_names_;
};

}  // namespace bw::prove
