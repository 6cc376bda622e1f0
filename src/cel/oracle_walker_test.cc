// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "cel/oracle.h"

namespace bw::cel::oracle {
namespace {

using Kind = Plain::Kind;
__extension__ using Wide = __int128;

Plain merge(const std::vector<Plain>& failed) {
  std::set<std::string> unknowns;
  for (const auto& one : failed) unknowns.insert(one.unknowns.begin(), one.unknowns.end());
  Plain out = Plain::error();
  if (unknowns.empty()) return out;
  out.kind = Kind::unknown;
  out.unknowns = std::move(unknowns);
  return out;
}

bool is_number(const Plain& v) { return v.kind == Kind::int64 || v.kind == Kind::float64; }
double as_double(const Plain& v) { return v.kind == Kind::int64 ? static_cast<double>(v.int64) : v.float64; }

bool same(const Plain& a, const Plain& b) {
  if (is_number(a) && is_number(b)) {
    return a.kind == Kind::int64 && b.kind == Kind::int64 ? a.int64 == b.int64 : as_double(a) == as_double(b);
  }
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::boolean: return a.boolean == b.boolean;
    case Kind::string: return a.string == b.string;
    case Kind::list:
      if (a.list.size() != b.list.size()) return false;
      for (std::size_t i = 0; i < a.list.size(); ++i) {
        if (!same(a.list[i], b.list[i])) return false;
      }
      return true;
    case Kind::address:
    case Kind::range: return a.string == b.string && a.int64 == b.int64;
    default: return true;
  }
}

// --- addresses, as strings of bits ---

std::vector<std::string> split(const std::string& text, const std::string& by) {
  std::vector<std::string> parts{""};
  for (std::size_t i = 0; i < text.size();) {
    if (text.compare(i, by.size(), by) == 0) {
      parts.emplace_back();
      i += by.size();
    } else {
      parts.back() += text[i++];
    }
  }
  return parts;
}

std::string bits(long number, int count) {
  std::string out;
  for (int i = count - 1; i >= 0; --i) out += (number >> i) % 2 != 0 ? '1' : '0';
  return out;
}

std::string groups(const std::string& text) {
  std::string out;
  if (text.empty()) return out;
  for (const auto& group : split(text, ":")) out += bits(std::strtol(group.c_str(), nullptr, 16), 16);
  return out;
}

// Only for the texts that programs are made with; what is none of them has a letter after z or is a text without dots.
Plain address(const std::string& text) {
  Plain out{.kind = Kind::address};
  if (text.find(':') != std::string::npos) {
    auto halves = split(text, "::");
    std::string head = groups(halves[0]);
    std::string tail = halves.size() > 1 ? groups(halves[1]) : "";
    out.string = head + std::string(128 - head.size() - tail.size(), '0') + tail;
    return out;
  }
  auto parts = split(text, ".");
  if (parts.size() != 4) return Plain::error();
  for (const auto& part : parts) out.string += bits(std::strtol(part.c_str(), nullptr, 10), 8);
  return out;
}

Plain range(const std::string& text) {
  auto parts = split(text, "/");
  Plain out = parts.size() == 2 ? address(parts[0]) : Plain::error();
  if (out.kind == Kind::error) return out;
  out.kind = Kind::range;
  out.int64 = std::strtol(parts[1].c_str(), nullptr, 10);
  return out;
}

bool inside(const Plain& range, const Plain& other) {
  if (range.string.size() != other.string.size()) return false;
  if (other.kind == Kind::range && other.int64 < range.int64) return false;
  return other.string.starts_with(range.string.substr(0, static_cast<std::size_t>(range.int64)));
}

Plain network(const std::string& name, const std::vector<Plain>& args) {
  const Plain& first = args[0];
  if (name == "ip" && first.kind == Kind::range) return {.kind = Kind::address, .string = first.string};
  if (name == "ip") return address(first.string);
  if (name == "cidr") return range(first.string);
  if (name == "isIP") return Plain::of(address(first.string).kind == Kind::address);
  if (name == "family") return Plain::of(std::int64_t{first.string.size() == 32 ? 4 : 6});
  if (name == "prefixLength") return Plain::of(first.int64);
  if (name == "isLoopback") return Plain::of(inside(range("127.0.0.0/8"), first) || inside(range("::1/128"), first));
  if (name == "containsIP" || name == "containsCIDR") return Plain::of(inside(first, args[1]));
  Plain masked = first;
  auto kept = static_cast<std::size_t>(first.int64);
  masked.string = first.string.substr(0, kept) + std::string(first.string.size() - kept, '0');
  return masked;
}

bool is_network(const std::string& name) {
  static const std::set<std::string> names{"ip",           "cidr",       "isIP",       "family",      "masked",
                                           "prefixLength", "isLoopback", "containsIP", "containsCIDR"};
  return names.contains(name);
}

template <class T>
Plain compare(const std::string& op, const T& a, const T& b) {
  if (op == "_<_") return Plain::of(a < b);
  if (op == "_<=_") return Plain::of(a <= b);
  if (op == "_>_") return Plain::of(a > b);
  return Plain::of(a >= b);
}

Plain order(const std::string& op, const Plain& a, const Plain& b) {
  if (a.kind == Kind::int64 && b.kind == Kind::int64) return compare(op, a.int64, b.int64);
  if (is_number(a) && is_number(b)) return compare(op, as_double(a), as_double(b));
  if (a.kind != b.kind) return Plain::error();
  if (a.kind == Kind::string) return compare(op, a.string, b.string);
  return a.kind == Kind::boolean ? compare(op, a.boolean, b.boolean) : Plain::error();
}

Plain fit(Wide value) {
  if (value != static_cast<Wide>(static_cast<std::int64_t>(value))) return Plain::error();
  return Plain::of(static_cast<std::int64_t>(value));
}

Plain arithmetic(char op, const Plain& a, const Plain& b) {
  if (a.kind == Kind::int64 && b.kind == Kind::int64) {
    Wide x = a.int64;
    Wide y = b.int64;
    if ((op == '/' || op == '%') && y == 0) return Plain::error();
    if (op == '%' && y == -1 && x == static_cast<Wide>(INT64_MIN)) return Plain::error();
    return fit(op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : op == '/' ? x / y : x % y);
  }
  if (a.kind == Kind::float64 && b.kind == Kind::float64 && op != '%') {
    double x = a.float64;
    double y = b.float64;
    return Plain::of(op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : x / y);
  }
  if (op != '+') return Plain::error();
  if (a.kind == Kind::string && b.kind == Kind::string) return Plain::of(a.string + b.string);
  if (a.kind != Kind::list || b.kind != Kind::list) return Plain::error();
  Plain out = a;
  out.list.insert(out.list.end(), b.list.begin(), b.list.end());
  return out;
}

Plain negate(const Plain& a) {
  if (a.kind == Kind::float64) return Plain::of(-a.float64);
  return a.kind == Kind::int64 ? fit(-static_cast<Wide>(a.int64)) : Plain::error();
}

Plain index(const Plain& list, const Plain& at) {
  if (list.kind != Kind::list || at.kind != Kind::int64) return Plain::error();
  if (at.int64 < 0 || at.int64 >= static_cast<std::int64_t>(list.list.size())) return Plain::error();
  return list.list[static_cast<std::size_t>(at.int64)];
}

Plain operate(const Expr& expr, const std::vector<Plain>& args) {
  const std::string& name = expr.name;
  if (name == "_==_" || name == "_!=_") return Plain::of(same(args[0], args[1]) == (name == "_==_"));
  if (name == "_<_" || name == "_<=_" || name == "_>_" || name == "_>=_") return order(name, args[0], args[1]);
  if (name == "@in") {
    for (const auto& element : args[1].list) {
      if (same(args[0], element)) return Plain::of(true);
    }
    return Plain::of(false);
  }
  if (name == "_[_]") return index(args[0], args[1]);
  if (name == "-_") return negate(args[0]);
  if (name == "size")
    return Plain::of(
        static_cast<std::int64_t>(args[0].kind == Kind::list ? args[0].list.size() : args[0].string.size()));
  if (name == "startsWith") return Plain::of(args[0].string.starts_with(args[1].string));
  if (is_network(name)) return network(name, args);
  return arithmetic(name[1], args[0], args[1]);
}

Plain call(const Expr& expr, const Variables& variables) {
  std::vector<Plain> args;
  std::vector<Plain> failed;
  for (const auto& child : expr.children) {
    args.push_back(evaluate(*child, variables));
    if (args.back().failed()) failed.push_back(args.back());
  }
  return failed.empty() ? operate(expr, args) : merge(failed);
}

// All operands first, then the truth table.
Plain settle(const std::vector<Plain>& operands, bool settles) {
  std::vector<Plain> failed;
  for (const auto& operand : operands) {
    if (operand.kind == Kind::boolean && operand.boolean == settles) return operand;
    if (operand.kind != Kind::boolean) failed.push_back(operand);
  }
  return failed.empty() ? Plain::of(!settles) : merge(failed);
}

Plain select(const Expr& expr, const Variables& variables) {
  Plain operand = evaluate(*expr.children[0], variables);
  if (operand.failed()) return operand;
  auto field = operand.fields.find(expr.name);
  if (expr.kind == ExprKind::has) {
    if (field != operand.fields.end() && field->second.kind == Kind::unknown) return field->second;
    return Plain::of(field != operand.fields.end());
  }
  return field == operand.fields.end() ? Plain::error() : field->second;
}

Plain comprehension(const Expr& expr, Variables variables) {
  Plain range = evaluate(*expr.children[0], variables);
  if (range.failed()) return range;
  std::vector<Plain> tests;
  std::vector<Plain> failed;
  Plain kept = Plain::of(std::vector<Plain>{});
  std::int64_t count = 0;
  for (const auto& element : range.list) {
    variables[expr.names[0]] = element;
    Plain value = evaluate(*expr.children[1], variables);
    tests.push_back(value);
    if (value.failed()) failed.push_back(value);
    if (value.kind == Kind::boolean && value.boolean) ++count;
    if (expr.macro == Macro::map) kept.list.push_back(value);
    if (expr.macro == Macro::filter && value.boolean) kept.list.push_back(element);
  }
  if (expr.macro == Macro::all || expr.macro == Macro::exists) return settle(tests, expr.macro == Macro::exists);
  if (!failed.empty()) return merge(failed);
  return expr.macro == Macro::exists_one ? Plain::of(count == 1) : kept;
}

Plain literal(const Literal& literal) {
  if (const auto* b = std::get_if<bool>(&literal)) return Plain::of(*b);
  if (const auto* i = std::get_if<std::int64_t>(&literal)) return Plain::of(*i);
  if (const auto* d = std::get_if<double>(&literal)) return Plain::of(*d);
  if (const auto* s = std::get_if<std::string>(&literal)) return Plain::of(*s);
  return {};
}

std::vector<Plain> each(const Expr& expr, const Variables& variables) {
  std::vector<Plain> values;
  for (const auto& child : expr.children) values.push_back(evaluate(*child, variables));
  return values;
}

Plain list(const Expr& expr, const Variables& variables) {
  std::vector<Plain> failed;
  auto values = each(expr, variables);
  for (const auto& value : values) {
    if (value.failed()) failed.push_back(value);
  }
  return failed.empty() ? Plain::of(std::move(values)) : merge(failed);
}

Plain bind(const Expr& expr, Variables variables) {
  variables[expr.names[0]] = evaluate(*expr.children[0], variables);
  return evaluate(*expr.children[1], variables);
}

}  // namespace

