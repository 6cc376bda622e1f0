// SPDX-License-Identifier: Apache-2.0
#include "prove/translate.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cel/program/plan.h"
#include "json/writer.h"
#include "prove/operators.h"
#include "prove/pattern.h"

namespace bw::prove {
namespace {

using cel::Macro;
using cel::Node;
using cel::Op;

z3::expr is_of(const Value& value, Sort sort) {
  std::vector<z3::expr> ways;
  for (const auto& alternative : value.alternatives)
    if (alternative.sort == sort) ways.push_back(alternative.when);
  return any(value.failed.ctx(), ways);
}

bool may_be(const Value& value, Sort sort) {
  return std::ranges::any_of(value.alternatives, [&](const auto& a) { return a.sort == sort; });
}

// `value` there, with its failure; `present` says whether it is there at all.
Value optional_of(const z3::expr& present, const Value& value) {
  auto& z3 = present.ctx();
  return {
      present && value.failed,
      {{.sort = Sort::optional, .when = z3.bool_val(true), .term = present, .inner = std::make_shared<Value>(value)}}};
}

// What a value comes to, one kind after the other; a kind that `of_kind` does not take fails.
template <class OfKind>
Value by_kind(const Value& value, const OfKind& of_kind) {
  auto& z3 = value.failed.ctx();
  Value out = failure(z3);
  for (const auto& alternative : value.alternatives) {
    std::optional<Value> one = of_kind(alternative);
    if (one) out = choose({alternative.when, !alternative.when}, *one, out);
  }
  out.failed = out.failed || value.failed;
  return out;
}

std::optional<std::string> constant_text(const Value& value) {
  if (value.alternatives.size() != 1 || value.alternatives[0].sort != Sort::string) return std::nullopt;
  z3::expr term = value.alternatives[0].term->simplify();
  return term.is_string_value() ? std::optional(text_of(term)) : std::nullopt;
}

}  // namespace

Translator::Translator(Universe& universe, const cel::Program& program)
    : universe_(universe),
      z3_(universe.z3()),
      program_(program),
      plan_(program.plan()),
      locals_(plan_.locals_max, failure(universe.z3())),
      local_names_(plan_.locals_max) {}

Value Translator::value() { return translate(program_.root()); }

const Node& Translator::node(std::uint32_t id) const { return plan_.nodes[id]; }
Value Translator::translate(std::uint32_t id) { return operate(node(id)); }
Value Translator::child(const Node& node, std::size_t i) { return translate(plan_.operands[node.first + i]); }

std::string Translator::text(const Node& node) const { return std::string(node.place.in(plan_.source)); }
std::string Translator::key(const Node& node) const {
  std::string out = text(node);
  for (const auto& local : local_names_)
    if (!local.empty()) out += " | " + local;
  return out;
}
Value Translator::anything(const Node& node) { return universe_.unclear(key(node)); }

Value Translator::operate(const Node& node) {
  switch (node.op) {
    case Op::constant: return constant_of(plan_.constants[node.a]);
    case Op::variable: return universe_.variable(node.a);
    case Op::local: return locals_[node.a];
    case Op::field:
    case Op::member: return member(node);
    case Op::optional_member: return optional_member(node, child(node, 0));
    case Op::has_field:
    case Op::has_member: return truth_value(has(node));
    case Op::call: return call(node);
    case Op::logic_not: return truth_value(not_of(truth_of(child(node, 0))));
    case Op::conditional: return conditional(node);
    case Op::list: return list(node);
    case Op::comprehension: return comprehension(node);
    case Op::bind: return bind(node);
    case Op::opt_map: return opt_map(node);
    case Op::logic_and:
    case Op::logic_or: break;
    case Op::map:
    case Op::message: return anything(node);
    case Op::fail: return failure(z3_);
  }
  std::vector<Truth> terms;
  for (std::size_t i = 0; i < node.count; ++i) terms.push_back(truth_of(child(node, i)));
  return truth_value(node.op == Op::logic_and ? all_of(z3_, terms) : any_of(z3_, terms));
}

Value Translator::constant_of(const cel::Value& value) {
  using Kind = cel::Value::Kind;
  auto nanoseconds = [&] {
    return z3_.int_val(value.seconds()) * z3_.int_val(1'000'000'000) + z3_.int_val(value.nanos());
  };
  switch (value.kind()) {
    case Kind::null: return {z3_.bool_val(false), {{.sort = Sort::null, .when = z3_.bool_val(true)}}};
    case Kind::boolean: return constant(z3_, value.boolean());
    case Kind::int64: return constant(z3_, value.int64());
    case Kind::uint64: return of(Sort::uint64, z3_.int_val(value.uint64()));
    case Kind::float64:
      if (auto real = real_constant(z3_, value.float64())) return of(Sort::float64, *real);
      break;
    case Kind::string: return constant(z3_, value.text());
    case Kind::timestamp: return of(Sort::timestamp, nanoseconds());
    case Kind::duration: return of(Sort::duration, nanoseconds());
    case Kind::list: {
      List list{.elements = {},
                .more = z3_.bool_val(false),
                .length = z3_.int_val(static_cast<std::int64_t>(value.elements().size())),
                .name = cel::render(value, 4096)};
      for (const cel::Value& element : value.elements())
        list.elements.push_back({z3_.bool_val(true), constant_of(element)});
      return {z3_.bool_val(false),
              {{.sort = Sort::list, .when = z3_.bool_val(true), .list = std::make_shared<List>(std::move(list))}}};
    }
    default: break;
  }
  auto shown = cel::render(value, 4096);
  return universe_.anything(shown, fmt::format("`{}`", shown));
}

// --- members ---

Value Translator::member(const Node& node) {
  Value operand = child(node, 0);
  const std::string& name = plan_.names[node.name];
  return by_kind(operand, [&](const Alternative& one) -> std::optional<Value> {
    if (one.sort == Sort::other) return anything(node);
    if (one.sort == Sort::optional) return optional_member(node, {z3_.bool_val(false), {one}});
    if (one.sort != Sort::object) return std::nullopt;
    Field field = one.object->field(name);
    field.value.failed = field.value.failed || field.missing;
    return field.value;
  });
}

Value Translator::optional_member(const Node& node, const Value& operand) {
  const std::string& name = plan_.names[node.name];
  return by_kind(operand, [&](const Alternative& one) -> std::optional<Value> {
    if (one.sort == Sort::object) {
      Field field = one.object->field(name);
      return optional_of(!field.missing, field.value);
    }
    if (one.sort == Sort::optional) {
      Value none = optional_of(z3_.bool_val(false), failure(z3_));
      return choose({*one.term, !*one.term}, optional_member(node, *one.inner), none);
    }
    return one.sort == Sort::other ? std::optional(anything(node)) : std::nullopt;
  });
}

Truth Translator::has(const Node& node) {
  Value operand = child(node, 0);
  const std::string& name = plan_.names[node.name];
  return truth_of(by_kind(operand, [&](const Alternative& one) -> std::optional<Value> {
    if (one.sort == Sort::object) return of(Sort::boolean, !one.object->field(name).missing);
    return one.sort == Sort::other || one.sort == Sort::optional ? std::optional(anything(node)) : std::nullopt;
  }));
}

// --- building ---

Value Translator::conditional(const Node& node) {
  return choose(truth_of(child(node, 0)), child(node, 1), child(node, 2));
}

Value Translator::list(const Node& node) {
  List list{.elements = {}, .more = z3_.bool_val(false), .length = z3_.int_val(0), .name = key(node)};
  std::vector<z3::expr> failed{z3_.bool_val(false)};
  for (std::size_t i = 0; i < node.count; ++i) {
    Value element = child(node, i);
    failed.push_back(element.failed);
    if (node.b != 0 && plan_.optional_items[node.a + i]) return anything(node);
    list.elements.push_back({z3_.bool_val(true), std::move(element)});
  }
  list.length = z3_.int_val(static_cast<std::int64_t>(list.elements.size()));
  return {any(z3_, failed),
          {{.sort = Sort::list, .when = z3_.bool_val(true), .list = std::make_shared<List>(std::move(list))}}};
}

Value Translator::bind(const Node& node) {
  for (std::size_t i = 0; i + 1 < node.count; ++i) {
    auto name = key(this->node(plan_.operands[node.first + i]));
    locals_[node.a + i] = child(node, i);
    local_names_[node.a + i] = std::move(name);
  }
  return child(node, node.count - 1);
}

Value Translator::opt_map(const Node& node) {
  Value operand = child(node, 0);
  return by_kind(operand, [&](const Alternative& one) -> std::optional<Value> {
    if (one.sort == Sort::other) return anything(node);
    if (one.sort != Sort::optional) return std::nullopt;
    locals_[node.a] = *one.inner;
    local_names_[node.a] = key(this->node(plan_.operands[node.first]));
    Value inner = child(node, 1);
    if (node.b == 0) return optional_of(*one.term, inner);
    return choose({*one.term, !*one.term}, inner, optional_of(z3_.bool_val(false), failure(z3_)));
  });
}

// --- calling ---

// A text against a pattern that is written out.
Value Translator::matches(const Node& node, const Value& text, const Value& pattern) {
  auto written = constant_text(pattern);
  return by_kind(text, [&](const Alternative& one) -> std::optional<Value> {
    if (one.sort != Sort::string) return std::nullopt;
    auto holds = written ? holds_match(*one.term, *written) : std::nullopt;
    return holds ? of(Sort::boolean, *holds) : anything(node);
  });
}

Value Translator::call(const Node& node) {
  const std::string& function = plan_.functions[node.a]->name;
  std::vector<Value> arguments;
  for (std::size_t i = 0; i < node.count; ++i) arguments.push_back(child(node, i));
  std::vector<z3::expr> failed{z3_.bool_val(false)}, opaque{z3_.bool_val(false)};
  for (const Value& argument : arguments) {
    failed.push_back(argument.failed);
    opaque.push_back(is_of(argument, Sort::other));
  }
  std::optional<Value> out;
  bool run = function == "called" || function == "calls" || function == "succeeded" || function == "returned" ||
             function == "mentioned";
  if (run) out = about_run(node, function, arguments);
  else if (function == "@in") out = contains(node, arguments[0], arguments[1]);
  else if (function == "matches") out = matches(node, arguments[0], arguments[1]);
  else if (function == "_[_]" || function == "_[?_]")
    out = index(node, arguments[0], arguments[1], function == "_[?_]");
  else out = apply(universe_, function, arguments, key(node));
  if (!out) {
    out = anything(node);
  } else if (std::ranges::any_of(arguments, [](const Value& a) { return may_be(a, Sort::other); })) {
    z3::expr unclear = any(z3_, opaque);
    out = choose({unclear, !unclear}, universe_.anything(key(node), ""), *out);
  }
  out->failed = out->failed || any(z3_, failed);
  return *std::move(out);
}

// run.called("crm/*") and its like: the receiver is `run`, the last argument a pattern that is written out.
Value Translator::about_run(const Node& node, const std::string& function, std::span<const Value> arguments) {
  auto pattern = constant_text(arguments.back());
  if (!pattern) return anything(node);
  if (function == "calls") return universe_.calls(*pattern, false);
  if (function == "called" || function == "succeeded") {
    Value count = universe_.calls(*pattern, function == "succeeded");
    Value out = of(Sort::boolean, *count.alternatives.front().term > 0);
    out.failed = count.failed;
    return out;
  }
  auto argument = key(this->node(plan_.operands[node.first + 1]));
  return truth_value(universe_.came_from(function, argument, arguments[1], *pattern));
}

Value Translator::contains(const Node& node, const Value& element, const Value& container) {
  return by_kind(container, [&](const Alternative& one) -> std::optional<Value> {
    if (one.sort == Sort::other) return anything(node);
    if (one.sort == Sort::object) {
      auto name = constant_text(element);
      return name ? of(Sort::boolean, !one.object->field(*name).missing) : anything(node);
    }
    if (one.sort != Sort::list) return std::nullopt;
    std::vector<Truth> each;
    for (std::size_t i = 0; i < one.list->elements.size(); ++i) {
      const auto& item = one.list->elements[i];
      Truth same = equal(universe_, element, item.value, fmt::format("{} at {}", key(node), i));
      each.push_back({item.present && same.yes, !item.present || same.no});
    }
    if (!one.list->more.simplify().is_false()) {
      auto text = constant_text(element);
      Truth rest =
          text ? in_rest(*one.list, *text) : universe_.any_truth(key(node) + " in the rest", beyond(*one.list));
      each.push_back({one.list->more && rest.yes, !one.list->more || rest.no});
    }
    return truth_value(any_of(z3_, each));
  });
}

Value Translator::index(const Node& node, const Value& container, const Value& key, bool optionally) {
  auto found = [&](const z3::expr& there, const Value& value) {
    if (optionally) return optional_of(there, value);
    Value out = value;
    out.failed = out.failed || !there;
    return out;
  };
  return by_kind(container, [&](const Alternative& one) -> std::optional<Value> {
    if (one.sort == Sort::object) {
      auto name = constant_text(key);
      if (!name) return anything(node);
      Field field = one.object->field(*name);
      return found(!field.missing, field.value);
    }
    bool whole = key.alternatives.size() == 1 && key.alternatives[0].sort == Sort::int64;
    if (one.sort != Sort::list || !whole || !one.list->in_front) return anything(node);
    const z3::expr& at = *key.alternatives[0].term;
    Value out = anything(node);  // of the elements that are not told apart
    const auto& elements = one.list->elements;
    for (std::size_t i = elements.size(); i-- > 0;) {
      z3::expr here = at == static_cast<int>(i);
      out = choose({here, !here}, found(elements[i].present, elements[i].value), out);
    }
    z3::expr outside = at < 0 || at >= one.list->length;
    return choose({outside, !outside}, found(z3_.bool_val(false), failure(z3_)), out);
  });
}

// --- macros over lists ---

Value Translator::comprehension(const Node& node) {
  Value range = child(node, 0);
  return by_kind(range, [&](const Alternative& one) -> std::optional<Value> {
    if (one.sort == Sort::list) return over(node, *one.list);
    return one.sort == Sort::object || one.sort == Sort::other ? std::optional(anything(node)) : std::nullopt;
  });
}

Value Translator::over(const Node& node, const List& list) {
  bool two = node.b != 0, maps = node.macro == Macro::map || node.macro == Macro::transform_list;
  bool known = maps || node.macro == Macro::all || node.macro == Macro::exists || node.macro == Macro::exists_one ||
               node.macro == Macro::filter || node.macro == Macro::map_filtered ||
               node.macro == Macro::transform_list_filtered;
  if (!known || (two && !list.in_front)) return anything(node);
  std::vector<Truth> each;
  std::vector<Value> values;
  for (std::size_t i = 0; i < list.elements.size(); ++i) {
    std::size_t slot = node.a + (two ? 1 : 0);
    if (two) {
      locals_[node.a] = constant(z3_, static_cast<std::int64_t>(i));
      local_names_[node.a] = fmt::format("{}", i);
    }
    locals_[slot] = list.elements[i].value;
    local_names_[slot] = fmt::format("{}[{}]", list.name, i);
    each.push_back(maps ? constant_truth(z3_, true) : truth_of(child(node, 1)));
    if (node.count > 2 || maps) values.push_back(child(node, node.count - 1));
  }
  local_names_[node.a].clear();
  if (two) local_names_[node.a + 1].clear();
  if (node.macro == Macro::all || node.macro == Macro::exists) return quantified(node, list, each);
  if (node.macro == Macro::exists_one) return exactly_one(node, list, each);
  return values.empty() ? filtered(node, list, each) : mapped(node, list, each, std::move(values));
}

// all: true where an element is not there; exists: false. Of the elements beyond, anything may be true.
Value Translator::quantified(const Node& node, const List& list, const std::vector<Truth>& each) {
  bool settles = node.macro == Macro::exists;
  auto where = [&](const z3::expr& there, const Truth& truth) {
    return settles ? Truth{there && truth.yes, !there || truth.no} : Truth{!there || truth.yes, there && truth.no};
  };
  std::vector<Truth> terms;
  for (std::size_t i = 0; i < each.size(); ++i) terms.push_back(where(list.elements[i].present, each[i]));
  if (!list.more.simplify().is_false()) {
    terms.push_back(where(list.more, rest_of(node, list)));
  }
  return truth_value(settles ? any_of(z3_, terms) : all_of(z3_, terms));
}

// Whether a text is among the elements that are not told apart: the same, however it is asked.
Truth Translator::in_rest(const List& list, const std::string& text) {
  return universe_.any_truth(fmt::format("{} in the rest of {}", json::quoted(text), list.name), beyond(list));
}

Truth Translator::rest_of(const Node& node, const List& list) {
  const Node& body = this->node(plan_.operands[node.first + 1]);
  if (body.op == Op::call && body.count == 2 && node.b == 0) {
    const std::string& function = plan_.functions[body.a]->name;
    const Node &left = this->node(plan_.operands[body.first]), &right = this->node(plan_.operands[body.first + 1]);
    bool compares = left.op == Op::local && left.a == node.a && right.op == Op::constant;
    auto text = compares ? constant_text(constant_of(plan_.constants[right.a])) : std::nullopt;
    if (text && node.macro == Macro::exists && function == "_==_") return in_rest(list, *text);
    if (text && node.macro == Macro::all && function == "_!=_") return not_of(in_rest(list, *text));
  }
  return universe_.any_truth(fmt::format("{} in the rest of {}", key(node), list.name), beyond(list));
}

std::string Translator::beyond(const List& list) {
  return fmt::format("elements of {} beyond the first {}", list.name, elements_told_apart);
}

Value Translator::exactly_one(const Node& node, const List& list, const std::vector<Truth>& each) {
  z3::expr count = z3_.int_val(0), failed = z3_.bool_val(false);
  for (std::size_t i = 0; i < each.size(); ++i) {
    count = count + z3::ite(list.elements[i].present && each[i].yes, z3_.int_val(1), z3_.int_val(0));
    failed = failed || (list.elements[i].present && each[i].failed());
  }
  Truth rest = universe_.any_truth(fmt::format("{} with the rest of {}", key(node), list.name), beyond(list));
  Value out = of(Sort::boolean, z3::ite(list.more, rest.yes, count == 1));
  out.failed = z3::ite(list.more, rest.failed(), failed);
  return out;
}

Value Translator::filtered(const Node& node, const List& list, const std::vector<Truth>& each) {
  std::vector<Value> values;
  for (const auto& element : list.elements) values.push_back(element.value);
  return mapped(node, list, each, std::move(values));
}

Value Translator::mapped(const Node& node, const List& list, const std::vector<Truth>& each,
                         std::vector<Value> values) {
  List out{.elements = {},
           .more = list.more && universe_.any_boolean(key(node) + " has more of " + list.name),
           .length = z3_.int_val(0),
           .in_front = false,
           .name = key(node) + " of " + list.name};
  z3::expr failed = z3_.bool_val(false);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const z3::expr& there = list.elements[i].present;
    z3::expr taken = there && each[i].yes;
    failed = failed || (there && each[i].failed()) || (taken && values[i].failed);
    out.length = out.length + z3::ite(taken, z3_.int_val(1), z3_.int_val(0));
    out.elements.push_back({taken, std::move(values[i])});
  }
  z3::expr beyond = z3_.constant((out.name + " beyond").c_str(), z3_.int_sort());
  universe_.assume(beyond >= 1);
  out.length = out.length + z3::ite(out.more, beyond, z3_.int_val(0));
  Truth rest = universe_.any_truth(out.name + " succeeds", "");
  failed = failed || (list.more && rest.failed());
  return {failed, {{.sort = Sort::list, .when = z3_.bool_val(true), .list = std::make_shared<List>(std::move(out))}}};
}

}  // namespace bw::prove
