// SPDX-License-Identifier: Apache-2.0
#include "cel/cost.h"

#include <algorithm>
#include <limits>

#include "cel/program/plan.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

// Far above any ceiling, far below overflow.
constexpr std::int64_t cost_max = std::int64_t{1} << 40;

class Estimator {
 public:
  explicit Estimator(const Plan& plan) : plan_(plan) {}

  std::int64_t cost(std::uint32_t id) const {
    const Node& node = plan_.nodes[id];
    std::int64_t total = 1;
    switch (node.op) {
      case Op::comprehension: return comprehension(node);
      case Op::conditional:
        return capped(1 + cost(child(node, 0)) + std::max(cost(child(node, 1)), cost(child(node, 2))));
      case Op::list: total += 10; break;
      case Op::map: total += 30; break;
      case Op::message: total += 40; break;
      case Op::call: total += call(node); break;
      default: break;
    }
    for (std::uint32_t i = 0; i < node.count; ++i) total = capped(total + cost(child(node, i)));
    return total;
  }

 private:
  static std::int64_t capped(std::int64_t cost) { return std::min(cost, cost_max); }
  std::uint32_t child(const Node& node, std::uint32_t i) const { return plan_.operands[node.first + i]; }

  // The range once; then the macro's expressions for each of its elements.
  std::int64_t comprehension(const Node& node) const {
    std::int64_t each = 1;
    for (std::uint32_t i = 1; i < node.count; ++i) each = capped(each + cost(child(node, i)));
    return capped(11 + cost(child(node, 0)) + elements(child(node, 0)) * each);
  }

  std::int64_t elements(std::uint32_t id) const {
    const Node& node = plan_.nodes[id];
    if (node.op == Op::list) return node.count;
    if (node.op != Op::constant) return assumed_elements;
    const Value& value = plan_.constants[node.a];
    return value.is(Kind::list)  ? static_cast<std::int64_t>(value.elements().size())
           : value.is(Kind::map) ? static_cast<std::int64_t>(value.entries().size())
                                 : 1;
  }

  // A comparison looks at two values; other functions may work through all of a text.
  std::int64_t call(const Node& node) const {
    const std::string& name = plan_.functions[node.a]->name;
    bool is_operator = name.starts_with('_') || name == "-_" || name == "size";
    if (is_operator) return 0;
    if (name == "@in") return elements(child(node, 1));
    return assumed_text_bytes / 10;
  }

  const Plan& plan_;
};

}  // namespace

std::int64_t cost_bound(const Program& program) { return Estimator(program.plan()).cost(program.root()); }

}  // namespace bw::cel
