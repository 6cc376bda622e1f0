// SPDX-License-Identifier: Apache-2.0
// The string functions every CEL has.
#include <fmt/core.h>
#include <string.h>

#include "cel/library/library.h"
#include "cel/utf8.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

Value size(CallContext& c, Arguments args) {
  auto count = [](std::size_t n) { return Value::int64(static_cast<std::int64_t>(n)); };
  switch (args[0].kind()) {
    case Kind::string:
      if (!c.charge_text(args[0].text().size())) return c.cost_exceeded();
      return count(count_code_points(args[0].text()));
    case Kind::bytes: return count(args[0].text().size());
    case Kind::list: return count(args[0].elements().size());
    case Kind::map: return count(args[0].entries().size());
    default: return no_such_overload(c, "size", args);
  }
}

template <class Test>
Value test_text(CallContext& c, Arguments args, std::string_view name, Test test) {
  if (!are(args, {Kind::string, Kind::string})) return no_such_overload(c, name, args);
  if (!c.charge_text(args[0].text().size())) return c.cost_exceeded();
  return Value::boolean(test(args[0].text(), args[1].text()));
}

Value contains(CallContext& c, Arguments args) {
  return test_text(c, args, "contains",
                   [](auto text, auto part) { return find_text(text, part) != std::string_view::npos; });
}
Value starts_with(CallContext& c, Arguments args) {
  return test_text(c, args, "startsWith", [](auto text, auto part) { return text.starts_with(part); });
}
Value ends_with(CallContext& c, Arguments args) {
  return test_text(c, args, "endsWith", [](auto text, auto part) { return text.ends_with(part); });
}

}  // namespace

// The C library's search does not go back, as that of std::string_view does.
std::size_t find_text(std::string_view text, std::string_view part, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (part.empty()) return from;
  const void* found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::vector<Function> string_functions() {
  return {
      make_function("size", Form::either, {"string -> int", "bytes -> int", "list(A) -> int", "map(A, B) -> int"},
                    size),
      make_function("contains", Form::method, {"string, string -> bool"}, contains),
      make_function("startsWith", Form::method, {"string, string -> bool"}, starts_with),
      make_function("endsWith", Form::method, {"string, string -> bool"}, ends_with),
  };
}

}  // namespace bw::cel
