// SPDX-License-Identifier: Apache-2.0
#include "analysis/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/terms.h"
#include "base/clock.h"
#include "base/text.h"
#include "json/writer.h"

namespace bw::analysis {
namespace {

using cel::Expr;
using cel::ExprKind;
using cel::Type;
using cel::TypeKind;

constexpr std::size_t text_bytes_max = 4096;  // of a made-up text, for conditions on size()

std::string element_of(const std::string& list) { return list + "[]"; }

}  // namespace

std::string shifted(double value, std::string_view text, int by) {
  auto point = text.find('.');
  bool plain = text.find_first_of("eE") == std::string_view::npos && point != std::string_view::npos;
  int digits = plain ? static_cast<int>(text.size() - point - 1) : 1;
  return fmt::format("{:.{}f}", value + by * std::pow(10.0, -digits), digits);
}

// Walks the terms of one expression. What a term compares is not worked out: each of its constants is tried at each of its
// attributes, which finds the edge of every comparison and some values that are merely useless.
class Collector {
 public:
  Collector(Values& values, std::string_view source) : values_(values), source_(source) {}

  void run(const Expr& expr) {
    for (const Expr* term : logic_terms(expr)) walk_term(*term);
  }

 private:
  struct Term {
    std::vector<std::string> paths;  // attributes read as they are
    std::vector<std::string> sized;  // attributes read through size()
    std::vector<const Expr*> constants;
  };

  void walk_term(const Expr& expr) {
    Term term;
    gather(expr, term);
    for (const auto& path : term.paths) offer(path, term);
    for (const auto& path : term.sized) offer_sizes(path, term);
  }

  // The attribute that an expression names, or empty.
  std::string path_of(const Expr& expr) const {
    if (expr.kind == ExprKind::ident) {
      auto bound = bound_.find(expr.name);
      return bound == bound_.end() ? expr.name : bound->second;
    }
    if (expr.kind == ExprKind::select) {
      auto base = path_of(*expr.children[0]);
      return base.empty() ? base : base + "." + expr.name;
    }
    bool index = expr.kind == ExprKind::call && (expr.name == "_[_]" || expr.name == "_[?_]");
    if (!index) return {};
    auto base = path_of(*expr.children[0]);
    if (base.empty()) return {};
    if (const auto* key = std::get_if<std::string>(&expr.children[1]->literal)) return base + "." + *key;
    return element_of(base);
  }

  void gather(const Expr& expr, Term& term) {
    if (auto path = path_of(expr); !path.empty()) return term.paths.push_back(std::move(path));
    switch (expr.kind) {
      case ExprKind::literal: return term.constants.push_back(&expr);
      case ExprKind::has: {
        auto path = path_of(*expr.children[0]);
        if (path.empty()) return;
        path += "." + expr.name;
        values_.add(path, std::nullopt);
        return term.paths.push_back(std::move(path));
      }
      case ExprKind::comprehension: return walk_loop(expr, term);
      case ExprKind::call: {
        bool size = expr.name == "size" && !expr.children.empty();
        if (auto path = size ? path_of(*expr.children[0]) : std::string(); !path.empty())
          return term.sized.push_back(std::move(path));
        break;
      }
      default: break;
    }
    for (const auto& child : expr.children) gather(*child, term);
  }

  // The first variable of a macro over an attribute is any element of it; its conditions are terms of their own.
  void walk_loop(const Expr& expr, Term& term) {
    auto range = path_of(*expr.children[0]);
    if (range.empty()) gather(*expr.children[0], term);
    auto outer = bound_;
    for (const auto& name : expr.names) bound_[name] = range.empty() ? "" : element_of(range);
    if (!range.empty()) values_.add(element_of(range), std::nullopt);
    for (std::size_t i = 1; i < expr.children.size(); ++i) {
      for (const Expr* inner : logic_terms(*expr.children[i])) walk_term(*inner);
    }
    bound_ = std::move(outer);
  }

