// SPDX-License-Identifier: Apache-2.0
// One walk over the tree that resolves names, infers types and follows which optional fields are known to be present.
// With checking off the same walk resolves names and lets every type be dyn; what cannot be resolved then fails at run time.
#include "cel/types/checker.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "cel/types/calls.h"
#include "cel/types/construction.h"
#include "cel/types/guards.h"
#include "cel/types/notation.h"
#include "cel/types/scope.h"
#include "cel/types/unifier.h"

namespace bw::cel {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 15> type_names{{
    {"bool", "bool"},
    {"int", "int"},
    {"uint", "uint"},
    {"double", "double"},
    {"string", "string"},
    {"bytes", "bytes"},
    {"list", "list(dyn)"},
    {"map", "map(dyn, dyn)"},
    {"null_type", "null"},
    {"type", "type(dyn)"},
    {"optional_type", "optional(dyn)"},
    {"google.protobuf.Timestamp", "timestamp"},
    {"google.protobuf.Duration", "duration"},
    {"net.IP", "net.IP"},
    {"net.CIDR", "net.CIDR"},
}};

class Checker {
 public:
  Checker(const Environment& environment, const CompileOptions& options, Diagnostics& diagnostics)
      : environment_(environment), options_(options), diagnostics_(diagnostics) {}

  Checked run(const Expr& expr) {
    Type result = visit(expr);
    for (Note& note : checked_.notes) note.type = types_.apply(note.type);
    checked_.result = types_.apply(result);
    checked_.locals_max = scope_.deepest();
    expect(expr, checked_.result);
    return std::move(checked_);
  }

 private:
  // --- notes and mistakes ---

  Note& note(const Expr& expr) {
    if (expr.id >= checked_.notes.size()) checked_.notes.resize(expr.id + 1);
    return checked_.notes[expr.id];
  }
  Type done(const Expr& expr, Type type) {
    if (!options_.check) type = Type::dyn();
    note(expr).type = type;
    return type;
  }
  Type mean(const Expr& expr, Meaning meaning, std::size_t slot, Type type) {
    note(expr).meaning = meaning;
    note(expr).slot = slot;
    return done(expr, std::move(type));
  }
  void report(Place place, std::string message, std::string hint = {}) {
    if (!options_.check) return;
    diagnostics_.push_back({Severity::error, to_span(place, options_.origin), std::move(message), std::move(hint)});
  }
  Type mistake(const Expr& expr, Place place, std::string message, std::string hint = {}) {
    report(place, message, std::move(hint));
    note(expr).meaning = Meaning::mistake;
    note(expr).text = std::move(message);
    return done(expr, Type::erroneous());
  }
  Type mistake(const Expr& expr, CallMistake what) {
    return mistake(expr, what.place, std::move(what.message), std::move(what.hint));
  }
  void expect(const Expr& expr, const Type& result) {
    if (!options_.expected || !options_.check || types_.assign(*options_.expected, result)) return;
    report(expr.place, fmt::format("expected {}, this is {}", options_.expected->to_string(), result.to_string()),
           options_.expected->is(TypeKind::boolean) ? "a condition must be true or false" : "");
  }
  Type visit_boolean(const Expr& expr, std::string_view where) {
    Type type = visit(expr);
    if (!types_.assign(Type::boolean(), type)) {
      report(expr.place, fmt::format("{} must be bool, this is {}", where, types_.apply(type).to_string()));
    }
    return type;
  }

  // --- the walk ---

  Type visit(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::literal: return literal(expr);
      case ExprKind::ident: return ident(expr);
      case ExprKind::select: return select(expr);
      case ExprKind::has: return has(expr);
      case ExprKind::call: return call(expr);
      case ExprKind::logic_and:
      case ExprKind::logic_or: return logic(expr);
      case ExprKind::logic_not: return logic_not(expr);
      case ExprKind::conditional: return conditional(expr);
      case ExprKind::list: return list(expr);
      case ExprKind::map: return map(expr);
      case ExprKind::message: return message(expr);
      case ExprKind::comprehension: return comprehension(expr);
      case ExprKind::bind: return bind(expr);
      case ExprKind::opt_map: return opt_map(expr);
      case ExprKind::error: break;
    }
    return done(expr, Type::erroneous());
  }

