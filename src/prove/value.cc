// SPDX-License-Identifier: Apache-2.0
#include "prove/value.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

namespace bw::prove {
namespace {

z3::expr yes(z3::context& z3) { return z3.bool_val(true); }
z3::expr no(z3::context& z3) { return z3.bool_val(false); }

// One code point of well-formed UTF-8, taken off the front.
std::uint32_t take_code_point(std::string_view& text) {
  auto byte = static_cast<unsigned char>(text.front());
  std::size_t size = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
  std::uint32_t code = size == 1 ? byte : byte & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size && i < text.size(); ++i)
    code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(std::min(size, text.size()));
  return code;
}

void append_utf8(std::string& out, std::uint32_t code) {
  auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6U);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12U);
    } else {
      put(0xF0 | code >> 18U);
      put(0x80 | (code >> 12U & 0x3FU));
    }
    put(0x80 | (code >> 6U & 0x3FU));
  }
  put(0x80 | (code & 0x3FU));
}

// Two alternatives of one kind as one, where its values are terms.
std::optional<Alternative> merged(const Truth& condition, const Alternative& a, const Alternative& b) {
  if (a.sort != b.sort || !a.term || !b.term || a.inner || b.inner) return std::nullopt;
  Alternative out{
      .sort = a.sort, .when = z3::ite(condition.yes, a.when, b.when), .term = z3::ite(condition.yes, *a.term, *b.term)};
  if (a.not_a_number || b.not_a_number) {
    auto& z3 = a.when.ctx();
    out.not_a_number = z3::ite(condition.yes, a.not_a_number.value_or(no(z3)), b.not_a_number.value_or(no(z3)));
  }
  return out;
}

}  // namespace

z3::expr all(z3::context& z3, const std::vector<z3::expr>& terms) {
  z3::expr_vector out(z3);
  for (const auto& term : terms) out.push_back(term);
  return z3::mk_and(out);
}

z3::expr any(z3::context& z3, const std::vector<z3::expr>& terms) {
  z3::expr_vector out(z3);
  for (const auto& term : terms) out.push_back(term);
  return z3::mk_or(out);
}

Value of(Sort sort, z3::expr term) {
  auto& z3 = term.ctx();
  return {no(z3), {{.sort = sort, .when = yes(z3), .term = std::move(term)}}};
}
Value constant(z3::context& z3, bool value) { return of(Sort::boolean, z3.bool_val(value)); }
Value constant(z3::context& z3, std::int64_t value) { return of(Sort::int64, z3.int_val(value)); }
Value constant(z3::context& z3, std::string_view utf8) { return of(Sort::string, text_constant(z3, utf8)); }
Value failure(z3::context& z3) { return {yes(z3), {}}; }

Value truth_value(const Truth& truth) {
  auto& z3 = truth.yes.ctx();
  return {truth.failed(), {{.sort = Sort::boolean, .when = yes(z3), .term = truth.yes}}};
}

Truth truth_of(const Value& value) {
  auto& z3 = value.failed.ctx();
  std::vector<z3::expr> true_ways, false_ways;
  for (const auto& alternative : value.alternatives) {
    if (alternative.sort != Sort::boolean) continue;
    true_ways.push_back(alternative.when && *alternative.term);
    false_ways.push_back(alternative.when && !*alternative.term);
  }
  return {!value.failed && any(z3, true_ways), !value.failed && any(z3, false_ways)};
}

Truth constant_truth(z3::context& z3, bool value) { return {z3.bool_val(value), z3.bool_val(!value)}; }

Truth all_of(z3::context& z3, const std::vector<Truth>& truths) {
  std::vector<z3::expr> yeses, noes;
  for (const Truth& truth : truths) {
    yeses.push_back(truth.yes);
    noes.push_back(truth.no);
  }
  return {all(z3, yeses), any(z3, noes)};
}

Truth any_of(z3::context& z3, const std::vector<Truth>& truths) {
  std::vector<Truth> inverted;
  for (const Truth& truth : truths) inverted.push_back(not_of(truth));
  return not_of(all_of(z3, inverted));
}

Truth not_of(const Truth& truth) { return {truth.no, truth.yes}; }

Value choose(const Truth& condition, const Value& then, const Value& otherwise) {
  Value out{condition.failed() || (condition.yes && then.failed) || (condition.no && otherwise.failed), {}};
  if (then.alternatives.size() == 1 && otherwise.alternatives.size() == 1) {
    if (auto one = merged(condition, then.alternatives.front(), otherwise.alternatives.front())) {
      out.alternatives.push_back(std::move(*one));
      return out;
    }
  }
  auto add = [&out](const z3::expr& when, const Value& value) {
    for (Alternative alternative : value.alternatives) {
      alternative.when = when && alternative.when;
      out.alternatives.push_back(std::move(alternative));
    }
  };
  add(condition.yes, then);
  add(condition.no, otherwise);
  return out;
}

z3::expr text_constant(z3::context& z3, std::string_view utf8) {
  std::string spelled;
  while (!utf8.empty()) {
    std::uint32_t code = take_code_point(utf8);
    bool plain = code >= 0x20 && code < 0x7F && code != '\\';
    spelled += plain ? std::string(1, static_cast<char>(code)) : fmt::format("\\u{{{:x}}}", code);
  }
  return z3.string_val(spelled);
}

std::string text_of(const z3::expr& constant) {
  std::string spelled = constant.get_escaped_string(), out;
  for (std::size_t at = 0; at < spelled.size();) {
    std::string_view rest = std::string_view(spelled).substr(at);
    auto end = rest.find('}');
    std::uint32_t code = 0;
    if (rest.starts_with("\\u{") && end != std::string_view::npos &&
        std::from_chars(rest.data() + 3, rest.data() + end, code, 16).ptr == rest.data() + end) {
      bool surrogate = code >= 0xD800 && code < 0xE000;
      append_utf8(out, code > 0x10FFFF || surrogate ? 0xFFFD : code);
      at += end + 1;
    } else {
      out += spelled[at++];
    }
  }
  return out;
}

std::optional<z3::expr> real_constant(z3::context& z3, double value) {
  if (!std::isfinite(value)) return std::nullopt;
  int exponent = 0;
  double fraction = std::frexp(value, &exponent);
  auto mantissa = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  exponent -= 53;
  while (mantissa != 0 && mantissa % 2 == 0 && exponent < 0) {
    mantissa /= 2;
    ++exponent;
  }
  if (exponent >= 0) return z3.real_val(fmt::format("{:.0f}", value).c_str());
  constexpr int power_max = std::numeric_limits<double>::max_exponent - 1;
  if (mantissa == 0) return z3.real_val(0);
  z3::expr out = z3.real_val(static_cast<std::int64_t>(mantissa));
  for (int left = -exponent; left > 0; left -= power_max)
    out = out / z3.real_val(fmt::format("{:.0f}", std::ldexp(1.0, std::min(left, power_max))).c_str());
  return out.simplify();
}

}  // namespace bw::prove
