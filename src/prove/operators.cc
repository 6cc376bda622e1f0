// SPDX-License-Identifier: Apache-2.0
#include "prove/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "base/result.h"
#include "prove/pattern.h"

namespace bw::prove {
namespace {

constexpr std::int64_t exact_max = std::int64_t{1} << 53U;  // whole numbers below are doubles exactly

bool is_number(Sort sort) { return sort == Sort::int64 || sort == Sort::uint64 || sort == Sort::float64; }
bool is_whole(Sort sort) { return sort == Sort::int64 || sort == Sort::uint64; }

// What a pair of alternatives comes to: a truth, or nothing where the operation does not take them.
using PairTruth = std::function<std::optional<z3::expr>(const Alternative&, const Alternative&)>;

// The truth over all pairs of alternatives. What `of_pair` does not take fails, or with `unlike` is false.
Truth over_pairs(const Value& a, const Value& b, bool unlike, const PairTruth& of_pair) {
  auto& z3 = a.failed.ctx();
  std::vector<z3::expr> yes, no;
  for (const auto& left : a.alternatives) {
    for (const auto& right : b.alternatives) {
      z3::expr when = left.when && right.when;
      auto truth = of_pair(left, right);
      if (truth) {
        yes.push_back(when && *truth);
        no.push_back(when && !*truth);
      } else if (unlike) {
        no.push_back(when);
      }
    }
  }
  z3::expr good = !a.failed && !b.failed;
  return {good && any(z3, yes), good && any(z3, no)};
}

using PairValue = std::function<std::optional<Value>(const Alternative&, const Alternative&)>;

// The value over all pairs; what `of_pair` does not take fails.
Value value_over_pairs(const Value& a, const Value& b, const PairValue& of_pair) {
  auto& z3 = a.failed.ctx();
  Value out{z3.bool_val(false), {}};
  std::vector<z3::expr> failed{a.failed, b.failed};
  for (const auto& left : a.alternatives) {
    for (const auto& right : b.alternatives) {
      z3::expr when = left.when && right.when;
      auto value = of_pair(left, right);
      failed.push_back(value ? when && value->failed : when);
      if (!value) continue;
      for (Alternative& alternative : value->alternatives) {
        alternative.when = when && alternative.when;
        out.alternatives.push_back(std::move(alternative));
      }
    }
  }
  out.failed = any(z3, failed);
  return out;
}

Value value_over(const Value& a, const std::function<std::optional<Value>(const Alternative&)>& of_one) {
  Value nothing{a.failed.ctx().bool_val(false), {{.sort = Sort::null, .when = a.failed.ctx().bool_val(true)}}};
  return value_over_pairs(a, nothing, [&](const Alternative& one, const Alternative&) { return of_one(one); });
}

z3::expr is_a_number(const Alternative& a) { return a.not_a_number ? !*a.not_a_number : a.when.ctx().bool_val(true); }

// How two numbers compare when a whole one becomes a double first, as the evaluator makes it. Rounding matters only from
// 2^53 on: there, what is not known is any answer.
class Numbers {
 public:
  Numbers(Universe& universe, const std::string& name) : universe_(universe), z3_(universe.z3()), name_(name) {}

  std::optional<z3::expr> compare(const Alternative& a, const Alternative& b,
                                  const std::function<z3::expr(const z3::expr&, const z3::expr&)>& relation) {
    if (!is_number(a.sort) || !is_number(b.sort)) return std::nullopt;
    if (is_whole(a.sort) && is_whole(b.sort)) return relation(*a.term, *b.term);
    z3::expr exact = relation(real(a), real(b));
    z3::expr certain = is_exact(a, b) && is_exact(b, a);
    z3::expr numbers = is_a_number(a) && is_a_number(b);
    if (certain.simplify().is_true()) return numbers && exact;
    return numbers && z3::ite(certain, exact, universe_.any_boolean("rounded: " + name_));
  }

 private:
  static z3::expr real(const Alternative& a) { return is_whole(a.sort) ? z3::to_real(*a.term) : *a.term; }