  Type literal(const Expr& expr) {
    struct Visitor {
      const Type& operator()(std::nullptr_t) const { return Type::null(); }
      const Type& operator()(bool) const { return Type::boolean(); }
      const Type& operator()(std::int64_t) const { return Type::int64(); }
      const Type& operator()(std::uint64_t) const { return Type::uint64(); }
      const Type& operator()(double) const { return Type::float64(); }
      const Type& operator()(const std::string&) const { return Type::string(); }
      const Type& operator()(const Bytes&) const { return Type::bytes(); }
    };
    return done(expr, std::visit(Visitor{}, expr.literal));
  }

  // --- names ---

  // A name as the container lets it be read: a.b.c, a.c, c.
  template <class Find>
  auto in_container(std::string_view name, bool global, Find find) -> decltype(find(name)) {
    std::string container = global ? "" : options_.container;
    while (!container.empty()) {
      if (auto found = find(container + "." + std::string(name))) return found;
      auto dot = container.rfind('.');
      container.resize(dot == std::string::npos ? 0 : dot);
    }
    return find(name);
  }

  // "a.b.c" for a chain of plain selections from a name that is no local variable.
  std::optional<std::string> qualified_name(const Expr& expr, bool& global) const {
    if (expr.kind == ExprKind::ident) {
      if (!expr.global && scope_.find(expr.name) != Scope::npos) return {};
      global = expr.global;
      return expr.name;
    }
    if (expr.kind != ExprKind::select || expr.optional) return {};
    auto operand = qualified_name(*expr.children[0], global);
    if (!operand) return {};
    return *operand + "." + expr.name;
  }

  // A variable or a type of that name.
  std::optional<Type> named(const Expr& expr, std::string_view name, bool global) {
    auto slot = in_container(name, global, [&](std::string_view n) { return environment_.slot(n); });
    if (slot) return mean(expr, Meaning::variable, *slot, environment_.variables()[*slot].type);
    auto found = std::ranges::find(type_names, name, [](const auto& pair) { return pair.first; });
    if (found != type_names.end()) {
      note(expr).text = found->first;
      return mean(expr, Meaning::type_name, 0, Type::type(*parse_type(found->second)));
    }
    auto message = in_container(name, global, [&](std::string_view n) { return environment_.message(n); });
    if (!message) return {};
    note(expr).text = message->name;
    return mean(expr, Meaning::type_name, 0, Type::type(message->type));
  }

  Type ident(const Expr& expr) {
    std::size_t local = expr.global ? Scope::npos : scope_.find(expr.name);
    if (local != Scope::npos) return mean(expr, Meaning::local, local, scope_.at(local).type);
    if (auto type = named(expr, expr.name, expr.global)) return *type;
    auto known = environment_.variable_names();
    for (auto& name : scope_.names()) known.push_back(std::move(name));
    return mistake(expr, expr.name_place, fmt::format("unknown name `{}`", expr.name), suggest(expr.name, known));
  }

  // --- selection ---

  Type select(const Expr& expr) {
    bool global = false;
    if (auto name = qualified_name(expr, global)) {
      if (auto type = named(expr, *name, global)) return *type;
    }
    Type operand = types_.resolve(visit(*expr.children[0]));
    bool chained = operand.is(TypeKind::optional);
    Type inner = chained ? types_.resolve(operand.parameter(0)) : operand;
    Type field = field_of(expr, inner);
    if (field.is(TypeKind::erroneous)) return field;
    bool optional = chained || expr.optional;
    if (!optional) require_guard(expr, inner);
    // Through an optional the operand is known only when evaluating.
    if (optional) note(expr).meaning = Meaning::member;
    if (optional && !types_.resolve(field).is(TypeKind::optional)) field = Type::optional(field);
    return done(expr, field);
  }

  // The type of the field of a plain (not optional) operand; notes how to find it.
  Type field_of(const Expr& expr, const Type& operand) {
    switch (operand.kind()) {
      case TypeKind::object: return object_field(expr, *operand.object());
      case TypeKind::map:
        types_.assign(operand.parameter(0), Type::string());
        return mean(expr, Meaning::member, 0, operand.parameter(1));
      case TypeKind::dyn:
      case TypeKind::variable: return mean(expr, Meaning::member, 0, Type::dyn());
      case TypeKind::erroneous: return done(expr, Type::erroneous());
      default: break;
    }
    return mistake(expr, expr.name_place, fmt::format("{} has no fields, so no `{}`", operand.to_string(), expr.name));
  }

