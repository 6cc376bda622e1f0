// SPDX-License-Identifier: Apache-2.0
#include "prove/pattern.h"

#include <charconv>
#include <utility>

#include "base/text.h"

namespace bw::prove {
namespace {

constexpr int repeats_max = 64;

z3::sort expressions(z3::context& z3) {
  z3::sort text = z3.string_sort();
  return z3.re_sort(text);
}
z3::expr any_text(z3::context& z3) { return z3::re_full(expressions(z3)); }
z3::expr nothing(z3::context& z3) { return z3::re_empty(expressions(z3)); }
z3::expr literal(z3::context& z3, std::string_view text) { return z3::to_re(text_constant(z3, text)); }

z3::expr in_order(z3::context& z3, const std::vector<z3::expr>& parts) {
  if (parts.empty()) return literal(z3, "");
  if (parts.size() == 1) return parts.front();
  z3::expr_vector all(z3);
  for (const auto& part : parts) all.push_back(part);
  return z3::concat(all);
}

// Reads a regular expression by descent. Anything that it does not know makes it give up.
class Reader {
 public:
  Reader(z3::context& z3, std::string_view pattern) : z3_(z3), rest_(pattern) {}

  // The expression for a whole text: what may stand before and after a match is part of it.
  std::optional<z3::expr> run() {
    auto out = alternatives(true);
    return rest_.empty() && good_ ? out : std::nullopt;
  }

 private:
  std::optional<z3::expr> give_up() {
    good_ = false;
    return std::nullopt;
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // `outermost`: each alternative is anchored by itself, ^a|b$ is (^a)|(b$).
  std::optional<z3::expr> alternatives(bool outermost) {
    std::optional<z3::expr> out;
    do {
      auto one = sequence(outermost);
      if (!one) return std::nullopt;
      out = out ? (*out + *one) : *one;
    } while (take('|'));
    return out;
  }

  std::optional<z3::expr> sequence(bool outermost) {
    std::vector<z3::expr> parts;
    if (outermost && !take('^')) parts.push_back(any_text(z3_));
    bool ended = false;
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      if (ended) return give_up();
      if (outermost && take('$')) {
        ended = true;
        continue;
      }
      auto part = repeated();
      if (!part) return std::nullopt;
      parts.push_back(*part);
    }
    if (outermost && !ended) parts.push_back(any_text(z3_));
    return in_order(z3_, parts);
  }

  std::optional<z3::expr> repeated() {
    auto part = atom();
    if (!part) return std::nullopt;
    if (take('*')) part = z3::star(*part);
    else if (take('+')) part = z3::plus(*part);
    else if (take('?')) part = z3::option(*part);
    else if (rest_.starts_with('{')) part = counted(*part);
    if (rest_.starts_with('*') || rest_.starts_with('+')) return give_up();
    take('?');  // preferring the shorter match changes nothing about there being one
    return part;
  }

  // {2}, {2,} and {2,5}.
  std::optional<z3::expr> counted(const z3::expr& part) {
    auto end = rest_.find('}');
    if (end == std::string_view::npos) return give_up();
    std::string_view inside = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    int low = 0, high = 0;
    auto comma = inside.find(',');
    if (!number(inside.substr(0, comma), low)) return give_up();
    bool open = comma != std::string_view::npos && comma + 1 == inside.size();
    high = low;
    if (comma != std::string_view::npos && !open && !number(inside.substr(comma + 1), high)) return give_up();
    if (low > high || high > repeats_max) return give_up();
    std::vector<z3::expr> parts(static_cast<std::size_t>(low), part);
    if (open) parts.push_back(z3::star(part));
    for (int i = low; i < high; ++i) parts.push_back(z3::option(part));
    return in_order(z3_, parts);
  }
  static bool number(std::string_view text, int& out) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
  }

  std::optional<z3::expr> atom() {
    if (take('(')) {
      if (rest_.starts_with("?:")) rest_.remove_prefix(2);
      else if (rest_.starts_with('?')) return give_up();
      auto inside = alternatives(false);
      if (!inside || !take(')')) return give_up();
      return inside;
    }
    if (take('[')) return character_class();
    if (take('.')) return one_but({{"\n", "\n"}});
    if (take('\\')) return escaped();
    if (rest_.empty() || std::string_view("^$*+?{}").contains(rest_.front())) return give_up();
    return literal(z3_, character());
  }