Plain Plain::of(bool b) { return {.kind = Kind::boolean, .boolean = b}; }
Plain Plain::of(std::int64_t i) { return {.kind = Kind::int64, .int64 = i}; }
Plain Plain::of(double d) { return {.kind = Kind::float64, .float64 = d}; }
Plain Plain::of(std::string s) { return {.kind = Kind::string, .string = std::move(s)}; }
Plain Plain::of(std::vector<Plain> l) { return {.kind = Kind::list, .list = std::move(l)}; }
Plain Plain::error() { return {.kind = Kind::error}; }
Plain Plain::unknown(std::string attribute) { return {.kind = Kind::unknown, .unknowns = {std::move(attribute)}}; }

Plain evaluate(const Expr& expr, const Variables& variables) {
  switch (expr.kind) {
    case ExprKind::literal: return literal(expr.literal);
    case ExprKind::ident: return variables.at(expr.name);
    case ExprKind::select:
    case ExprKind::has: return select(expr, variables);
    case ExprKind::call: return call(expr, variables);
    case ExprKind::logic_and: return settle(each(expr, variables), false);
    case ExprKind::logic_or: return settle(each(expr, variables), true);
    case ExprKind::logic_not: {
      Plain value = evaluate(*expr.children[0], variables);
      return value.failed() ? value : Plain::of(!value.boolean);
    }
    case ExprKind::conditional: {
      Plain condition = evaluate(*expr.children[0], variables);
      return condition.failed() ? condition : evaluate(*expr.children[condition.boolean ? 1 : 2], variables);
    }
    case ExprKind::list: return list(expr, variables);
    case ExprKind::comprehension: return comprehension(expr, variables);
    case ExprKind::bind: return bind(expr, variables);
    default: return Plain::error();
  }
}

std::string show(const Plain& v) {
  switch (v.kind) {
    case Kind::null: return "null";
    case Kind::boolean: return v.boolean ? "true" : "false";
    case Kind::int64: return fmt::format("{}", v.int64);
    case Kind::float64: return fmt::format("{:a}", v.float64);
    case Kind::string: return "\"" + v.string + "\"";
    case Kind::list: {
      std::string out = "[";
      for (const auto& element : v.list) out += (out.size() > 1 ? ", " : "") + show(element);
      return out + "]";
    }
    case Kind::object: return "object";
    case Kind::address:
    case Kind::range: return v.string;
    case Kind::error: return "error";
    case Kind::unknown: return fmt::format("unknown({})", fmt::join(v.unknowns, ", "));
  }
  return {};
}

}  // namespace bw::cel::oracle