  void offer(const std::string& path, const Term& term) {
    const Type type = values_.type_of(path);
    if (values_.may_be_absent(path)) values_.add(path, std::nullopt);
    for (const auto& member : type.members()) values_.add(path, json::quoted(member));
    if (type.is(TypeKind::boolean) || (type.is(TypeKind::dyn) && term.constants.empty())) {
      values_.add(path, "true");
      values_.add(path, "false");
    }
    for (const Expr* constant : term.constants) offer(path, type, *constant);
  }

  void offer(const std::string& path, const Type& type, const Expr& constant) {
    if (path == "now") return offer_times(constant);
    if (const auto* text = std::get_if<std::string>(&constant.literal)) {
      if (!type.members().empty() || !fits(type, TypeKind::string)) return;
      for (const std::string& made : {*text, *text + "x", "x" + *text, std::string()})
        values_.add(path, json::quoted(made));
    } else if (const auto* whole = std::get_if<std::int64_t>(&constant.literal)) {
      offer_number(path, type, static_cast<double>(*whole), "1");
    } else if (const auto* natural = std::get_if<std::uint64_t>(&constant.literal)) {
      offer_number(path, type, static_cast<double>(*natural), "1");
    } else if (const auto* real = std::get_if<double>(&constant.literal)) {
      offer_number(path, type, *real, constant.place.in(source_));
    } else if (const auto* truth = std::get_if<bool>(&constant.literal); truth && fits(type, TypeKind::boolean)) {
      values_.add(path, *truth ? "true" : "false");
    }
  }

  static bool fits(const Type& type, TypeKind kind) { return type.is(kind) || type.is(TypeKind::dyn); }

  void offer_number(const std::string& path, const Type& type, double value, std::string_view text) {
    bool whole = type.is(TypeKind::int64) || type.is(TypeKind::uint64);
    if (!whole && !fits(type, TypeKind::float64)) return;
    for (int by : {-1, 0, 1}) {
      if (whole) {
        values_.add(path, fmt::format("{:.0f}", std::floor(value) + by));
      } else {
        values_.add(path, shifted(value, text == "1" ? "1.0" : text, by));
      }
    }
  }

  // A text that is a time, and numbers as hours of a day and days of a week.
  void offer_times(const Expr& constant) {
    if (const auto* text = std::get_if<std::string>(&constant.literal)) {
      auto at = parse_time(*text);
      for (std::int64_t by : {-1000, 0, 1000})
        if (at) values_.add("now", json::quoted(format_time(*at + by)));
    }
    const auto* whole = std::get_if<std::int64_t>(&constant.literal);
    for (std::int64_t by : {-1, 0, 1}) {
      if (!whole || *whole + by < 0 || *whole + by > 23) continue;
      values_.add("now", json::quoted(fmt::format("2027-01-15T{:02}:30:00Z", *whole + by)));
      if (*whole + by < 7) values_.add("now", json::quoted(fmt::format("2027-01-{:02}T12:00:00Z", 10 + *whole + by)));
    }
  }

  void offer_sizes(const std::string& path, const Term& term) {
    const Type type = values_.type_of(path);
    for (const Expr* constant : term.constants) {
      const auto* whole = std::get_if<std::int64_t>(&constant->literal);
      for (std::int64_t by : {-1, 0, 1}) {
        if (!whole || *whole + by < 0 || *whole + by > static_cast<std::int64_t>(text_bytes_max)) continue;
        auto size = static_cast<std::size_t>(*whole + by);
        values_.add(path, type.is(TypeKind::list) ? list_of(plain_value(type.parameter(0)), size)
                                                  : json::quoted(std::string(size, 'x')));
      }
    }
  }

  static std::string list_of(const std::string& element, std::size_t size) {
    std::string out = "[";
    for (std::size_t i = 0; i < size; ++i) out += (i ? "," : "") + element;
    return out + "]";
  }

