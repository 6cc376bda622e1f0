// SPDX-License-Identifier: Apache-2.0
#include "cel/program/planner.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "cel/eval/machine.h"
#include "cel/pattern.h"
#include "cel/program/paths.h"

namespace bw::cel {
namespace {

class Planner {
 public:
  Planner(Plan& plan, const Checked& checked, const Environment& environment, const CompileOptions& options,
          Diagnostics& diagnostics)
      : plan_(plan), checked_(checked), environment_(environment), options_(options), diagnostics_(diagnostics) {}

  void run(const Expr& expr) {
    plan_.locals_max = checked_.locals_max;
    plan_.slots = environment_.variables().size();
    plan_.root = visit(expr);
    mark_terms(plan_.root);
  }

 private:
  std::uint32_t visit(const Expr& expr) {
    if (checked_.of(expr).meaning == Meaning::mistake) return failing(expr, checked_.of(expr).text);
    Node node = lay_out(expr);
    node.place = expr.place;
    return fold(add(node), expr);
  }

  Node lay_out(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::literal: return constant(literal(expr.literal));
      case ExprKind::ident: return name(expr);
      case ExprKind::select: return select(expr);
      case ExprKind::has: return reading(expr, Op::has_field, Op::has_member);
      case ExprKind::call: return call(expr);
      case ExprKind::logic_and: return with_children(expr, Op::logic_and);
      case ExprKind::logic_or: return with_children(expr, Op::logic_or);
      case ExprKind::logic_not: return with_children(expr, Op::logic_not);
      case ExprKind::conditional: return with_children(expr, Op::conditional);
      case ExprKind::list: return aggregate(expr, Op::list);
      case ExprKind::map: return aggregate(expr, Op::map);
      case ExprKind::comprehension: return comprehension(expr);
      case ExprKind::bind: return with_local(expr, Op::bind);
      case ExprKind::opt_map: return with_local(expr, Op::opt_map);
      case ExprKind::message: return message(expr);
      case ExprKind::error: break;
    }
    Node node;
    node.a = add_name("this cannot be evaluated");
    return node;
  }

  // --- the tables ---

  std::uint32_t add(const Node& node) {
    plan_.nodes.push_back(node);
    return static_cast<std::uint32_t>(plan_.nodes.size() - 1);
  }
  std::uint32_t add_name(std::string_view name) {
    auto found = std::ranges::find(plan_.names, name);
    if (found == plan_.names.end()) found = plan_.names.insert(found, std::string(name));
    return static_cast<std::uint32_t>(found - plan_.names.begin());
  }
  template <class T, class U>
  static std::uint32_t append(std::vector<T>& table, U&& item) {
    table.push_back(std::forward<U>(item));
    return static_cast<std::uint32_t>(table.size() - 1);
  }
  Node constant(Value value) {
    Node node;
    node.op = Op::constant;
    node.a = append(plan_.constants, value);
    return node;
  }
  std::uint32_t failing(const Expr& expr, std::string_view message) {
    Node node;
    node.a = add_name(message);
    node.place = expr.place;
    return add(node);
  }
  Node with_children(const Expr& expr, Op op, std::size_t skip = 0) {
    std::vector<std::uint32_t> children;
    for (std::size_t i = skip; i < expr.children.size(); ++i) children.push_back(visit(*expr.children[i]));
    Node node;
    node.op = op;
    node.first = static_cast<std::uint32_t>(plan_.operands.size());
    node.count = static_cast<std::uint32_t>(children.size());
    plan_.operands.insert(plan_.operands.end(), children.begin(), children.end());
    return node;
  }

  // --- kinds of expressions ---

  Value literal(const Literal& literal) {
    struct Visitor {
      Arena& arena;
      Value operator()(std::nullptr_t) const { return Value::null(); }
      Value operator()(bool b) const { return Value::boolean(b); }
      Value operator()(std::int64_t i) const { return Value::int64(i); }
      Value operator()(std::uint64_t u) const { return Value::uint64(u); }
      Value operator()(double d) const { return Value::float64(d); }
      Value operator()(const std::string& s) const { return Value::string(arena.copy(s)); }
      Value operator()(const Bytes& b) const { return Value::bytes(arena.copy(b.bytes)); }
    };
    return std::visit(Visitor{plan_.arena}, literal);
  }