  Type object_field(const Expr& expr, const ObjectType& object) {
    std::size_t slot = object.index(expr.name);
    if (slot == ObjectType::npos) {
      return mistake(expr, expr.name_place, fmt::format("`{}` has no field `{}`", shown(expr), expr.name),
                     suggest(expr.name, object.field_names()));
    }
    return mean(expr, Meaning::field, slot, object.fields()[slot].type);
  }
  // How the author called the operand of a selection, else the name of its type.
  std::string shown(const Expr& selection) {
    if (auto path = path_of(*selection.children[0])) return *path;
    return types_.apply(note(*selection.children[0]).type).to_string();
  }

  // How a selection is known to the guards. Locals carry their serial, which no author's text can collide with.
  std::optional<std::string> key_of(const Expr& expr) const {
    if (expr.kind == ExprKind::ident) {
      std::size_t local = expr.global ? Scope::npos : scope_.find(expr.name);
      return local == Scope::npos ? expr.name : fmt::format("{}#{}", expr.name, scope_.at(local).serial);
    }
    if (expr.kind != ExprKind::select && expr.kind != ExprKind::has) return {};
    auto operand = key_of(*expr.children[0]);
    return operand ? std::optional(*operand + "." + expr.name) : std::nullopt;
  }
  static std::optional<std::string> path_of(const Expr& expr) {
    if (expr.kind == ExprKind::ident) return expr.name;
    if (expr.kind != ExprKind::select && expr.kind != ExprKind::has) return {};
    auto operand = path_of(*expr.children[0]);
    return operand ? std::optional(*operand + "." + expr.name) : std::nullopt;
  }

  void require_guard(const Expr& expr, const Type& operand) {
    if (!options_.guards_required || !operand.is(TypeKind::object)) return;
    if (!operand.object()->fields()[note(expr).slot].optional) return;
    auto key = key_of(expr);
    if (key && present_.contains(*key)) return;
    auto path = path_of(expr);
    std::string guard = path ? fmt::format("has({})", *path) : "has(…)";
    report(expr.name_place, fmt::format("field `{}` may be absent: guard with {}", expr.name, guard),
           path ? fmt::format("{} && … or {}.?{}.orValue(…)", guard, *path_of(*expr.children[0]), expr.name) : "");
  }

  Type has(const Expr& expr) {
    Type operand = types_.resolve(visit(*expr.children[0]));
    bool chained = operand.is(TypeKind::optional);
    Type field = field_of(expr, chained ? types_.resolve(operand.parameter(0)) : operand);
    if (field.is(TypeKind::erroneous) && note(expr).meaning == Meaning::mistake) return field;
    if (chained) note(expr).meaning = Meaning::member;
    if (auto key = key_of(expr)) guards_.when_true.insert(std::move(*key));
    return done(expr, Type::boolean());
  }

  // --- logic; guards_ holds what the expression visited last says of fields ---

  Guards visit_guarding(const Expr& expr, std::string_view where) {
    guards_ = {};
    visit_boolean(expr, where);
    return std::exchange(guards_, {});
  }

  Type logic(const Expr& expr) {
    bool conjunction = expr.kind == ExprKind::logic_and;
    auto before = present_;
    Guards all;
    for (std::size_t i = 0; i < expr.children.size(); ++i) {
      Guards one = visit_guarding(*expr.children[i], conjunction ? "an operand of `&&`" : "an operand of `||`");
      present_ = either(std::move(present_), conjunction ? one.when_true : one.when_false);
      auto& settled = conjunction ? all.when_false : all.when_true;
      auto& gathered = conjunction ? all.when_true : all.when_false;
      settled = i == 0 ? (conjunction ? one.when_false : one.when_true)
                       : both(settled, conjunction ? one.when_false : one.when_true);
      gathered = either(std::move(gathered), conjunction ? one.when_true : one.when_false);
    }
    present_ = std::move(before);
    guards_ = std::move(all);
    return done(expr, Type::boolean());
  }

  Type logic_not(const Expr& expr) {
    Guards one = visit_guarding(*expr.children[0], "the operand of `!`");
    guards_ = {std::move(one.when_false), std::move(one.when_true)};
    return done(expr, Type::boolean());
  }

  Type visit_knowing(const Expr& expr, const Paths& present) {
    auto before = present_;
    present_ = either(std::move(present_), present);
    guards_ = {};
    Type type = visit(expr);
    present_ = std::move(before);
    return type;
  }

