// SPDX-License-Identifier: Apache-2.0
#include "cel/shape.h"

#include <algorithm>

#include "cel/library/library.h"
#include "cel/program/plan.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

const Node& node_of(const Program& program) { return program.plan().nodes[program.root()]; }

// Flattens: the parser makes a chain one node, but a && (b && c) is two.
void flatten(const Program& program, Op op, std::vector<Program>& out) {
  const Node& node = node_of(program);
  if (node.op != op) return out.push_back(program);
  for (std::uint32_t i = 0; i < node.count; ++i)
    flatten(program.part(program.plan().operands[node.first + i]), op, out);
}

class TestReader {
 public:
  TestReader(const Plan& plan, const Environment& environment) : plan_(plan), environment_(environment) {}

  // Whether everything below reads `sole` alone, which the first reading met becomes.
  bool reads_only(std::uint32_t id, std::optional<SoleText>& sole) const {
    const Node& node = plan_.nodes[id];
    Test test;
    bool is_reading = node.op == Op::variable || node.op == Op::field || node.op == Op::has_field;
    if (is_reading && (node.op == Op::has_field ? presence(node, test) : follow(id, test))) {
      if (!sole) sole = SoleText{test.reading, test.type};
      return sole->reading == test.reading;
    }
    if (node.op == Op::variable) return false;
    for (std::uint32_t i = 0; i < node.count; ++i) {
      if (!reads_only(child(node, i), sole)) return false;
    }
    return true;
  }

  std::optional<Test> run(std::uint32_t id) {
    const Node& node = plan_.nodes[id];
    Test test;
    bool good = false;
    switch (node.op) {
      case Op::logic_not: {
        auto inner = run(child(node, 0));
        if (!inner || inner->guarded) return std::nullopt;
        inner->negated = !inner->negated;
        return inner;
      }
      case Op::logic_and: return guarded(node);
      case Op::has_field: good = presence(node, test); break;
      case Op::call: good = comparison(node, test); break;
      case Op::variable:
      case Op::field: good = follow(id, test) && test.type.is(TypeKind::boolean); break;
      default: break;
    }
    return good ? std::optional(std::move(test)) : std::nullopt;
  }

 private:
  std::uint32_t child(const Node& node, std::uint32_t i) const { return plan_.operands[node.first + i]; }

  std::optional<Test> guarded(const Node& node) {
    if (node.count != 2) return {};
    auto guard = run(child(node, 0)), test = run(child(node, 1));
    bool guards = guard && test && guard->relation == Relation::present && !guard->negated && !guard->guarded;
    if (!guards || test->guarded || guard->reading != test->reading) return {};
    test->guarded = true;
    return test;
  }

  // Follows fields down to a variable.
  bool follow(std::uint32_t id, Test& test) const {
    const Node& node = plan_.nodes[id];
    if (node.op == Op::variable) {
      test.reading.variable = node.a;
      test.type = environment_.variables()[node.a].type;
      return true;
    }
    if (node.op != Op::field || !follow(child(node, 0), test)) return false;
    return step(node, test);
  }

  bool step(const Node& node, Test& test) const {
    const ObjectType* object = plan_.objects[node.b];
    if (test.type.object() != object) return false;
    test.reading.fields.push_back(node.a);
    test.type = Type(object->fields()[node.a].type);
    return true;
  }

  bool presence(const Node& node, Test& test) const {
    test.relation = Relation::present;
    return follow(child(node, 0), test) && step(node, test) && is_comparable(test.type);
  }

  bool comparison(const Node& node, Test& test) const {
    auto relation = relation_of(plan_.functions[node.a]->name);
    if (!relation || node.count != 2) return false;
    std::uint32_t left = child(node, 0), right = child(node, 1);
    bool turned = plan_.nodes[left].op == Op::constant;
    if (turned && (*relation == Relation::one_of || *relation == Relation::starts_with)) return false;
    if (turned) std::swap(left, right);
    const Node& constant = plan_.nodes[right];
    if (constant.op != Op::constant || !follow(left, test) || !is_comparable(test.type)) return false;
    if (*relation == Relation::starts_with && !test.type.is(TypeKind::string)) return false;
    test.relation = turned ? turn(*relation) : *relation;
    const Value& value = plan_.constants[constant.a];
    if (test.relation != Relation::one_of) {
      test.constants = {&value, 1};
      return fits(test.type, value);
    }
    if (!value.is(Kind::list)) return false;
    test.constants = value.elements();
    return std::ranges::all_of(test.constants, [&](const Value& v) { return fits(test.type, v); });
  }

