// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "base/text.h"
#include "cel/library/library.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

// base64 proper differs from base64url in two characters and its padding.
void exchange(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t i = 0; i < from.size(); ++i) std::ranges::replace(text, from[i], to[i]);
}

Value encode(CallContext& c, Arguments args) {
  if (!are(args, {Kind::bytes})) return no_such_overload(c, "base64.encode", args);
  if (!c.charge_text(args[0].text().size())) return c.cost_exceeded();
  std::string text = to_base64url(args[0].text());
  exchange(text, "-_", "+/");
  text.append((4 - text.size() % 4) % 4, '=');
  return Value::string(c.arena().copy(text));
}

Value decode(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string})) return no_such_overload(c, "base64.decode", args);
  if (!c.charge_text(args[0].text().size())) return c.cost_exceeded();
  std::string text(args[0].text());
  bool url_alphabet = text.find_first_of("-_") != std::string::npos;
  while (text.ends_with('=') && args[0].text().size() % 4 == 0 && args[0].text().size() - text.size() < 2)
    text.pop_back();
  exchange(text, "+/", "-_");
  auto bytes = from_base64url(text);
  if (url_alphabet || !bytes) return c.fail(Fault::invalid_argument, "ill-formed base64");
  return Value::bytes(c.arena().copy(*bytes));
}

}  // namespace

std::vector<Function> encoder_functions() {
  return {
      make_function("base64.encode", Form::global, {"bytes -> string"}, encode),
      make_function("base64.decode", Form::global, {"string -> bytes"}, decode),
  };
}

}  // namespace bw::cel