  Type conditional(const Expr& expr) {
    Guards condition = visit_guarding(*expr.children[0], "the condition of `?:`");
    Type yes = visit_knowing(*expr.children[1], condition.when_true);
    Guards yes_guards = std::exchange(guards_, {});
    Type no = visit_knowing(*expr.children[2], condition.when_false);
    Guards no_guards = std::exchange(guards_, {});
    guards_.when_true =
        both(either(condition.when_true, yes_guards.when_true), either(condition.when_false, no_guards.when_true));
    guards_.when_false =
        both(either(condition.when_true, yes_guards.when_false), either(condition.when_false, no_guards.when_false));
    if (auto type = types_.join(yes, no)) return done(expr, *type);
    return mistake(expr, expr.name_place,
                   fmt::format("the branches of `?:` have different types: {} and {}", types_.apply(yes).to_string(),
                               types_.apply(no).to_string()),
                   "convert one, or wrap both in dyn(…)");
  }

  // --- calls ---

  Type call(const Expr& expr) {
    if (expr.receiver) {
      if (auto type = namespaced_call(expr)) return *type;
    }
    std::vector<Type> arguments;
    for (const auto& child : expr.children) arguments.push_back(visit(*child));
    guards_ = {};
    auto function = expr.receiver ? environment_.function(expr.name, true) : global_function(expr.name, expr.global);
    if (!function) {
      std::string what = expr.receiver ? "method" : "function";
      return mistake(expr, expr.name_place, fmt::format("unknown {} `{}`", what, expr.name),
                     suggest(expr.name, environment_.function_names(expr.receiver)));
    }
    return resolve_call(expr, std::move(function), Meaning::function, std::move(arguments));
  }

  std::shared_ptr<const Function> global_function(std::string_view name, bool global) {
    return in_container(name, global, [&](std::string_view n) { return environment_.function(n, false); });
  }

  // math.greatest(…): the receiver is no value but part of the name.
  std::optional<Type> namespaced_call(const Expr& expr) {
    bool global = false;
    auto name = qualified_name(*expr.children[0], global);
    if (!name || in_container(*name, global, [&](std::string_view n) { return environment_.slot(n); })) return {};
    auto function = global_function(*name + "." + expr.name, global);
    if (!function) return {};
    std::vector<Type> arguments;
    for (std::size_t i = 1; i < expr.children.size(); ++i) arguments.push_back(visit(*expr.children[i]));
    guards_ = {};
    return resolve_call(expr, std::move(function), Meaning::namespaced, std::move(arguments));
  }

  Type resolve_call(const Expr& expr, std::shared_ptr<const Function> function, Meaning meaning,
                    std::vector<Type> arguments) {
    if (auto lone = check_members(expr, arguments)) return mistake(expr, lone->place, lone->message, lone->hint);
    auto type = call_type(types_, *function, arguments, options_.cross_type_numbers);
    if (!type) {
      CallMistake wrong = explain_call(types_, *function, arguments, expr.receiver && meaning == Meaning::function);
      return mistake(expr, expr.name_place, std::move(wrong.message), std::move(wrong.hint));
    }
    if (function->pattern)
      require_constant_pattern(expr, *function->pattern + (meaning == Meaning::namespaced ? 1 : 0));
    note(expr).function = std::move(function);
    return mean(expr, meaning, 0, *type);
  }

  void require_constant_pattern(const Expr& expr, std::size_t child) {
    const Expr& pattern = *expr.children[child];
    if (options_.dynamic_patterns || pattern.kind == ExprKind::literal) return;
    report(pattern.place, fmt::format("the pattern of `{}` must be a constant", expr.name),
           "write the pattern as a string literal");
  }

  // --- strings out of a fixed set ---

  std::optional<CallMistake> check_members(const Expr& expr, const std::vector<Type>& arguments) {
    if (!options_.check || arguments.size() != 2) return {};
    if (expr.name == "_==_" || expr.name == "_!=_") {
      for (std::size_t i = 0; i < 2; ++i) {
        if (auto wrong = check_member(*expr.children[i], arguments[1 - i], expr)) return wrong;
      }
    }
    if (expr.name == "@in") return check_membership(expr, arguments);
    return {};
  }
  std::optional<CallMistake> check_membership(const Expr& expr, const std::vector<Type>& arguments) {
    const Expr& range = *expr.children[1];
    if (range.kind == ExprKind::list) {
      for (const auto& element : range.children) {
        if (auto wrong = check_member(*element, arguments[0], expr)) return wrong;
      }
    }
    Type list = types_.resolve(arguments[1]);
    if (list.is(TypeKind::list)) return check_member(*expr.children[0], list.parameter(0), expr);
    return {};
  }
  std::optional<CallMistake> check_member(const Expr& literal, const Type& set, const Expr& comparison) {
    Type type = types_.resolve(set);
    const auto* text = std::get_if<std::string>(&literal.literal);
    if (literal.kind != ExprKind::literal || text == nullptr || type.members().empty()) return {};
    if (std::ranges::find(type.members(), *text) != type.members().end()) return {};
    std::vector<std::string> members(type.members().begin(), type.members().end());
    std::string what = comparison.name == "@in" ? "element" : "value";
    return CallMistake{
        fmt::format("\"{}\" is not a possible {} here: one of {}", printable(*text), what, quoted_list(members)),
        suggest_member(*text, members), literal.place};
  }
  static std::string quoted_list(const std::vector<std::string>& members) {
    std::string out;
    for (const auto& member : members) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", printable(member));
    return out;
  }
  static std::string suggest_member(std::string_view word, const std::vector<std::string>& members) {
    auto near = nearest(word, members);
    return near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", printable(near));
  }