  // The next character with all of its bytes.
  std::string_view character() {
    std::size_t size = 1;
    while (size < rest_.size() && (static_cast<unsigned char>(rest_[size]) & 0xC0U) == 0x80U) ++size;
    auto out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }

  using Ranges = std::vector<std::pair<std::string_view, std::string_view>>;
  static std::optional<Ranges> named_class(char letter) {
    switch (letter) {
      case 'd': return Ranges{{"0", "9"}};
      case 'w': return Ranges{{"0", "9"}, {"A", "Z"}, {"a", "z"}, {"_", "_"}};
      case 's': return Ranges{{" ", " "}, {"\t", "\n"}, {"\f", "\r"}};
      default: return std::nullopt;
    }
  }

  std::optional<z3::expr> escaped() {
    if (rest_.empty()) return give_up();
    char letter = rest_.front();
    bool negated = letter == 'D' || letter == 'W' || letter == 'S';
    if (auto ranges = named_class(negated ? static_cast<char>(letter | 0x20) : letter)) {
      rest_.remove_prefix(1);
      return negated ? one_but(*ranges) : one_of(*ranges);
    }
    auto plain = escaped_character();
    return plain ? std::optional(literal(z3_, *plain)) : give_up();
  }
  // After a backslash: punctuation stands for itself, \n, \t and \r for what they are called.
  std::optional<std::string_view> escaped_character() {
    char letter = rest_.front();
    bool punctuation = std::string_view("\\.+*?()|[]{}^$-/@:,;=_ \"'#&~`!%<>").contains(letter);
    if (!punctuation && letter != 'n' && letter != 't' && letter != 'r') return std::nullopt;
    auto self = rest_.substr(0, 1);
    rest_.remove_prefix(1);
    return letter == 'n' ? "\n" : letter == 't' ? "\t" : letter == 'r' ? "\r" : self;
  }

  std::optional<z3::expr> character_class() {
    bool negated = take('^');
    Ranges ranges;
    while (!take(']')) {
      if (rest_.empty() || rest_.starts_with('[')) return give_up();
      std::optional<std::string_view> low;
      if (take('\\')) {
        if (rest_.empty()) return give_up();
        if (auto named = named_class(rest_.front())) {
          rest_.remove_prefix(1);
          ranges.insert(ranges.end(), named->begin(), named->end());
          continue;
        }
        low = escaped_character();
      } else {
        low = character();
      }
      if (!low) return give_up();
      auto high = *low;
      if (rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']') {
        rest_.remove_prefix(1);
        if (rest_.starts_with('\\')) return give_up();
        high = character();
      }
      ranges.emplace_back(*low, high);
    }
    return negated ? one_but(ranges) : one_of(ranges);
  }

  z3::expr one_of(const Ranges& ranges) {
    z3::expr out = nothing(z3_);
    for (const auto& [low, high] : ranges) out = out + z3::range(text_constant(z3_, low), text_constant(z3_, high));
    return out;
  }
  z3::expr one_but(const Ranges& ranges) {
    z3::expr_vector both(z3_);
    both.push_back(z3::range(z3_.string_val("\\u{0}"), z3_.string_val("\\u{2ffff}")));  // all that the solver has
    both.push_back(z3::re_complement(one_of(ranges)));
    return z3::re_intersect(both);
  }

  z3::context& z3_;
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

z3::expr matches_any(const z3::expr& text, const std::vector<std::string>& patterns) {
  auto& z3 = text.ctx();
  if (patterns.empty()) return z3.bool_val(true);
  std::vector<z3::expr> out;
  for (const std::string& pattern : patterns) {
    auto pieces = split(pattern, '*');
    if (pieces.size() == 1) {
      out.push_back(text == text_constant(z3, pattern));
      continue;
    }
    std::vector<z3::expr> parts;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (i > 0) parts.push_back(any_text(z3));
      if (!pieces[i].empty()) parts.push_back(literal(z3, pieces[i]));
    }
    out.push_back(z3::in_re(text, in_order(z3, parts)));
  }
  return any(z3, out);
}

std::optional<z3::expr> holds_match(const z3::expr& text, std::string_view pattern) {
  auto expression = Reader(text.ctx(), pattern).run();
  return expression ? std::optional(z3::in_re(text, *expression)) : std::nullopt;
}

}  // namespace bw::prove
