// SPDX-License-Identifier: Apache-2.0
#include "policy/rule_shape.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "policy/attribute_builder.h"

namespace bw::policy {
namespace {

using cel::TypeKind;
using cel::Value;

// One value of every class that the constants of some tests cut a type into: each constant, and something between, below
// and above them. What holds for these holds for every value.
std::vector<Value> samples(const std::vector<const RuleShape::Part*>& parts) {
  const cel::Type& type = parts.front()->test->type;
  std::vector<Value> constants, out;
  for (const auto* part : parts)
    constants.insert(constants.end(), part->test->constants.begin(), part->test->constants.end());
  switch (type.kind()) {
    case TypeKind::boolean: return {Value::boolean(false), Value::boolean(true)};
    case TypeKind::string:
      if (!type.members().empty()) {
        for (const std::string& member : type.members()) out.push_back(Value::string(member));
        return out;
      }
      out = constants;
      out.push_back(Value::string(std::string_view("\xff", 1)));  // no text that JSON can carry
      return out;
    case TypeKind::int64:
      for (const Value& constant : constants) {
        std::int64_t at =
            constant.is(Value::Kind::int64) ? constant.int64() : static_cast<std::int64_t>(constant.float64());
        for (std::int64_t n : {at - 1, at, at + 1}) out.push_back(Value::int64(n));
      }
      if (out.empty()) out.push_back(Value::int64(0));
      return out;
    default:
      for (const Value& constant : constants) {
        double at = constant.is(Value::Kind::int64) ? static_cast<double>(constant.int64()) : constant.float64();
        constexpr double infinity = std::numeric_limits<double>::infinity();
        for (double d : {std::nextafter(at, -infinity), at, std::nextafter(at, infinity)})
          out.push_back(Value::float64(d));
      }
      if (out.empty()) out.push_back(Value::float64(0));
      return out;
  }
}

// Whether the value leaves a rule standing as far as this part goes; a test that fails is no such value.
bool admits(const RuleShape::Part& part, const Value& value) {
  Value result = cel::apply(*part.test, value);
  return part.role == Role::must_not ? result.is_false() : result.is_true();
}

bool admit(const std::vector<const RuleShape::Part*>& parts, const Value& value) {
  return std::ranges::all_of(parts, [&](const auto* part) { return admits(*part, value); });
}

bool is_within(const std::vector<std::string>& narrow, const std::vector<std::string>& wide) {
  if (wide.empty()) return true;
  if (narrow.empty()) return false;
  return std::ranges::all_of(narrow, [&](const std::string& name) {
    return std::ranges::any_of(wide, [&](const std::string& pattern) { return glob_match(pattern, name); });
  });
}

std::optional<cel::Test> usable_test(const cel::Program& program, const cel::Environment& environment) {
  auto test = cel::as_test(program, environment);
  if (!test || test->relation == cel::Relation::starts_with) return std::nullopt;  // `samples` has no text for it
  return AttributeBuilder::takes(*test) ? test : std::nullopt;
}

}  // namespace

RuleShape::RuleShape(const PlannedRule& planned, const cel::Environment& environment) : planned_(&planned) {
  auto add = [&](const std::vector<Condition>& conditions, Role role, auto take_apart) {
    for (const Condition& condition : conditions) {
      for (auto& part : take_apart(condition.program)) {
        auto test = usable_test(part, environment);
        parts_.push_back({std::move(part), role, std::move(test)});
      }
    }
  };
  add(planned.all, Role::must, cel::conjuncts);
  add(planned.unless, Role::must_not, cel::disjuncts);
  add(planned.any, Role::any, cel::disjuncts);
}

std::vector<const RuleShape::Part*> RuleShape::about(const cel::Reading& reading) const {
  std::vector<const Part*> out;
  for (const Part& part : parts_) {
    if (part.test && part.role != Role::any && part.test->reading == reading) out.push_back(&part);
  }
  return out;
}

std::vector<const RuleShape::Part*> RuleShape::contradiction() const {
  for (const Part& part : parts_) {
    if (!part.test || part.role == Role::any) continue;
    auto parts = about(part.test->reading);
    auto values = samples(parts);
    values.push_back(Value::absent());
    if (std::ranges::none_of(values, [&](const Value& value) { return admit(parts, value); })) return parts;
  }
  return {};
}

std::vector<const RuleShape::Part*> RuleShape::tautology() const {
  std::vector<const Part*> parts;
  for (const Part& part : parts_) {
    if (part.role == Role::any) parts.push_back(&part);
  }
  for (const Part* first : parts) {
    if (!first->test) continue;
    std::vector<const Part*> same;
    for (const Part* part : parts) {
      if (part->test && part->test->reading == first->test->reading) same.push_back(part);
    }
    auto values = samples(same);
    bool always = std::ranges::all_of(values, [&](const Value& value) {
      return std::ranges::any_of(same, [&](const Part* part) { return cel::apply(*part->test, value).is_true(); });
    });
    if (always) return same;
  }
  return {};
}

// Whether the part holds wherever this rule stands.
bool RuleShape::implies(const Part& part) const {
  bool is_said = std::ranges::any_of(parts_, [&](const Part& own) {
    return own.role == part.role && own.role != Role::any && own.program.text() == part.program.text();
  });
  if (is_said) return true;
  if (!part.test) return false;
  auto parts = about(part.test->reading);
  if (parts.empty()) return false;
  auto all = parts;
  all.push_back(&part);
  auto values = samples(all);
  values.push_back(Value::absent());
  return std::ranges::all_of(values, [&](const Value& value) { return !admit(parts, value) || admits(part, value); });
}

bool RuleShape::is_covered_by(const RuleShape& other) const {
  const domain::Match &own = rule().match, &wide = other.rule().match;
  if (!is_within(own.agent, wide.agent) || !is_within(own.workflow, wide.workflow)) return false;
  bool has_group = false, group_holds = false;
  for (const Part& part : other.parts_) {
    if (part.role == Role::any) {
      has_group = true;
      group_holds = group_holds || implies({part.program, Role::must, part.test});
    } else if (!implies(part)) {
      return false;
    }
  }
  if (!has_group || group_holds) return true;
  // Each choice of this rule is a choice of the other.
  bool own_group = false, all_known = true;
  for (const Part& part : parts_) {
    if (part.role != Role::any) continue;
    own_group = true;
    all_known = all_known && std::ranges::any_of(other.parts_, [&](const Part& theirs) {
                  return theirs.role == Role::any && theirs.program.text() == part.program.text();
                });
  }
  return own_group && all_known;
}

}  // namespace bw::policy