  // --- aggregates ---

  Type element(const Expr& expr, bool optional) {
    Type type = types_.resolve(visit(expr));
    if (!optional) return type;
    if (type.is(TypeKind::optional)) return type.parameter(0);
    if (!type.is(TypeKind::dyn) && !type.is(TypeKind::erroneous) && !type.is(TypeKind::variable)) {
      report(expr.place, fmt::format("after `?` an optional is expected, this is {}", types_.apply(type).to_string()));
    }
    return Type::dyn();
  }
  void widen(std::optional<Type>& common, const Type& type) {
    common = common ? types_.join(*common, type).value_or(Type::dyn()) : type;
  }

  Type list(const Expr& expr) {
    std::optional<Type> common;
    for (std::size_t i = 0; i < expr.children.size(); ++i)
      widen(common, element(*expr.children[i], expr.optional_items[i]));
    guards_ = {};
    return done(expr, Type::list(common ? *common : types_.fresh()));
  }

  Type map(const Expr& expr) {
    std::optional<Type> keys;
    std::optional<Type> values;
    for (std::size_t i = 0; i < expr.children.size(); i += 2) {
      Type key = visit(*expr.children[i]);
      check_key(*expr.children[i], key);
      widen(keys, key);
      widen(values, element(*expr.children[i + 1], expr.optional_items[i / 2]));
    }
    guards_ = {};
    Type key = keys ? *keys : types_.fresh();
    return done(expr, Type::map(key, values ? *values : types_.fresh()));
  }
  void check_key(const Expr& expr, const Type& key) {
    for (const Type* allowed : {&Type::string(), &Type::int64(), &Type::uint64(), &Type::boolean()}) {
      if (types_.assign(*allowed, key)) return;
    }
    report(expr.place, fmt::format("{} cannot be a map key", types_.apply(key).to_string()),
           "keys: bool, int, uint or string");
  }

  Type message(const Expr& expr) {
    std::vector<Type> given;
    for (std::size_t i = 0; i < expr.children.size(); ++i)
      given.push_back(element(*expr.children[i], expr.optional_items[i]));
    guards_ = {};
    bool global = expr.name.starts_with('.');
    auto found = in_container(std::string_view(expr.name).substr(global ? 1 : 0), global,
                              [&](std::string_view n) { return environment_.message(n); });
    if (!found) return mistake(expr, explain_unknown_message(expr, environment_));
    auto fields = match_fields(types_, expr, *found, given);
    if (!fields) return mistake(expr, std::move(fields.error()));
    note(expr).message = found;
    note(expr).fields = std::move(*fields);
    return mean(expr, Meaning::message, 0, found->type);
  }

  // --- macros ---

  Type comprehension(const Expr& expr) {
    Type range = types_.resolve(visit(*expr.children[0]));
    guards_ = {};
    if (++nesting_ > options_.macro_nesting_max) {
      diagnostics_.push_back({Severity::error, to_span(expr.name_place, options_.origin),
                              fmt::format("macros nest deeper than {}", options_.macro_nesting_max),
                              "nested loops cost too much"});
    }
    auto [first, second] = variables_of(expr, range);
    std::size_t slot = scope_.push(expr.names[0], first);
    if (expr.names.size() == 2) scope_.push(expr.names[1], second);
    Type type = body(expr, first);
    for (std::size_t i = 0; i < expr.names.size(); ++i) scope_.pop();
    --nesting_;
    guards_ = {};
    if (note(expr).meaning == Meaning::mistake) return Type::erroneous();
    return mean(expr, Meaning::local, slot, type);
  }