  Values& values_;
  std::string_view source_;
  std::map<std::string, std::string> bound_;  // variables of macros around this place
};

void Values::add(const domain::Expression& expression) {
  if (auto expr = parse(expression)) Collector(*this, expression.text).run(*expr);
}

void Values::add(const std::string& path, Value value) {
  auto& list = values_[path];
  if (std::ranges::find(list, value) == list.end()) list.push_back(std::move(value));
}

std::map<std::string, std::vector<Values::Value>> Values::all() const {
  Values lists = *this;
  for (const auto& [path, elements] : values_) {
    if (!path.ends_with("[]")) continue;
    std::string list = path.substr(0, path.size() - 2);
    lists.add(list, "[]");
    for (const auto& element : elements)
      if (element) lists.add(list, "[" + *element + "]");
    if (elements.size() > 2 && elements[1] && elements[2])
      lists.add(list, fmt::format("[{},{}]", *elements[1], *elements[2]));
    if (elements.size() == 1) lists.add(list, "[" + plain_value(type_of(path)) + "]");
  }
  std::erase_if(lists.values_, [](const auto& entry) { return entry.first.contains("[]"); });
  return std::move(lists.values_);
}

std::vector<std::string> Values::paths(const domain::Expression& expression) {
  Values values{Type::dyn()};
  values.add(expression);
  std::set<std::string> out;
  for (const auto& [path, list] : values.values_) out.insert(path.substr(0, path.find("[]")));
  return {out.begin(), out.end()};
}

Type Values::type_of(std::string_view path) const {
  if (auto found = declared_.find(path); found != declared_.end()) return found->second;
  std::string_view rest = path;
  if (!rest.starts_with("args")) return path == "now" ? Type::timestamp() : Type::dyn();
  rest.remove_prefix(4);
  Type at = arguments_;
  while (!rest.empty()) {
    if (rest.starts_with("[]")) {
      if (!at.is(TypeKind::list)) return Type::dyn();
      Type element = at.parameter(0);
      at = element;
      rest.remove_prefix(2);
      continue;
    }
    if (!rest.starts_with(".") || !at.is(TypeKind::object)) return Type::dyn();
    rest.remove_prefix(1);
    auto name = rest.substr(0, rest.find_first_of(".["));
    auto index = at.object()->index(name);
    if (index == cel::ObjectType::npos) return Type::dyn();
    Type field = at.object()->fields()[index].type;
    at = field;
    rest.remove_prefix(name.size());
  }
  return at;
}

// Facts can be unavailable, and what no schema requires can be left out.
bool Values::may_be_absent(std::string_view path) const {
  if (path.starts_with("facts.")) return true;
  if (!path.starts_with("args.") || path.contains("[]")) return false;
  auto dot = path.rfind('.');
  Type parent = type_of(path.substr(0, dot));
  if (!parent.is(TypeKind::object)) return parent.is(TypeKind::dyn);
  auto index = parent.object()->index(path.substr(dot + 1));
  return index == cel::ObjectType::npos || parent.object()->fields()[index].optional;
}

std::string plain_value(const Type& type) {
  switch (type.kind()) {
    case TypeKind::boolean: return "false";
    case TypeKind::int64:
    case TypeKind::uint64: return "1";
    case TypeKind::float64: return "1.0";
    case TypeKind::list: return "[]";
    case TypeKind::map: return "{}";
    case TypeKind::null: return "null";
    case TypeKind::object: break;
    default: return type.members().empty() ? "\"x\"" : json::quoted(type.members().front());
  }
  std::string out = "{";
  for (const cel::Field& field : type.object()->fields()) {
    if (field.optional) continue;
    if (out.size() > 1) out += ',';
    out += json::quoted(field.name) + ":" + plain_value(field.type);
  }
  return out + "}";
}

}  // namespace bw::analysis
