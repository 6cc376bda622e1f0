// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "cel/ast.h"
#include "cel/value.h"

namespace bw::cel {
namespace {

std::string print(const Expr& expr);

std::string literal(const Literal& literal) {
  struct Visitor {
    Value operator()(std::nullptr_t) const { return Value::null(); }
    Value operator()(bool b) const { return Value::boolean(b); }
    Value operator()(std::int64_t i) const { return Value::int64(i); }
    Value operator()(std::uint64_t u) const { return Value::uint64(u); }
    Value operator()(double d) const { return Value::float64(d); }
    Value operator()(const std::string& s) const { return Value::string(s); }
    Value operator()(const Bytes& b) const { return Value::bytes(b.bytes); }
  };
  return render(std::visit(Visitor{}, literal), static_cast<std::size_t>(-1));
}

// Field names that are no plain names stand between backquotes.
std::string field(const std::string& name) {
  bool plain =
      std::ranges::all_of(name, [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; });
  plain = plain && std::isdigit(static_cast<unsigned char>(name[0])) == 0;
  for (std::string_view word : {"true", "false", "null", "in"}) plain = plain && name != word;
  return plain ? name : "`" + name + "`";
}

// What a selection, an index or a call of a method is of: a sign before it would be of the whole.
std::string subject(const Expr& expr) {
  bool has_sign = expr.kind == ExprKind::logic_not || (expr.kind == ExprKind::call && expr.name == "-_");
  return has_sign ? "(" + print(expr) + ")" : print(expr);
}

std::string arguments(const Expr& expr, std::size_t first) {
  std::string out;
  for (const auto& name : expr.names) out += (out.empty() ? "" : ", ") + name;
  for (std::size_t i = first; i < expr.children.size(); ++i)
    out += (out.empty() ? "" : ", ") + print(*expr.children[i]);
  return out;
}

std::string chain(const Expr& expr, std::string_view op) {
  std::string out = "(";
  for (const auto& child : expr.children) out += (out.size() == 1 ? "" : fmt::format(" {} ", op)) + print(*child);
  return out + ")";
}

std::string binary(const Expr& expr, std::string_view op) {
  return fmt::format("({} {} {})", print(*expr.children[0]), op, print(*expr.children[1]));
}

// "_+_", which no author can spell, unlike "_a_".
bool is_operator(std::string_view name) {
  return name.size() > 2 && name.front() == '_' && name[1] != '_' &&
         std::isalnum(static_cast<unsigned char>(name[1])) == 0;
}

std::string call(const Expr& expr) {
  const std::string& name = expr.name;
  if (name == "_[_]") return fmt::format("{}[{}]", subject(*expr.children[0]), print(*expr.children[1]));
  if (name == "_[?_]") return fmt::format("{}[?{}]", subject(*expr.children[0]), print(*expr.children[1]));
  if (name == "-_") return fmt::format("-({})", print(*expr.children[0]));
  if (name == "@in") return binary(expr, "in");
  if (is_operator(name)) return binary(expr, std::string_view(name).substr(1, name.size() - 2));
  if (expr.receiver) return fmt::format("{}.{}({})", subject(*expr.children[0]), name, arguments(expr, 1));
  return fmt::format("{}{}({})", expr.global ? "." : "", name, arguments(expr, 0));
}

std::string items(const Expr& expr) {
  std::string out;
  std::size_t step = expr.kind == ExprKind::map ? 2 : 1;
  for (std::size_t i = 0; i < expr.children.size(); i += step) {
    if (i > 0) out += ", ";
    if (expr.optional_items[i / step]) out += "?";
    if (expr.kind == ExprKind::message) out += field(expr.names[i]) + ": ";
    out += print(*expr.children[i]);
    if (step == 2) out += ": " + print(*expr.children[i + 1]);
  }
  return out;
}

std::string bind(const Expr& expr) {
  std::string out = "cel.bind(";
  for (std::size_t i = 0; i < expr.names.size(); ++i)
    out += fmt::format("{}, {}, ", expr.names[i], print(*expr.children[i]));
  return out + print(*expr.children.back()) + ")";
}

std::string print(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::literal: return literal(expr.literal);
    case ExprKind::ident: return (expr.global ? "." : "") + expr.name;
    case ExprKind::select:
      return fmt::format("{}.{}{}", subject(*expr.children[0]), expr.optional ? "?" : "", field(expr.name));
    case ExprKind::has: return fmt::format("has({}.{})", subject(*expr.children[0]), field(expr.name));
    case ExprKind::call: return call(expr);
    case ExprKind::logic_and: return chain(expr, "&&");
    case ExprKind::logic_or: return chain(expr, "||");
    case ExprKind::logic_not: return fmt::format("!({})", print(*expr.children[0]));
    case ExprKind::conditional:
      return fmt::format("({} ? {} : {})", print(*expr.children[0]), print(*expr.children[1]),
                         print(*expr.children[2]));
    case ExprKind::list: return fmt::format("[{}]", items(expr));
    case ExprKind::map: return fmt::format("{{{}}}", items(expr));
    case ExprKind::message: return fmt::format("{}{{{}}}", expr.name, items(expr));
    case ExprKind::comprehension:
    case ExprKind::opt_map: return fmt::format("{}.{}({})", subject(*expr.children[0]), expr.name, arguments(expr, 1));
    case ExprKind::bind: return bind(expr);
    case ExprKind::error: return "<error>";
  }
  return {};
}

}  // namespace

std::string to_string(const Expr& expr) { return print(expr); }

}  // namespace bw::cel