  std::pair<Type, Type> variables_of(const Expr& expr, const Type& range) {
    bool two = expr.names.size() == 2;
    if (range.is(TypeKind::list))
      return two ? std::pair(Type::int64(), range.parameter(0)) : std::pair(range.parameter(0), Type());
    if (range.is(TypeKind::map)) return {range.parameter(0), range.parameter(1)};
    if (!range.is(TypeKind::dyn) && !range.is(TypeKind::erroneous) && !range.is(TypeKind::variable)) {
      mistake(expr, expr.name_place,
              fmt::format("`{}` goes over lists and maps, this is {}", expr.name, types_.apply(range).to_string()));
    }
    return {Type::dyn(), Type::dyn()};
  }

  Type body(const Expr& expr, const Type& element) {
    switch (expr.macro) {
      case Macro::all:
      case Macro::exists:
      case Macro::exists_one: test(*expr.children[1], expr); return Type::boolean();
      case Macro::filter: test(*expr.children[1], expr); return Type::list(element);
      case Macro::map:
      case Macro::transform_list: return Type::list(visit(*expr.children[1]));
      case Macro::map_filtered:
      case Macro::transform_list_filtered: return Type::list(filtered(expr));
      case Macro::transform_map: return Type::map(key_type(expr), visit(*expr.children[1]));
      case Macro::transform_map_filtered: return Type::map(key_type(expr), filtered(expr));
      case Macro::transform_map_entry: return entry(*expr.children[1], visit(*expr.children[1]));
      case Macro::transform_map_entry_filtered: return entry(*expr.children[2], filtered(expr));
    }
    return Type::dyn();
  }
  Type key_type(const Expr& expr) const { return scope_.at(scope_.find(expr.names[0])).type; }
  void test(const Expr& expr, const Expr& macro) { visit_guarding(expr, fmt::format("the test of `{}`", macro.name)); }
  Type filtered(const Expr& expr) {
    Guards guards = visit_guarding(*expr.children[1], fmt::format("the filter of `{}`", expr.name));
    return visit_knowing(*expr.children[2], guards.when_true);
  }
  Type entry(const Expr& expr, const Type& type) {
    Type map = types_.resolve(type);
    if (!types_.assign(Type::map(types_.fresh(), types_.fresh()), map)) {
      report(expr.place, fmt::format("expected a map with one entry, this is {}", types_.apply(map).to_string()));
    }
    return map.is(TypeKind::map) ? map : Type::map(Type::dyn(), Type::dyn());
  }

  Type bind(const Expr& expr) {
    std::size_t slot = Scope::npos;
    for (std::size_t i = 0; i < expr.names.size(); ++i) {
      Type value = visit(*expr.children[i]);
      std::size_t own = scope_.push(expr.names[i], value);
      if (i == 0) slot = own;
    }
    guards_ = {};
    Type type = visit(*expr.children.back());
    for (std::size_t i = 0; i < expr.names.size(); ++i) scope_.pop();
    guards_ = {};
    return mean(expr, Meaning::local, slot, type);
  }

  Type opt_map(const Expr& expr) {
    Type operand = types_.resolve(visit(*expr.children[0]));
    guards_ = {};
    Type inner = types_.fresh();
    if (!types_.assign(Type::optional(inner), operand)) {
      return mistake(expr, expr.name_place,
                     fmt::format("`{}` needs an optional, this is {}", expr.name, types_.apply(operand).to_string()));
    }
    std::size_t slot = scope_.push(expr.names[0], operand.is(TypeKind::optional) ? operand.parameter(0) : Type::dyn());
    Type type = visit(*expr.children[1]);
    scope_.pop();
    guards_ = {};
    if (!expr.flat) return mean(expr, Meaning::local, slot, Type::optional(type));
    if (!types_.assign(Type::optional(types_.fresh()), type)) {
      return mistake(expr, expr.children[1]->place,
                     fmt::format("`optFlatMap` needs an optional here, this is {}", types_.apply(type).to_string()));
    }
    return mean(expr, Meaning::local, slot, type);
  }

  const Environment& environment_;
  const CompileOptions& options_;
  Diagnostics& diagnostics_;
  Checked checked_;
  Unifier types_;
  Scope scope_;
  Paths present_;
  Guards guards_;
  int nesting_ = 0;
};

}  // namespace

Checked check(const Expr& expr, const Environment& environment, const CompileOptions& options,
              Diagnostics& diagnostics) {
  return Checker(environment, options, diagnostics).run(expr);
}

}  // namespace bw::cel