  static std::optional<Relation> relation_of(std::string_view function) {
    if (function == "_==_") return Relation::equal;
    if (function == "_!=_") return Relation::different;
    if (function == "_<_") return Relation::less;
    if (function == "_<=_") return Relation::less_equal;
    if (function == "_>_") return Relation::greater;
    if (function == "_>=_") return Relation::greater_equal;
    if (function == "@in") return Relation::one_of;
    if (function == "startsWith") return Relation::starts_with;
    return {};
  }
  static Relation turn(Relation relation) {
    switch (relation) {
      case Relation::less: return Relation::greater;
      case Relation::less_equal: return Relation::greater_equal;
      case Relation::greater: return Relation::less;
      case Relation::greater_equal: return Relation::less_equal;
      default: return relation;
    }
  }

  static bool is_comparable(const Type& type) {
    return type.is(TypeKind::boolean) || type.is(TypeKind::int64) || type.is(TypeKind::float64) ||
           type.is(TypeKind::string);
  }
  static bool fits(const Type& type, const Value& value) {
    switch (type.kind()) {
      case TypeKind::boolean: return value.is(Kind::boolean);
      case TypeKind::string: return value.is(Kind::string);
      default: return value.is_number();
    }
  }

  const Plan& plan_;
  const Environment& environment_;
};

bool holds(Relation relation, int order) {
  switch (relation) {
    case Relation::less: return order == -1;
    case Relation::less_equal: return order == -1 || order == 0;
    case Relation::greater: return order == 1;
    default: return order == 1 || order == 0;
  }
}

Value decide(const Test& test, const Value& value) {
  switch (test.relation) {
    case Relation::truth: return value;
    case Relation::equal: return equal(value, test.constants[0]);
    case Relation::different: {
      Value same = equal(value, test.constants[0]);
      return same.is(Kind::boolean) ? Value::boolean(!same.boolean()) : same;
    }
    case Relation::one_of:
      return Value::boolean(
          std::ranges::any_of(test.constants, [&](const Value& constant) { return equal(value, constant).is_true(); }));
    case Relation::starts_with: return Value::boolean(value.text().starts_with(test.constants[0].text()));
    case Relation::present: return Value::boolean(true);
    default: {
      auto sign = order(value, test.constants[0]);
      return sign ? Value::boolean(holds(test.relation, *sign)) : Value::absent();
    }
  }
}

// As the evaluator answers has(): a value of the wrong type is there, a missing one is not, an unknown may be.
Value presence_of(const Value& value) {
  if (value.is(Kind::unknown)) return value;
  if (value.is(Kind::error)) return Value::boolean(value.failure().fault != Fault::no_such_field);
  return Value::boolean(!value.is(Kind::absent));
}

}  // namespace

std::vector<Program> conjuncts(const Program& program) {
  std::vector<Program> out;
  flatten(program, Op::logic_and, out);
  return out;
}

std::vector<Program> disjuncts(const Program& program) {
  std::vector<Program> out;
  flatten(program, Op::logic_or, out);
  return out;
}

std::optional<Test> as_test(const Program& program, const Environment& environment) {
  return TestReader(program.plan(), environment).run(program.root());
}

std::optional<Value> read(const Reading& reading, const Activation& activation) {
  Value value = activation.at(reading.variable);
  for (std::uint32_t slot : reading.fields) {
    if (!value.is(Kind::object)) return std::nullopt;
    value = value.field(slot);
  }
  return value;
}

Value apply(const Test& test, const Value& value) {
  if (test.guarded) {
    Value present = presence_of(value);
    if (!present.is_true()) return present;
  }
  bool usable = !value.is_failed() && !value.is(Kind::absent);
  Value result = test.relation == Relation::present ? presence_of(value) : usable ? decide(test, value) : value;
  if (!result.is(Kind::boolean)) return result;
  return test.negated ? Value::boolean(!result.boolean()) : result;
}

std::optional<SoleText> sole_text(const Program& program, const Environment& environment) {
  std::optional<SoleText> sole;
  if (!TestReader(program.plan(), environment).reads_only(program.root(), sole)) return {};
  return sole && sole->type.is(TypeKind::string) ? sole : std::nullopt;
}

Value evaluate_for(const Program& program, const Environment& environment, const SoleText& sole, std::string_view text,
                   Arena& arena) {
  const Type* type = &environment.variables()[sole.reading.variable].type;
  std::vector<const ObjectType*> objects;
  for (std::uint32_t field : sole.reading.fields) {
    objects.push_back(type->object());
    type = &objects.back()->fields()[field].type;
  }
  Value value = Value::string(arena.copy(text));
  for (std::size_t i = objects.size(); i-- > 0;) {
    auto slots = arena.array<Value>(objects[i]->fields().size());
    slots[sole.reading.fields[i]] = value;
    value = Value::object(arena, *objects[i], slots);
  }
  Activation activation(environment);
  activation.bind(sole.reading.variable, value);
  return evaluate(program, activation, arena);
}

std::optional<Value> constant(const Program& program) {
  const Node& node = node_of(program);
  return node.op == Op::constant ? std::optional(program.plan().constants[node.a]) : std::nullopt;
}

}  // namespace bw::cel
