// SPDX-License-Identifier: Apache-2.0
#include "cel/cost.h"

#include <algorithm>
#include <vector>

#include "cel/library_cost.h"
#include "cel/program/plan.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

// Follows the evaluator (eval/machine.cc, eval/loops.cc) through a plan, with sizes in place of values.
class Estimator {
 public:
  Estimator(const Plan& plan, const Environment& environment)
      : plan_(plan), environment_(environment), locals_(plan.locals_max, Sizes::unknown()) {}

  // Everything that evaluating the node charges, and how large its value is.
  Work visit(std::uint32_t id) {
    const Node& node = plan_.nodes[id];
    switch (node.op) {
      case Op::constant: return {1, sizes_.of(plan_.constants[node.a])};
      case Op::variable: return {1, sizes_.of(environment_.variables()[node.a].type)};
      case Op::local: return {1, locals_[node.a]};
      case Op::field: return field(node);
      case Op::conditional: return conditional(node);
      case Op::list: return list(node);
      case Op::map: return map(node);
      case Op::message: return message(node);
      case Op::call: return call(node);
      case Op::comprehension: return comprehension(node);
      case Op::bind:
      case Op::opt_map: return bind(node);
      case Op::member:
      case Op::optional_member: return member(node);
      default: return {plus(1, children(node)), Sizes::scalar()};
    }
  }

 private:
  std::uint32_t child(const Node& node, std::uint32_t i) const { return plan_.operands[node.first + i]; }

  std::int64_t children(const Node& node) {
    std::int64_t units = 0;
    for (std::uint32_t i = 0; i < node.count; ++i) units = plus(units, visit(child(node, i)).units);
    return units;
  }

  // Its type is declared; what it is a field of needs no size.
  Work field(const Node& node) {
    std::int64_t units = 1;
    std::uint32_t at = child(node, 0);
    for (; plan_.nodes[at].op == Op::field; at = child(plan_.nodes[at], 0)) ++units;
    units = plus(units, plan_.nodes[at].op == Op::variable ? 1 : visit(at).units);
    return {units, sizes_.of(plan_.objects[node.b]->fields()[node.a].type)};
  }

  Work member(const Node& node) {
    Work of = visit(child(node, 0));
    return {plus(1, of.units), *Sizes::member_of(of.result)};
  }

  Work conditional(const Node& node) {
    Work yes = visit(child(node, 1)), no = visit(child(node, 2));
    return {plus(1 + visit(child(node, 0)).units, std::max(yes.units, no.units)), sizes_.join(yes.result, no.result)};
  }

  Work list(const Node& node) {
    Size size{.elements = node.count}, item;
    std::int64_t units = 11;
    for (std::uint32_t i = 0; i < node.count; ++i) {
      Work one = visit(child(node, i));
      units = plus(units, one.units);
      size.units = plus(size.units, one.result.units);
      item = sizes_.join(item, one.result);
    }
    size.item = sizes_.keep(item);
    return {units, size};
  }

  // Children are a key, its value, a key, …
  Work map(const Node& node) {
    Work out = list(node);
    out.units = plus(out.units, 20);
    out.result.elements = node.count / 2;
    return out;
  }

  // Making one may look at all that is given, and write numbers and bytes as text.
  Work message(const Node& node) {
    Work out = list(node);
    out.units = plus(out.units, plus(30, out.result.units));
    out.result = sizes_.larger(out.result, 2);
    return out;
  }

  Work bind(const Node& node) {
    std::int64_t units = 1;
    for (std::uint32_t i = 0; i + 1 < node.count; ++i) {
      Work one = visit(child(node, i));
      units = plus(units, one.units);
      locals_[node.a + i] = one.result;
    }
    Work body = visit(child(node, node.count - 1));
    return {plus(units, body.units), body.result};
  }

  Work call(const Node& node) {
    std::vector<Size> arguments;
    std::int64_t units = 1;
    for (std::uint32_t i = 0; i < node.count; ++i) {
      Work one = visit(child(node, i));
      units = plus(units, one.units);
      arguments.push_back(one.result);
    }
    const Function& function = *plan_.functions[node.a];
    Work own = function.work != nullptr ? function.work(arguments)
                                        : library_work(function.name, arguments, node.b != 0, sizes_);
    return {plus(units, own.units), own.result};
  }

  // The range once; then the macro's expressions for each of its elements.
  Work comprehension(const Node& node) {
    Work range = visit(child(node, 0));
    const Size& of = range.result;
    Size item = sizes_.join(*Sizes::item_of(of), {.number = of.elements});
    locals_[node.a] = item;
    if (node.b != 0) locals_[node.a + 1] = item;
    std::int64_t each = 1;
    Size last;
    for (std::uint32_t i = 1; i < node.count; ++i) {
      Work one = visit(child(node, i));
      each = plus(each, one.units);
      last = one.result;
    }
    return {plus(range.units, plus(31, times(of.elements, each))), collected(node.macro, of, item, last)};
  }

  Size collected(Macro macro, const Size& range, const Size& item, const Size& last) {
    switch (macro) {
      case Macro::all:
      case Macro::exists:
      case Macro::exists_one: return Sizes::scalar();
      case Macro::filter: return range;
      case Macro::map:
      case Macro::map_filtered:
      case Macro::transform_list:
      case Macro::transform_list_filtered: return sizes_.list(range.elements, last);
      default: break;
    }
    // A map, of keys that there were, or of the entries that `last` has.
    Size size = sizes_.list(range.elements, sizes_.join(item, sizes_.join(last, *Sizes::item_of(last))));
    size.units = plus(1, times(range.elements, plus(item.units, last.units)));
    return size;
  }

  const Plan& plan_;
  const Environment& environment_;
  Sizes sizes_;
  std::vector<Size> locals_;
};

}  // namespace

std::int64_t cost_bound(const Program& program, const Environment& environment) {
  return Estimator(program.plan(), environment).visit(program.root()).units;
}

}  // namespace bw::cel
