// SPDX-License-Identifier: Apache-2.0
#include "cel/types/notation.h"

#include <utility>
#include <vector>

#include "base/result.h"
#include "base/text.h"

namespace bw::cel {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool accept(std::string_view symbol) {
    text_ = trim(text_);
    if (!text_.starts_with(symbol)) return false;
    text_.remove_prefix(symbol.size());
    return true;
  }
  bool done() { return trim(text_).empty(); }
  bool repeats() const { return repeats_; }

  std::optional<Type> type() {
    std::string_view word = name();
    if (word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z')
      return Type::variable(static_cast<std::size_t>(word[0] - 'A'));
    for (const Type* simple :
         {&Type::dyn(), &Type::null(), &Type::boolean(), &Type::int64(), &Type::uint64(), &Type::float64(),
          &Type::string(), &Type::bytes(), &Type::timestamp(), &Type::duration(), &Type::ip(), &Type::cidr()}) {
      if (simple->to_string() == word) return *simple;
    }
    auto parameters = list_of_types("(", ")");
    if (!parameters) return {};
    if (word == "list" && parameters->size() == 1) return Type::list((*parameters)[0]);
    if (word == "map" && parameters->size() == 2) return Type::map((*parameters)[0], (*parameters)[1]);
    if (word == "optional" && parameters->size() == 1) return Type::optional((*parameters)[0]);
    if (word == "wrapper" && parameters->size() == 1) return Type::wrapper((*parameters)[0]);
    if (word == "type" && parameters->size() == 1) return Type::type((*parameters)[0]);
    return {};
  }

  std::optional<std::vector<Type>> list_of_types(std::string_view open, std::string_view close) {
    if (!accept(open)) return {};
    std::vector<Type> types;
    if (accept(close)) return types;
    do {
      auto one = type();
      if (!one) return {};
      types.push_back(std::move(*one));
      if (accept("...")) repeats_ = true;
    } while (!repeats_ && accept(","));
    if (!accept(close)) return {};
    return types;
  }

 private:
  static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
  // A letter, or a dot between two: "net.IP", but "int...".
  bool in_name(std::size_t at) const {
    if (text_[at] == '.') ++at;
    return at < text_.size() && is_letter(text_[at]);
  }
  std::string_view name() {
    text_ = trim(text_);
    std::size_t length = 0;
    while (length < text_.size() && in_name(length)) ++length;
    auto word = text_.substr(0, length);
    text_.remove_prefix(length);
    return word;
  }

  std::string_view text_;
  bool repeats_ = false;
};

}  // namespace

std::optional<Type> parse_type(std::string_view text) {
  Reader reader(text);
  auto type = reader.type();
  if (!type || !reader.done()) return {};
  return type;
}

std::optional<Overload> parse_signature(std::string_view text) {
  Reader reader(text);
  auto parameters = reader.list_of_types("", "->");
  if (!parameters) return {};
  auto result = reader.type();
  if (!result || !reader.done()) return {};
  return Overload{std::move(*parameters), std::move(*result), reader.repeats()};
}

Function make_function(std::string name, Form form, std::vector<std::string_view> signatures,
                       Implementation implementation) {
  Function function{std::move(name), form, {}, implementation};
  for (auto signature : signatures) {
    auto overload = parse_signature(signature);
    BW_ASSERT(overload.has_value());
    function.overloads.push_back(std::move(*overload));
  }
  return function;
}

}  // namespace bw::cel