  // Whether turning `a` into a double cannot change how it compares with `b`.
  z3::expr is_exact(const Alternative& a, const Alternative& b) {
    if (!is_whole(a.sort)) return z3_.bool_val(true);
    z3::expr bound = z3_.int_val(exact_max);
    z3::expr small = *a.term < bound && *a.term > -bound;
    if (b.sort != Sort::float64) return small;
    z3::expr real_bound = z3::to_real(bound);
    return small || (*b.term < real_bound && *b.term > -real_bound);
  }

  Universe& universe_;
  z3::context& z3_;
  const std::string& name_;
};

Truth equal_lists(Universe& universe, const List& a, const List& b, const std::string& name);

std::optional<z3::expr> equal_pair(Universe& universe, const Alternative& a, const Alternative& b,
                                   const std::string& name) {
  auto& z3 = universe.z3();
  if (is_number(a.sort) && is_number(b.sort))
    return Numbers(universe, name).compare(a, b, [](const auto& x, const auto& y) { return x == y; });
  if (a.sort != b.sort) return std::nullopt;
  switch (a.sort) {
    case Sort::null: return z3.bool_val(true);
    case Sort::list: return equal_lists(universe, *a.list, *b.list, name).yes;
    case Sort::object:
    case Sort::other: return universe.any_boolean(name);  // is_opaque() says that it may fail too
    case Sort::optional:
      return z3::ite(*a.term && *b.term, equal(universe, *a.inner, *b.inner, name + "?").yes, *a.term == *b.term);
    default: return *a.term == *b.term;
  }
}

// Compares from element i of `a` and j of `b` on; what is not there is passed over.
Truth equal_lists(Universe& universe, const List& a, const List& b, const std::string& name) {
  auto& z3 = universe.z3();
  std::size_t m = a.elements.size(), n = b.elements.size();
  std::vector<std::vector<z3::expr>> same(m + 1, std::vector<z3::expr>(n + 1, z3.bool_val(false)));
  for (std::size_t i = m + 1; i-- > 0;) {
    for (std::size_t j = n + 1; j-- > 0;) {
      if (i == m && j == n) {
        same[i][j] = z3.bool_val(true);
      } else if (i == m) {
        same[i][j] = !b.elements[j].present && same[i][j + 1];
      } else if (j == n) {
        same[i][j] = !a.elements[i].present && same[i + 1][j];
      } else {
        const auto &x = a.elements[i], &y = b.elements[j];
        auto pair = fmt::format("{} at {} and {}", name, i, j);
        z3::expr both = equal(universe, x.value, y.value, pair).yes && same[i + 1][j + 1];
        same[i][j] = z3::ite(!x.present, same[i + 1][j], z3::ite(!y.present, same[i][j + 1], both));
      }
    }
  }
  z3::expr rest = (!a.more && !b.more) || universe.any_boolean(name + " of the rest");
  z3::expr holds = a.length == b.length && same[0][0] && rest;
  return {holds, !holds};
}

std::optional<z3::expr> ordered(Universe& universe, const Alternative& a, const Alternative& b,
                                std::string_view function, const std::string& name) {
  auto relation = [&](const z3::expr& x, const z3::expr& y) {
    return function == "_<_" ? x < y : function == "_<=_" ? x <= y : function == "_>_" ? x > y : x >= y;
  };
  if (is_number(a.sort) && is_number(b.sort)) return Numbers(universe, name).compare(a, b, relation);
  if (a.sort != b.sort) return std::nullopt;
  auto& z3 = universe.z3();
  switch (a.sort) {
    case Sort::timestamp:
    case Sort::duration: return relation(*a.term, *b.term);
    case Sort::string: {
      auto less = [&](const z3::expr& x, const z3::expr& y) { return z3::expr(z3, z3::Z3_mk_str_lt(z3, x, y)); };
      if (function == "_<_") return less(*a.term, *b.term);
      if (function == "_>_") return less(*b.term, *a.term);
      return function == "_<=_" ? !less(*b.term, *a.term) : !less(*a.term, *b.term);
    }
    case Sort::boolean: {
      auto number = [&](const z3::expr& truth) { return z3::ite(truth, z3.int_val(1), z3.int_val(0)); };
      return relation(number(*a.term), number(*b.term));
    }
    default: return std::nullopt;
  }
}

Value within(Sort sort, const z3::expr& term) {
  auto& z3 = term.ctx();
  Value out = of(sort, term);
  z3::expr low = sort == Sort::uint64 ? z3.int_val(0) : z3.int_val(std::numeric_limits<std::int64_t>::min());
  z3::expr high = sort == Sort::uint64 ? z3.int_val(std::numeric_limits<std::uint64_t>::max())
                                       : z3.int_val(std::numeric_limits<std::int64_t>::max());
  out.failed = term < low || term > high;
  return out;
}

// Towards zero, as processors divide.
z3::expr quotient(const z3::expr& a, const z3::expr& b) {
  auto& z3 = a.ctx();
  auto size = [&](const z3::expr& x) { return z3::ite(x < 0, -x, x); };
  z3::expr of_sizes = size(a) / size(b);
  return z3::ite((a < 0) == (b < 0), of_sizes, -of_sizes + z3.int_val(0));
}

// The double nearest to `exact`: nothing more is known of it than how far away that can be. Beyond what doubles hold, any.
Value rounded(Universe& universe, const z3::expr& exact) {
  auto& z3 = universe.z3();
  // The same sum is rounded the same way wherever it is made.
  z3::expr out = z3.constant(fmt::format("rounded {}", exact.to_string()).c_str(), z3.real_sort());
  z3::expr not_a_number = z3.constant(fmt::format("{} is NaN", exact.to_string()).c_str(), z3.bool_sort());
  z3::expr limit = *real_constant(z3, 1e300), tiny = *real_constant(z3, 1e-300);
  z3::expr size = z3::ite(exact < 0, -exact, exact);
  z3::expr slack = size * *real_constant(z3, 0x1p-53) + tiny;
  universe.assume(z3::implies(size <= limit, !not_a_number && out <= exact + slack && out >= exact - slack));
  universe.assume(z3::implies(exact == 0, !not_a_number && out == 0));
  Value value = of(Sort::float64, out);
  value.alternatives.front().not_a_number = not_a_number;
  return value;
}

std::optional<Value> arithmetic(Universe& universe, const Alternative& a, const Alternative& b, char sign,
                                const std::string& name) {
  auto& z3 = universe.z3();
  bool times =
      a.sort == Sort::timestamp || a.sort == Sort::duration || b.sort == Sort::timestamp || b.sort == Sort::duration;
  if (times) return universe.unclear(name);
  if (a.sort != b.sort) return std::nullopt;
  if (a.sort == Sort::string && sign == '+') return of(Sort::string, z3::concat(*a.term, *b.term));
  if (a.sort == Sort::list && sign == '+') return universe.unclear(name);
  if (is_whole(a.sort)) {
    const z3::expr &x = *a.term, &y = *b.term;
    if (sign == '+') return within(a.sort, x + y);
    if (sign == '-') return within(a.sort, x - y);
    if (sign == '*') return within(a.sort, x * y);
    z3::expr divisor = z3::ite(y == 0, z3.int_val(1), y);
    Value out = within(a.sort, quotient(x, divisor));
    z3::expr no_quotient = y == 0 || out.failed;
    if (sign == '%') out = of(a.sort, x - divisor * quotient(x, divisor));
    out.failed = no_quotient;
    return out;
  }
  if (a.sort != Sort::float64 || sign == '%') return std::nullopt;
  if (sign == '/' || a.not_a_number || b.not_a_number) return universe.unclear(name);
  z3::expr exact = sign == '+' ? *a.term + *b.term : sign == '-' ? *a.term - *b.term : *a.term * *b.term;
  return rounded(universe, exact);
}

std::optional<Value> texts(std::string_view function, const Alternative& a, const Alternative& b) {
  if (a.sort != Sort::string || b.sort != Sort::string) return std::nullopt;
  if (function == "contains") return of(Sort::boolean, a.term->contains(*b.term));
  if (function == "startsWith") return of(Sort::boolean, z3::prefixof(*b.term, *a.term));
  return of(Sort::boolean, z3::suffixof(*b.term, *a.term));
}

std::optional<Value> size(Universe& universe, const Alternative& a, const std::string& name) {
  if (a.sort == Sort::string) return of(Sort::int64, a.term->length());
  if (a.sort == Sort::list) return of(Sort::int64, a.list->length);
  if (a.sort == Sort::object || a.sort == Sort::other) return universe.unclear(name);
  return std::nullopt;
}

std::optional<Value> to_int(Universe& universe, const Alternative& a, const std::string& name) {
  auto& z3 = universe.z3();
  if (a.sort == Sort::int64) return of(Sort::int64, *a.term);
  if (a.sort == Sort::uint64) return within(Sort::int64, *a.term);
  if (a.sort != Sort::float64) return universe.unclear(name);
  auto floor = [](const z3::expr& real) { return z3::expr(real.ctx(), z3::Z3_mk_real2int(real.ctx(), real)); };
  Value out = of(Sort::int64, z3::ite(*a.term >= 0, floor(*a.term), -floor(-*a.term)));
  z3::expr limit = *real_constant(z3, 0x1p63);
  out.failed = !is_a_number(a) || *a.term >= limit || *a.term <= -limit;
  return out;
}

std::optional<Value> to_double(Universe& universe, const Alternative& a, const std::string& name) {
  if (a.sort == Sort::float64) {
    Value out = of(Sort::float64, *a.term);
    out.alternatives.front().not_a_number = a.not_a_number;
    return out;
  }
  if (!is_whole(a.sort)) return universe.unclear(name);
  auto& z3 = universe.z3();
  z3::expr bound = z3.int_val(exact_max), exact = z3::to_real(*a.term);
  Value near = rounded(universe, exact);
  *near.alternatives.front().term =
      z3::ite(*a.term <= bound && *a.term >= -bound, exact, *near.alternatives.front().term);
  return near;
}

// Of a text the same in lower or upper case: as long, without letters of the other case. Which letters it keeps is not said;
// for an ordinary request, all.
std::optional<Value> in_case(Universe& universe, std::string_view function, const Alternative& a) {
  if (a.sort != Sort::string) return std::nullopt;
  auto& z3 = universe.z3();
  z3::expr out = z3.constant(fmt::format("{} of {}", function, a.term->to_string()).c_str(), z3.string_sort());
  auto without = holds_match(out, function == "lowerAscii" ? "^[^A-Z]*$" : "^[^a-z]*$");
  BW_ASSERT(without.has_value());
  universe.assume(*without && out.length() == a.term->length());
  universe.wish(out == *a.term);
  return of(Sort::string, out);
}

// Of a point in time, in UTC.
std::optional<Value> calendar(std::string_view function, const Alternative& a) {
  if (a.sort != Sort::timestamp) return std::nullopt;
  auto& z3 = a.when.ctx();
  auto every = [&](std::int64_t unit_ns, int modulus) {
    return of(Sort::int64, z3::mod(*a.term / z3.int_val(unit_ns), z3.int_val(modulus)));
  };
  if (function == "getHours") return every(3'600'000'000'000, 24);
  if (function == "getMinutes") return every(60'000'000'000, 60);
  if (function == "getSeconds") return every(1'000'000'000, 60);
  if (function == "getMilliseconds") return every(1'000'000, 1000);
  z3::expr day = *a.term / z3.int_val(std::int64_t{86'400'000'000'000});
  return of(Sort::int64, z3::mod(day + 4, z3.int_val(7)));  // the first day of 1970 was a Thursday
}

Value unwrapped(const Value& optional, const std::function<Value(const Alternative&)>& of_one) {
  return value_over(optional, [&](const Alternative& one) -> std::optional<Value> {
    if (one.sort != Sort::optional) return std::nullopt;
    return of_one(one);
  });
}

std::optional<Value> about_optional(std::string_view function, std::span<const Value> arguments) {
  const Value& subject = arguments[0];
  if (function == "hasValue" && arguments.size() == 1)
    return unwrapped(subject, [](const Alternative& one) { return of(Sort::boolean, *one.term); });
  if (function == "value" && arguments.size() == 1) {
    return unwrapped(subject, [](const Alternative& one) {
      Value out = *one.inner;
      out.failed = out.failed || !*one.term;
      return out;
    });
  }
  if (function != "orValue" || arguments.size() != 2) return std::nullopt;
  Value out = unwrapped(
      subject, [&](const Alternative& one) { return choose({*one.term, !*one.term}, *one.inner, arguments[1]); });
  out.failed = out.failed || arguments[1].failed;
  return out;
}

std::optional<Value> of_one(Universe& universe, std::string_view function, const Value& argument,
                            const std::string& name) {
  auto over = [&](auto what) { return value_over(argument, what); };
  if (function == "size") return over([&](const Alternative& a) { return size(universe, a, name); });
  if (function == "int") return over([&](const Alternative& a) { return to_int(universe, a, name); });
  if (function == "double") return over([&](const Alternative& a) { return to_double(universe, a, name); });
  if (function == "lowerAscii" || function == "upperAscii") {
    universe.note(name);
    return over([&](const Alternative& a) { return in_case(universe, function, a); });
  }
  if (function == "dyn") return argument;
  if (function == "-_") {
    return over([&](const Alternative& a) -> std::optional<Value> {
      if (a.sort == Sort::int64) return within(Sort::int64, -*a.term);
      if (a.sort != Sort::float64) return std::nullopt;
      Value out = of(Sort::float64, -*a.term);
      out.alternatives.front().not_a_number = a.not_a_number;
      return out;
    });
  }
  bool clock = function == "getHours" || function == "getMinutes" || function == "getSeconds" ||
               function == "getMilliseconds" || function == "getDayOfWeek";
  if (clock) return over([&](const Alternative& a) { return calendar(function, a); });
  return std::nullopt;
}

// Whether comparing it looks into objects, of which a part may fail.
z3::expr opaqueness(const Value& value) {
  auto& z3 = value.failed.ctx();
  std::vector<z3::expr> ways;
  for (const auto& alternative : value.alternatives) {
    if (alternative.sort == Sort::object || alternative.sort == Sort::other) ways.push_back(alternative.when);
    if (alternative.sort != Sort::list) continue;
    for (const auto& element : alternative.list->elements)
      ways.push_back(alternative.when && opaqueness(element.value));
  }
  return any(z3, ways);
}

}  // namespace

Truth equal(Universe& universe, const Value& a, const Value& b, const std::string& name) {
  Truth out = over_pairs(a, b, true, [&](const auto& x, const auto& y) { return equal_pair(universe, x, y, name); });
  z3::expr opaque = opaqueness(a) && opaqueness(b);
  if (opaque.simplify().is_false()) return out;
  universe.note(name);
  Truth guessed = universe.any_truth(name + " as objects", "");
  z3::expr good = !a.failed && !b.failed;
  return {z3::ite(opaque, good && guessed.yes, out.yes), z3::ite(opaque, good && guessed.no, out.no)};
}

std::optional<Value> apply(Universe& universe, std::string_view function, std::span<const Value> arguments,
                           const std::string& name) {
  if (auto out = arguments.empty() ? std::nullopt : about_optional(function, arguments)) return out;
  if (arguments.size() == 1) return of_one(universe, function, arguments[0], name);
  if (arguments.size() != 2) return std::nullopt;
  const Value &a = arguments[0], &b = arguments[1];
  if (function == "_==_") return truth_value(equal(universe, a, b, name));
  if (function == "_!=_") return truth_value(not_of(equal(universe, a, b, name)));
  if (function == "_<_" || function == "_<=_" || function == "_>_" || function == "_>=_") {
    return truth_value(
        over_pairs(a, b, false, [&](const auto& x, const auto& y) { return ordered(universe, x, y, function, name); }));
  }
  bool arithmetical = function.size() == 3 && function.front() == '_' && function.back() == '_';
  if (arithmetical && std::string_view("+-*/%").contains(function[1])) {
    return value_over_pairs(
        a, b, [&](const auto& x, const auto& y) { return arithmetic(universe, x, y, function[1], name); });
  }
  if (function == "contains" || function == "startsWith" || function == "endsWith")
    return value_over_pairs(a, b, [&](const auto& x, const auto& y) { return texts(function, x, y); });
  return std::nullopt;
}

}  // namespace bw::prove