  // A name, or a selection that spells a dotted one.
  Node name(const Expr& expr) {
    const Note& note = checked_.of(expr);
    if (note.meaning == Meaning::type_name) return constant(Value::type(plan_.arena.copy(note.text)));
    Node node;
    node.op = note.meaning == Meaning::local ? Op::local : Op::variable;
    node.a = static_cast<std::uint32_t>(note.slot);
    node.name = add_name(note.meaning == Meaning::variable ? environment_.variables()[note.slot].name : expr.name);
    return node;
  }

  Node select(const Expr& expr) {
    Meaning meaning = checked_.of(expr).meaning;
    if (meaning == Meaning::variable || meaning == Meaning::type_name) return name(expr);
    if (!expr.optional) return reading(expr, Op::field, Op::member);
    return reading(expr, Op::optional_member, Op::optional_member);
  }

  Node reading(const Expr& expr, Op by_slot, Op by_name) {
    const Note& note = checked_.of(expr);
    bool field = note.meaning == Meaning::field;
    Node node = with_children(expr, field ? by_slot : by_name);
    node.name = add_name(expr.name);
    if (!field) return node;
    const Type& operand = checked_.of(*expr.children[0]).type;
    node.a = static_cast<std::uint32_t>(note.slot);
    node.b = append(plan_.objects, operand.object());
    plan_.types.push_back(operand);
    return node;
  }

  Node call(const Expr& expr) {
    const Note& note = checked_.of(expr);
    std::size_t skip = note.meaning == Meaning::namespaced ? 1 : 0;
    Node node = with_children(expr, Op::call, skip);
    node.a = append(plan_.functions, note.function);
    node.quick = quick(*note.function);
    if (note.function->pattern) add_pattern(node, *expr.children[skip + *note.function->pattern]);
    return node;
  }

  // The operator that a function is, unless the host put its own in the place of the standard one.
  static Operator quick(const Function& function) {
    static constexpr std::array<std::pair<std::string_view, Operator>, 10> operators{
        {{"_+_", Operator::add},
         {"_-_", Operator::subtract},
         {"_*_", Operator::multiply},
         {"_%_", Operator::modulo},
         {"_==_", Operator::equal},
         {"_!=_", Operator::different},
         {"_<_", Operator::less},
         {"_<=_", Operator::less_equal},
         {"_>_", Operator::greater},
         {"_>=_", Operator::greater_equal}}};
    const auto* found = std::ranges::find(operators, function.name, &std::pair<std::string_view, Operator>::first);
    if (found == operators.end()) return Operator::none;
    auto standard = std::ranges::find(standard_functions(), function.name, &Function::name);
    return standard->implementation == function.implementation ? found->second : Operator::none;
  }

  // A constant pattern is compiled here, or the call fails.
  void add_pattern(Node& call, const Expr& pattern) {
    const auto* text = std::get_if<std::string>(&pattern.literal);
    if (pattern.kind != ExprKind::literal || text == nullptr) return;
    auto compiled = compile_pattern(*text);
    if (compiled->ok()) {
      call.b = append(plan_.patterns, std::move(compiled)) + 1;
      return;
    }
    std::string wrong = ill_formed(*compiled);
    if (options_.check) report(Severity::error, pattern.place, wrong);
    call.op = Op::fail;
    call.a = add_name(wrong);
  }

  Node aggregate(const Expr& expr, Op op) {
    Node node = with_children(expr, op);
    if (std::ranges::find(expr.optional_items, true) == expr.optional_items.end()) return node;
    node.b = 1;
    node.a = static_cast<std::uint32_t>(plan_.optional_items.size());
    plan_.optional_items.insert(plan_.optional_items.end(), expr.optional_items.begin(), expr.optional_items.end());
    return node;
  }

