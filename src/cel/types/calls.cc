// SPDX-License-Identifier: Apache-2.0
#include "cel/types/calls.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "base/text.h"

namespace bw::cel {
namespace {

bool is_number(const Type& type) {
  return type.is(TypeKind::int64) || type.is(TypeKind::uint64) || type.is(TypeKind::float64);
}

// 1 < 2.0, and 1 in [2.0]: the values compare on one number line whatever their types.
bool compares_numbers(const Unifier& types, const Function& function, std::span<const Type> arguments) {
  constexpr std::array<std::string_view, 6> comparisons{"_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_"};
  if (arguments.size() != 2 || !is_number(types.resolve(arguments[0]))) return false;
  Type right = types.resolve(arguments[1]);
  if (std::ranges::find(comparisons, function.name) != comparisons.end()) return is_number(right);
  return function.name == "@in" && right.is(TypeKind::list) && is_number(types.resolve(right.parameter(0)));
}

std::string shown_name(const std::string& name) {
  if (name == "@in") return "in";
  if (name == "_[_]" || name == "_[?_]") return "[ ]";
  std::string out;
  for (char c : name) {
    if (c != '_' || std::isalnum(static_cast<unsigned char>(name[name.size() / 2])) != 0) out += c;
  }
  return out;
}

bool is_operator(const std::string& name) { return std::isalpha(static_cast<unsigned char>(name.front())) == 0; }

std::string list_types(std::span<const Type> types) {
  std::string out;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) out += i + 1 == types.size() ? " and " : ", ";
    out += types[i].to_string();
  }
  return out;
}

// "?0" of a signature reads as a letter again.
std::string signature_type(const Type& type) {
  std::string out;
  std::string text = type.to_string();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '?' && i + 1 < text.size()) {
      out += static_cast<char>('A' + (text[++i] - '0'));
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string usage(const Function& function, const Overload& overload, bool method) {
  std::vector<std::string> parts;
  for (const Type& parameter : overload.parameters) parts.push_back(signature_type(parameter));
  if (overload.repeats) parts.back() += "…";
  if (is_operator(function.name) && parts.size() == 2) {
    return fmt::format("{} {} {}", parts[0], shown_name(function.name), parts[1]);
  }
  if (is_operator(function.name)) return shown_name(function.name) + join(parts, ", ");
  if (!method) return fmt::format("{}({})", function.name, join(parts, ", "));
  return fmt::format("{}.{}({})", parts[0], function.name, join(std::span(parts).subspan(1), ", "));
}

std::string usages(const Function& function, bool method) {
  constexpr std::size_t shown_max = 6;
  std::vector<std::string> all;
  for (const auto& overload : function.overloads) {
    if (all.size() == shown_max) {
      all.emplace_back("…");
      break;
    }
    all.push_back(usage(function, overload, method));
  }
  return "takes " + join(all, "; ");
}

// Whether nothing about the type is left to run time.
bool is_definite(const Unifier& types, const Type& type) {
  Type known = types.resolve(type);
  if (known.is(TypeKind::dyn) || known.is(TypeKind::variable) || known.is(TypeKind::erroneous)) return false;
  return std::ranges::all_of(known.parameters(), [&](const Type& parameter) { return is_definite(types, parameter); });
}

}  // namespace

std::optional<Type> call_type(Unifier& types, const Function& function, std::span<const Type> arguments,
                              bool cross_type_numbers) {
  if (cross_type_numbers && compares_numbers(types, function, arguments)) return Type::boolean();
  bool definite = std::ranges::all_of(arguments, [&](const Type& argument) { return is_definite(types, argument); });
  const Unifier::Mark before = types.mark();
  const Overload* first = nullptr;
  Type agreed;
  bool several = false;
  for (const auto& overload : function.overloads) {
    auto result = types.call(overload, arguments);
    if (!result) continue;
    Type applied = types.apply(*result);
    if (first == nullptr && definite) return result;
    types.rewind(before);
    if (first == nullptr) {
      first = &overload;
      agreed = applied;
      continue;
    }
    several = true;
    if (agreed != applied) agreed = Type::dyn();
  }
  if (first == nullptr) return {};
  // The only match may leave its mark on the types of the arguments; several may not, since none is certain.
  return several ? std::optional(agreed) : types.call(*first, arguments);
}

CallMistake explain_call(const Unifier& types, const Function& function, std::span<const Type> arguments, bool method) {
  std::vector<Type> given;
  for (const Type& argument : arguments) given.push_back(types.apply(argument));
  bool arity = std::ranges::any_of(function.overloads, [&](const auto& o) { return takes(o, given.size()); });
  CallMistake mistake;
  if (!arity) {
    mistake.message = fmt::format("wrong number of arguments for `{}`", shown_name(function.name));
  } else if (given.size() == 2 && is_operator(function.name) && given[0] == given[1]) {
    mistake.message = fmt::format("`{}` does not work on {}", shown_name(function.name), given[0].to_string());
  } else {
    mistake.message = fmt::format("`{}` does not take {}", shown_name(function.name), list_types(given));
  }
  if (given.size() == 2 && is_number(given[0]) && is_number(given[1]) && is_operator(function.name)) {
    mistake.hint = "both sides need one type: convert with double(…), int(…) or uint(…)";
  } else {
    mistake.hint = usages(function, method);
  }
  return mistake;
}

}  // namespace bw::cel
