// SPDX-License-Identifier: Apache-2.0
#include "cel/eval/machine.h"

#include <fmt/core.h>

#include <array>
#include <string>

#include "cel/eval/tracing.h"
#include "cel/value_parts.h"

namespace bw::cel {

using Kind = Value::Kind;

Machine::Machine(const Plan& plan, const Activation* activation, Arena& arena, std::int64_t cost_max, Trace* trace)
    : plan_(plan),
      activation_(activation),
      arena_(arena),
      cost_max_(cost_max),
      budget_(cost_max),
      trace_(trace),
      locals_(arena.array<Value>(plan.locals_max)) {}

Value Machine::run(std::uint32_t id) {
  const Node& root = plan_.nodes[id];
  Value value = evaluate(id);
  if (exhausted()) return cost_exceeded(root);
  if (plan_.condition && !value.is(Kind::boolean) && !value.is_failed()) return no_boolean(root, value);
  return value;
}

Value Machine::evaluate(std::uint32_t id) {
  const Node& node = plan_.nodes[id];
  if (!spend(1)) return cost_exceeded(node);
  if (trace_ != nullptr && (node.term || node.shown)) return traced(node);
  return operate(node);
}

Value Machine::traced(const Node& node) {
  if (node.term) begin_term(*trace_, plan_, node);
  Value value = operate(node);
  if (node.term) {
    end_term(*trace_, value);
  } else {
    add_operand(*trace_, plan_, node, value);
  }
  return value;
}

Value Machine::operate(const Node& node) {
  switch (node.op) {
    case Op::constant: return plan_.constants[node.a];
    case Op::variable: return variable(node);
    case Op::local: return locals_[node.a];
    case Op::field:
    case Op::member: return field(node);
    case Op::optional_member: return optional_member(node);
    case Op::has_field:
    case Op::has_member: return has(node);
    case Op::call: return node.quick == Operator::none ? call(node) : quick(node);
    case Op::logic_and: return logic(node, false);
    case Op::logic_or: return logic(node, true);
    case Op::logic_not: return logic_not(node);
    case Op::conditional: return conditional(node);
    case Op::list: return list(node);
    case Op::map: return map(node);
    case Op::message: return message(node);
    case Op::comprehension: return comprehension(node);
    case Op::bind: return bind(node);
    case Op::opt_map: return opt_map(node);
    case Op::fail: break;
  }
  return fail(node, Fault::no_such_overload, plan_.names[node.a]);
}

// --- failing ---

Value Machine::fail(const Node& node, Fault fault, std::string_view message) {
  return Value::error(arena_, fault, message, node.place);
}

// An error the host bound has no place yet: it arises where it is read.
Value Machine::placed(const Node& node, const Value& error) {
  if (error.failure().place.known()) return error;
  return fail(node, error.failure().fault, error.failure().message);
}

Value Machine::no_boolean(const Node& node, const Value& value) {
  return fail(node, Fault::no_such_overload, fmt::format("expected bool, found {}", type_name(value)));
}

Value Machine::cost_exceeded(const Node& node) {
  budget_ = -1;
  return fail(node, Fault::cost_exceeded, "the evaluation costs more than its ceiling");
}

bool Machine::has_members(const Value& value) { return value.is(Kind::map) || value.is(Kind::object); }

Value Machine::no_members(const Node& node, const Value& value) {
  return fail(node, Fault::no_such_overload,
              fmt::format("{} has no field `{}`", type_name(value), plan_.names[node.name]));
}

// What remains of two failures: unknowns add up and outrank errors, of errors the first one stays.
Value Machine::absorb(const Value& pending, const Value& failed) {
  if (pending.is(Kind::absent)) return failed;
  if (!failed.is(Kind::unknown)) return pending;
  return pending.is(Kind::unknown) ? merge_unknowns(arena_, pending, failed) : failed;
}

// --- reading ---

Value Machine::variable(const Node& node) {
  const Value& value = activation_->at(node.a);
  if (value.is(Kind::absent))
    return fail(node, Fault::not_bound, fmt::format("variable `{}` has no value", plan_.names[node.name]));
  return value.is(Kind::error) ? placed(node, value) : value;
}

Value Machine::field(const Node& node) {
  Value operand = evaluate(child(node, 0));
  if (operand.is_failed()) return operand;
  Value value = field_of(node, operand);
  return value.is(Kind::error) ? placed(node, value) : value;
}

Value Machine::field_of(const Node& node, const Value& operand) {
  if (node.op != Op::field || !operand.is(Kind::object) || &operand.object_type() != plan_.objects[node.b]) {
    return member_of(node, operand);
  }
  Value value = operand.field(node.a);
  if (value.is(Kind::absent))
    return fail(node, Fault::no_such_field, fmt::format("field `{}` is absent", plan_.names[node.name]));
  return value;
}

Value Machine::member_of(const Node& node, const Value& operand) {
  const std::string& name = plan_.names[node.name];
  if (operand.is(Kind::optional)) {
    if (operand.inner().is(Kind::absent)) return operand;
    if (!has_members(operand.inner())) return no_members(node, operand.inner());
    Value inner = lookup_present(operand.inner(), name);
    return inner.is(Kind::absent) ? Value::none() : inner.is_failed() ? inner : Value::some(arena_, inner);
  }
  if (!has_members(operand)) return no_members(node, operand);
  Value value = lookup(operand, name);
  if (!value.is(Kind::absent)) return value;
  if (operand.is(Kind::map)) return fail(node, Fault::no_such_key, fmt::format("no such key: `{}`", name));
  return fail(node, Fault::no_such_field, fmt::format("no such field: `{}`", name));
}

Value Machine::lookup(const Value& operand, std::string_view name) {
  if (operand.is(Kind::map)) return operand.find(Value::string(name));
  if (!operand.is(Kind::object)) return Value::absent();
  std::size_t slot = operand.object_type().index(name);
  return slot == ObjectType::npos ? Value::absent() : operand.field(slot);
}

// The member, absent where has() would say so.
Value Machine::lookup_present(const Value& operand, std::string_view name) {
  if (!operand.is(Kind::object)) return lookup(operand, name);
  std::size_t slot = operand.object_type().index(name);
  return slot == ObjectType::npos || operand.has(slot).is_false() ? Value::absent() : operand.field(slot);
}

Value Machine::optional_member(const Node& node) {
  Value operand = evaluate(child(node, 0));
  if (operand.is_failed()) return operand;
  if (operand.is(Kind::optional)) operand = operand.inner();
  if (operand.is(Kind::absent)) return Value::none();
  if (!has_members(operand)) return no_members(node, operand);
  Value value = lookup_present(operand, plan_.names[node.name]);
  if (value.is(Kind::absent)) return Value::none();
  if (value.is_failed()) return value.is(Kind::error) ? placed(node, value) : value;
  return value.is(Kind::optional) ? value : Value::some(arena_, value);
}

Value Machine::has(const Node& node) {
  Value operand = evaluate(child(node, 0));
  if (operand.is_failed()) return operand;
  if (operand.is(Kind::optional)) operand = operand.inner();
  if (operand.is(Kind::absent)) return Value::boolean(false);
  if (node.op == Op::has_field && operand.is(Kind::object) && &operand.object_type() == plan_.objects[node.b]) {
    return operand.has(node.a);
  }
  if (!has_members(operand)) return no_members(node, operand);
  const std::string& name = plan_.names[node.name];
  if (operand.is(Kind::map)) {
    Value value = operand.find(Value::string(name));
    return value.is(Kind::unknown) ? value : Value::boolean(!value.is(Kind::absent));
  }
  std::size_t slot = operand.object_type().index(name);
  if (slot == ObjectType::npos) return fail(node, Fault::no_such_field, fmt::format("no such field: `{}`", name));
  return operand.has(slot);
}

// --- calling ---

Value Machine::call(const Node& node) {
  constexpr std::size_t inline_max = 4;
  std::array<Value, inline_max> few;
  std::span<Value> arguments =
      node.count <= inline_max ? std::span(few).first(node.count) : arena_.array<Value>(node.count);
  for (std::size_t i = 0; i < node.count; ++i) arguments[i] = evaluate(child(node, i));
  return apply(node, arguments);
}

// Of the arguments that failed, if any, or what the function says.
Value Machine::apply(const Node& node, std::span<Value> arguments) {
  Value failed;
  for (const Value& argument : arguments) {
    if (argument.is_failed()) failed = absorb(failed, argument);
  }
  if (!failed.is(Kind::absent)) return failed;
  CallContext context(arena_, node.place, budget_, node.b != 0 ? plan_.patterns[node.b - 1].get() : nullptr);
  Value value = plan_.functions[node.a]->implementation(context, arguments);
  return value.is(Kind::error) ? placed(node, value) : value;
}

namespace {

// What the function gives as well, or absent where it has more to say: of what does not fit it makes an error.
Value operate_on(Operator what, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  switch (what) {
    case Operator::add: return __builtin_add_overflow(a, b, &result) ? Value() : Value::int64(result);
    case Operator::subtract: return __builtin_sub_overflow(a, b, &result) ? Value() : Value::int64(result);
    case Operator::multiply: return __builtin_mul_overflow(a, b, &result) ? Value() : Value::int64(result);
    case Operator::modulo: return b > 0 ? Value::int64(a % b) : Value();
    case Operator::equal: return Value::boolean(a == b);
    case Operator::different: return Value::boolean(a != b);
    case Operator::less: return Value::boolean(a < b);
    case Operator::less_equal: return Value::boolean(a <= b);
    case Operator::greater: return Value::boolean(a > b);
    case Operator::greater_equal: return Value::boolean(a >= b);
    case Operator::none: break;
  }
  return {};
}

Value operate_on(Operator what, double a, double b) {
  switch (what) {
    case Operator::add: return Value::float64(a + b);
    case Operator::subtract: return Value::float64(a - b);
    case Operator::multiply: return Value::float64(a * b);
    case Operator::equal: return Value::boolean(a == b);
    case Operator::different: return Value::boolean(a != b);
    case Operator::less: return Value::boolean(a < b);
    case Operator::less_equal: return Value::boolean(a <= b);
    case Operator::greater: return Value::boolean(a > b);
    case Operator::greater_equal: return Value::boolean(a >= b);
    default: return {};
  }
}

}  // namespace

Value Machine::quick(const Node& node) {
  std::array arguments{evaluate(child(node, 0)), evaluate(child(node, 1))};
  const auto& [a, b] = arguments;
  Value value;
  if (a.is(Kind::int64) && b.is(Kind::int64)) value = operate_on(node.quick, a.int64(), b.int64());
  if (a.is(Kind::float64) && b.is(Kind::float64)) value = operate_on(node.quick, a.float64(), b.float64());
  return value.is(Kind::absent) ? apply(node, arguments) : value;
}

// --- logic ---

// && settles on false, || on true; what failed on the way matters only when nothing settles.
Value Machine::logic(const Node& node, bool settles) {
  Value pending;
  TermMark start = mark(trace_);
  for (std::size_t i = 0; i < node.count; ++i) {
    TermMark before = mark(trace_);
    Value value = evaluate(child(node, i));
    if (exhausted()) return cost_exceeded(node);
    if (value.is(Kind::boolean)) {
      if (value.boolean() != settles) continue;
      make_minor(trace_, start, before);
      return value;
    }
    pending = absorb(pending, value.is_failed() ? value : no_boolean(plan_.nodes[child(node, i)], value));
  }
  if (pending.is(Kind::absent)) return Value::boolean(!settles);
  make_minor_unless_failed(trace_, start);
  return pending;
}

Value Machine::logic_not(const Node& node) {
  Value value = evaluate(child(node, 0));
  if (value.is_failed()) return value;
  return value.is(Kind::boolean) ? Value::boolean(!value.boolean()) : no_boolean(node, value);
}

Value Machine::conditional(const Node& node) {
  Value condition = evaluate(child(node, 0));
  if (condition.is_failed()) return condition;
  if (!condition.is(Kind::boolean)) return no_boolean(node, condition);
  return evaluate(child(node, condition.boolean() ? 1 : 2));
}

// --- building ---

Value Machine::list(const Node& node) {
  auto elements = arena_.array<Value>(node.count);
  std::size_t used = 0;
  Value failed;
  if (!spend(10)) return cost_exceeded(node);
  for (std::size_t i = 0; i < node.count; ++i) {
    Value value = evaluate(child(node, i));
    if (value.is_failed()) {
      failed = absorb(failed, value);
      continue;
    }
    if (node.b != 0 && plan_.optional_items[node.a + i]) {
      if (!value.is(Kind::optional))
        return fail(node, Fault::no_such_overload, fmt::format("expected an optional, found {}", type_name(value)));
      value = value.inner();
      if (value.is(Kind::absent)) continue;
    }
    elements[used++] = value;
  }
  return failed.is(Kind::absent) ? Value::list(elements.first(used)) : failed;
}

Value Machine::map(const Node& node) {
  auto entries = arena_.array<Value::Entry>(node.count / 2);
  std::size_t used = 0;
  Value failed;
  if (!spend(30)) return cost_exceeded(node);
  for (std::size_t i = 0; i < node.count; i += 2) {
    Value key = evaluate(child(node, i));
    Value value = evaluate(child(node, i + 1));
    if (key.is_failed()) failed = absorb(failed, key);
    if (value.is_failed()) failed = absorb(failed, value);
    if (key.is_failed() || value.is_failed()) continue;
    if (!is_map_key(key))
      return fail(node, Fault::no_such_overload, fmt::format("{} cannot be a map key", type_name(key)));
    if (node.b != 0 && plan_.optional_items[node.a + i / 2]) {
      if (!value.is(Kind::optional))
        return fail(node, Fault::no_such_overload, fmt::format("expected an optional, found {}", type_name(value)));
      value = value.inner();
      if (value.is(Kind::absent)) continue;
    }
    entries[used++] = {key, value};
  }
  if (!failed.is(Kind::absent)) return failed;
  auto made = make_map(arena_, entries.first(used));
  return made ? *made : fail(node, Fault::duplicate_key, "a key occurs twice in a map");
}

Value Machine::message(const Node& node) {
  const Message& message = *plan_.messages[node.a];
  auto fields = arena_.array<Value>(message.fields.size());
  Value failed;
  if (!spend(40)) return cost_exceeded(node);
  for (std::size_t i = 0; i < node.count; ++i) {
    const Plan::Given& given = plan_.given[node.b + i];
    Value value = evaluate(child(node, i));
    if (given.optional && !value.is_failed()) {
      if (!value.is(Kind::optional))
        return fail(node, Fault::no_such_overload, fmt::format("expected an optional, found {}", type_name(value)));
      value = value.inner();
    }
    if (value.is_failed()) failed = absorb(failed, value);
    fields[given.slot] = value;
  }
  if (!failed.is(Kind::absent)) return failed;
  CallContext context(arena_, node.place, budget_);
  Value value = message.make(context, fields);
  return value.is(Kind::error) ? placed(node, value) : value;
}

// A bound expression that fails does so where its name is used, if it is.
Value Machine::bind(const Node& node) {
  for (std::uint32_t i = 0; i + 1 < node.count; ++i) locals_[node.a + i] = evaluate(child(node, i));
  return evaluate(child(node, node.count - 1));
}

Value Machine::opt_map(const Node& node) {
  Value operand = evaluate(child(node, 0));
  if (operand.is_failed()) return operand;
  if (!operand.is(Kind::optional))
    return fail(node, Fault::no_such_overload, fmt::format("expected an optional, found {}", type_name(operand)));
  if (operand.inner().is(Kind::absent)) return operand;
  locals_[node.a] = operand.inner();
  Value value = evaluate(child(node, 1));
  if (value.is_failed()) return value;
  if (node.b == 0) return Value::some(arena_, value);
  return value.is(Kind::optional)
             ? value
             : fail(node, Fault::no_such_overload, fmt::format("expected an optional, found {}", type_name(value)));
}

}  // namespace bw::cel
