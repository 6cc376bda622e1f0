// SPDX-License-Identifier: Apache-2.0
#include "cel/types/construction.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "base/text.h"

namespace bw::cel {
namespace {

std::string suggest_field(const std::string& name, const Message& message) {
  std::vector<std::string> names;
  for (const Field& known : message.fields) names.push_back(known.name);
  return suggest(name, names);
}

}  // namespace

std::expected<std::vector<std::size_t>, CallMistake> match_fields(Unifier& types, const Expr& expr,
                                                                  const Message& message, std::span<const Type> given) {
  std::vector<std::size_t> slots;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string& name = expr.names[i];
    auto wrong = [&](std::string text, std::string hint = {}) {
      return std::unexpected(CallMistake{std::move(text), std::move(hint), expr.children[i]->place});
    };
    auto field = std::ranges::find(message.fields, name, &Field::name);
    if (field == message.fields.end())
      return wrong(fmt::format("`{}` has no field `{}`", message.name, name), suggest_field(name, message));
    auto slot = static_cast<std::size_t>(field - message.fields.begin());
    if (std::ranges::find(slots, slot) != slots.end()) return wrong(fmt::format("field `{}` is given twice", name));
    slots.push_back(slot);
    if (types.assign(field->type, given[i])) continue;
    return wrong(
        fmt::format("field `{}` is {}, this is {}", name, field->type.to_string(), types.apply(given[i]).to_string()));
  }
  return slots;
}

CallMistake explain_unknown_message(const Expr& expr, const Environment& environment) {
  auto names = environment.message_names();
  std::string_view near = nearest(expr.name, names);
  return {fmt::format("`{}` cannot be constructed in an expression", expr.name),
          near.empty() ? "write a map: {\"key\": value}" : fmt::format("did you mean `{}`?", near), expr.name_place};
}

}  // namespace bw::cel
