// SPDX-License-Identifier: Apache-2.0
#include "registry/scalar.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace bw::registry {
namespace {

// Takes decimal digits off the front and says how many.
std::size_t digits(std::string_view& text) {
  auto count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count;
}

enum class Shape { none, whole, fraction };

Shape decimal_shape(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  auto before = digits(text);
  if (text.empty()) return before > 0 ? Shape::whole : Shape::none;
  std::size_t after = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    after = digits(text);
  }
  if (before + after == 0) return Shape::none;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (digits(text) == 0) return Shape::none;
  }
  return text.empty() ? Shape::fraction : Shape::none;
}

bool leading_zero(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

Result<Node> whole(std::string_view spelling, std::string_view digits, int base) {
  Node node{.kind = Node::Kind::integer, .text = std::string(spelling)};
  if (digits.starts_with('+')) digits.remove_prefix(1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), node.integer, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return fail(Code::invalid_argument, fmt::format("the number `{}` does not fit into 64 bits", spelling));
  }
  return node;
}

Result<Node> fraction(std::string_view spelling) {
  Node node{.kind = Node::Kind::real, .text = std::string(spelling)};
  auto text = spelling.starts_with('+') ? spelling.substr(1) : spelling;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), node.real);
  if (error != std::errc{} || !std::isfinite(node.real)) {
    return fail(Code::invalid_argument, fmt::format("the number `{}` is too large or too small", spelling));
  }
  return node;
}

bool all_of(std::string_view text, std::string_view alphabet) {
  return !text.empty() && text.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace

Result<Node> read_plain(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return Node{.text = std::string(text)};
  if (text == "true" || text == "false")
    return Node{.kind = Node::Kind::boolean, .truth = text == "true", .text = std::string(text)};
  if (text.starts_with("0x") && all_of(text.substr(2), "0123456789abcdefABCDEF"))
    return whole(text, text.substr(2), 16);
  if (text.starts_with("0o") && all_of(text.substr(2), "01234567")) return whole(text, text.substr(2), 8);
  auto shape = decimal_shape(text);
  if (shape == Shape::none) return Node::string(std::string(text));
  if (leading_zero(text)) {
    return fail(Code::invalid_argument,
                fmt::format("`{}` has leading zeros, which readers understand differently", text));
  }
  return shape == Shape::whole ? whole(text, text, 10) : fraction(text);
}

}  // namespace bw::registry