  Node message(const Expr& expr) {
    const Note& note = checked_.of(expr);
    Node node = with_children(expr, Op::message);
    node.a = append(plan_.messages, note.message);
    node.b = static_cast<std::uint32_t>(plan_.given.size());
    for (std::size_t i = 0; i < note.fields.size(); ++i) {
      plan_.given.push_back({static_cast<std::uint32_t>(note.fields[i]), expr.optional_items[i]});
    }
    return node;
  }

  Node with_local(const Expr& expr, Op op) {
    Node node = with_children(expr, op);
    node.a = static_cast<std::uint32_t>(checked_.of(expr).slot);
    node.b = expr.flat ? 1 : 0;
    return node;
  }
  Node comprehension(const Expr& expr) {
    Node node = with_local(expr, Op::comprehension);
    node.macro = expr.macro;
    node.b = expr.names.size() == 2 ? 1 : 0;
    return node;
  }

  // --- constant parts ---

  bool is_constant(std::uint32_t id) const { return plan_.nodes[id].op == Op::constant; }

  static bool is_foldable(Op op) { return op == Op::call || op == Op::list || op == Op::map; }

  // A call or an aggregate of constants becomes a constant. One that fails is left to fail when it is reached, and the
  // author is told.
  std::uint32_t fold(std::uint32_t id, const Expr& expr) {
    Node& node = plan_.nodes[id];
    if (!is_foldable(node.op)) return id;
    for (std::uint32_t i = 0; i < node.count; ++i) {
      if (!is_constant(plan_.operands[node.first + i])) return id;
    }
    Machine machine(plan_, nullptr, plan_.arena, options_.constant_cost_max, nullptr);
    Value value = machine.run_part(id);
    if (value.is_failed()) {
      if (value.failure().fault != Fault::cost_exceeded && options_.check) {
        report(Severity::warning, expr.place, fmt::format("this always fails: {}", value.failure().message));
      }
      return id;
    }
    plan_.nodes[id].op = Op::constant;
    plan_.nodes[id].a = append(plan_.constants, value);
    plan_.nodes[id].count = 0;
    return id;
  }

  void report(Severity severity, Place place, std::string message) {
    diagnostics_.push_back({severity, to_span(place, options_.origin), std::move(message), {}});
  }

  // --- what explanations show ---

  void mark_terms(std::uint32_t id) {
    Node& node = plan_.nodes[id];
    switch (node.op) {
      case Op::constant: return;
      case Op::logic_and:
      case Op::logic_or:
      case Op::logic_not:
      case Op::conditional:
        for (std::uint32_t i = 0; i < node.count; ++i) mark_terms(plan_.operands[node.first + i]);
        return;
      case Op::bind: return mark_terms(plan_.operands[node.first + node.count - 1]);
      default: node.term = true; mark_operands(node);
    }
  }

  static bool is_reading(Op op) {
    return op == Op::variable || op == Op::local || op == Op::field || op == Op::member || op == Op::optional_member;
  }
  void mark_operands(const Node& node) {
    if (is_reading(node.op)) return;
    std::uint32_t count = node.op == Op::comprehension ? std::min(node.count, 1U) : node.count;
    for (std::uint32_t i = 0; i < count; ++i) {
      Node& child = plan_.nodes[plan_.operands[node.first + i]];
      if (child.op == Op::constant) continue;
      child.shown = true;
      mark_operands(child);
    }
  }

  Plan& plan_;
  const Checked& checked_;
  const Environment& environment_;
  const CompileOptions& options_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::shared_ptr<const Plan> plan(std::string_view source, const Expr& expr, const Checked& checked,
                                 const Environment& environment, const CompileOptions& options,
                                 Diagnostics& diagnostics) {
  auto plan = std::make_shared<Plan>();
  plan->source = source;
  plan->origin = options.origin;
  plan->result = checked.result;
  plan->condition = options.expected && options.expected->is(TypeKind::boolean);
  Planner(*plan, checked, environment, options, diagnostics).run(expr);
  plan->paths = collect_paths(expr, checked, environment);
  return plan;
}

}  // namespace bw::cel
