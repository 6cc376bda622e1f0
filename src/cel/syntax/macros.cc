// SPDX-License-Identifier: Apache-2.0
#include "cel/syntax/macros.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace bw::cel {
namespace {

// A comprehension macro by spelling: its name, how many arguments it has, and how many of those are variables.
struct Shape {
  std::string_view name;
  std::size_t arguments;
  std::size_t variables;
  Macro macro;
};
constexpr std::array shapes{
    Shape{"all", 2, 1, Macro::all},
    Shape{"all", 3, 2, Macro::all},
    Shape{"exists", 2, 1, Macro::exists},
    Shape{"exists", 3, 2, Macro::exists},
    Shape{"exists_one", 2, 1, Macro::exists_one},
    Shape{"exists_one", 3, 2, Macro::exists_one},
    Shape{"existsOne", 2, 1, Macro::exists_one},
    Shape{"existsOne", 3, 2, Macro::exists_one},
    Shape{"map", 2, 1, Macro::map},
    Shape{"map", 3, 1, Macro::map_filtered},
    Shape{"filter", 2, 1, Macro::filter},
    Shape{"transformList", 3, 2, Macro::transform_list},
    Shape{"transformList", 4, 2, Macro::transform_list_filtered},
    Shape{"transformMap", 3, 2, Macro::transform_map},
    Shape{"transformMap", 4, 2, Macro::transform_map_filtered},
    Shape{"transformMapEntry", 3, 2, Macro::transform_map_entry},
    Shape{"transformMapEntry", 4, 2, Macro::transform_map_entry_filtered},
};

bool is_plain_name(const Expr& expr) { return expr.kind == ExprKind::ident && !expr.global; }

BadMacro not_a_name(const Expr& argument, std::string_view macro) {
  return {argument.place, fmt::format("`{}` needs a plain variable name here", macro),
          fmt::format("for example: list.{}(x, …)", macro)};
}

// Moves `count` names out of the arguments that follow the receiver.
std::optional<BadMacro> take_names(Expr& call, std::size_t count) {
  for (std::size_t i = 1; i <= count; ++i) {
    const Expr& argument = *call.children[i];
    if (!is_plain_name(argument)) return not_a_name(argument, call.name);
    call.names.push_back(argument.name);
  }
  if (count == 2 && call.names[0] == call.names[1]) {
    return BadMacro{call.children[2]->place, fmt::format("`{}` needs two different variable names", call.name), {}};
  }
  auto first = call.children.begin() + 1;
  call.children.erase(first, first + static_cast<std::ptrdiff_t>(count));
  return {};
}

std::optional<BadMacro> expand_has(Expr& call) {
  if (call.children.size() != 1 || call.children[0]->kind != ExprKind::select || call.children[0]->optional) {
    return BadMacro{call.place, "`has` takes one field selection", "for example: has(args.reason)"};
  }
  ExprPtr selection = std::move(call.children[0]);
  call.kind = ExprKind::has;
  call.name = std::move(selection->name);
  call.name_place = selection->name_place;
  call.children = std::move(selection->children);
  return {};
}

bool is_bind(const Expr& call) {
  return call.name == "bind" && call.children.size() == 4 && is_plain_name(*call.children[0]) &&
         call.children[0]->name == "cel";
}

std::optional<BadMacro> expand_bind(Expr& call) {
  if (auto bad = take_names(call, 1)) return bad;
  call.children.erase(call.children.begin());
  call.kind = ExprKind::bind;
  call.receiver = false;
  return {};
}

// --- cel.block, as optimisers write it: cel.block([x, cel.index(0) + 1], cel.index(1)) ---

bool is_cel(const Expr& expr) { return is_plain_name(expr) && expr.name == "cel"; }

// cel.index(0) and cel.iterVar(0, 1) stand for names no author can spell.
bool expand_generated_name(Expr& call) {
  if (call.name != "index" && call.name != "iterVar") return false;
  std::string name = "@" + call.name;
  for (std::size_t i = 1; i < call.children.size(); ++i) {
    const auto* number = std::get_if<std::int64_t>(&call.children[i]->literal);
    if (call.children[i]->kind != ExprKind::literal || number == nullptr) return false;
    name += fmt::format(":{}", *number);
  }
  call.kind = ExprKind::ident;
  call.name = std::move(name);
  call.receiver = false;
  call.children.clear();
  return true;
}

void expand_block(Expr& call) {
  ExprPtr list = std::move(call.children[1]);
  ExprPtr body = std::move(call.children[2]);
  call.kind = ExprKind::bind;
  call.receiver = false;
  call.children = std::move(list->children);
  for (std::size_t i = 0; i < call.children.size(); ++i) call.names.push_back(fmt::format("@index:{}", i));
  call.children.push_back(std::move(body));
}

std::optional<BadMacro> expand_opt_map(Expr& call) {
  call.flat = call.name == "optFlatMap";
  call.kind = ExprKind::opt_map;
  return take_names(call, 1);
}

// list.sortBy(x, key) is cel.bind(l, list, l.@sortByAssociatedKeys(l.map(x, key))), with names no author can spell.
std::optional<BadMacro> expand_sort_by(Expr& call, const MakeExpr& make) {
  if (auto bad = take_names(call, 1)) return bad;
  auto node = [&](ExprKind kind, std::string name, ExprPtr first = nullptr, ExprPtr second = nullptr) {
    auto made = make(kind, call.name_place);
    made->place = call.place;
    made->name = std::move(name);
    for (auto* child : {&first, &second}) {
      if (*child == nullptr) continue;
      made->depth = std::max(made->depth, (*child)->depth + 1);
      made->children.push_back(std::move(*child));
    }
    return made;
  };
  const std::string list = "@list";
  auto keys = node(ExprKind::comprehension, "map", node(ExprKind::ident, list), std::move(call.children[1]));
  keys->macro = Macro::map;
  keys->names = std::exchange(call.names, {list});
  call.children[1] = node(ExprKind::call, "@sortByAssociatedKeys", node(ExprKind::ident, list), std::move(keys));
  call.children[1]->receiver = true;
  call.kind = ExprKind::bind;
  call.receiver = false;
  return {};
}

}  // namespace

std::optional<BadMacro> expand_macro(Expr& call, const MakeExpr& make) {
  if (!call.receiver) return call.name == "has" && !call.global ? expand_has(call) : std::nullopt;
  if (is_bind(call)) return expand_bind(call);
  if (is_cel(*call.children[0])) {
    if (expand_generated_name(call)) return {};
    if (call.name == "block" && call.children.size() == 3 && call.children[1]->kind == ExprKind::list) {
      expand_block(call);
      return {};
    }
  }
  std::size_t arguments = call.children.size() - 1;
  if ((call.name == "optMap" || call.name == "optFlatMap") && arguments == 2) return expand_opt_map(call);
  if (call.name == "sortBy" && arguments == 2) return expand_sort_by(call, make);
  for (const auto& shape : shapes) {
    if (shape.name != call.name || shape.arguments != arguments) continue;
    call.kind = ExprKind::comprehension;
    call.macro = shape.macro;
    return take_names(call, shape.variables);
  }
  return {};
}

}  // namespace bw::cel
