// SPDX-License-Identifier: Apache-2.0
// The strings extension. Positions count code points.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "cel/library/format.h"
#include "cel/library/library.h"
#include "cel/utf8.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;
constexpr std::size_t npos = std::string_view::npos;

Value position(std::string_view text, std::size_t offset) {
  return Value::int64(offset == npos ? -1 : static_cast<std::int64_t>(count_code_points(text.substr(0, offset))));
}

Value out_of_range(CallContext& c, std::int64_t index) {
  return c.fail(Fault::index_range, fmt::format("index out of range: {}", index));
}

std::size_t offset_at(std::string_view text, std::int64_t index) {
  return index < 0 ? npos : offset_of(text, static_cast<std::size_t>(index));
}

Value char_at(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string, Kind::int64})) return no_such_overload(c, "charAt", args);
  auto text = args[0].text();
  if (!c.charge_text(text.size())) return c.cost_exceeded();
  std::size_t begin = offset_at(text, args[1].int64());
  if (begin == npos) return out_of_range(c, args[1].int64());
  return Value::string(
      text.substr(begin, offset_of(text.substr(begin), 1) == npos ? 0 : offset_of(text.substr(begin), 1)));
}

Value index_of(CallContext& c, Arguments args) {
  bool from = are(args, {Kind::string, Kind::string, Kind::int64});
  if (!from && !are(args, {Kind::string, Kind::string})) return no_such_overload(c, "indexOf", args);
  auto text = args[0].text();
  if (!c.charge_text(text.size())) return c.cost_exceeded();
  std::size_t begin = from ? offset_at(text, args[2].int64()) : 0;
  if (begin == npos) return out_of_range(c, args[2].int64());
  return position(text, find_text(text, args[1].text(), begin));
}

Value last_index_of(CallContext& c, Arguments args) {
  bool from = are(args, {Kind::string, Kind::string, Kind::int64});
  if (!from && !are(args, {Kind::string, Kind::string})) return no_such_overload(c, "lastIndexOf", args);
  auto text = args[0].text();
  // Looking from behind goes back: each place may be compared with all of the part.
  if (!c.charge(text.size() / 10 * (1 + args[1].text().size() / 16))) return c.cost_exceeded();
  std::size_t last = from ? offset_at(text, args[2].int64()) : npos;
  if (from && last == npos) return out_of_range(c, args[2].int64());
  return position(text, text.rfind(args[1].text(), last));
}

Value substring(CallContext& c, Arguments args) {
  bool to = are(args, {Kind::string, Kind::int64, Kind::int64});
  if (!to && !are(args, {Kind::string, Kind::int64})) return no_such_overload(c, "substring", args);
  auto text = args[0].text();
  if (!c.charge_text(text.size())) return c.cost_exceeded();
  std::size_t begin = offset_at(text, args[1].int64());
  if (begin == npos) return out_of_range(c, args[1].int64());
  std::size_t end = to ? offset_at(text, args[2].int64()) : text.size();
  if (end == npos) return out_of_range(c, args[2].int64());
  if (end < begin) {
    return c.fail(Fault::index_range,
                  fmt::format("invalid substring range. start: {}, end: {}", args[1].int64(), args[2].int64()));
  }
  return Value::string(text.substr(begin, end - begin));
}

Value join_all(CallContext& c, Arguments args) {
  bool separated = are(args, {Kind::list, Kind::string});
  if (!separated && !are(args, {Kind::list})) return no_such_overload(c, "join", args);
  std::string out;
  for (const Value& element : args[0].elements()) {
    if (!element.is(Kind::string)) return no_such_overload(c, "join", args);
    bool first = &element == &args[0].elements().front();
    auto separator = separated && !first ? args[1].text() : std::string_view();
    if (!c.charge(1 + (separator.size() + element.text().size()) / 10)) return c.cost_exceeded();
    out.append(separator).append(element.text());
  }
  return Value::string(c.arena().copy(out));
}

// Where to cut next: before the next separator, or for an empty one after each code point.
std::size_t next_cut(std::string_view text, std::string_view separator) {
  if (!separator.empty()) return find_text(text, separator);
  std::size_t first = offset_of(text, 1);
  return first == npos || first == text.size() ? npos : first;
}

Value split_text(CallContext& c, Arguments args) {
  bool limited = are(args, {Kind::string, Kind::string, Kind::int64});
  if (!limited && !are(args, {Kind::string, Kind::string})) return no_such_overload(c, "split", args);
  std::int64_t limit = limited ? args[2].int64() : -1;
  auto rest = args[0].text();
  auto separator = args[1].text();
  if (!c.charge(rest.size())) return c.cost_exceeded();
  std::vector<Value> parts;
  if (limit == 0 || (rest.empty() && separator.empty())) return Value::list({});
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) + 1 < limit) {
    std::size_t cut = next_cut(rest, separator);
    if (cut == npos) break;
    parts.push_back(Value::string(rest.substr(0, cut)));
    rest.remove_prefix(cut + separator.size());
  }
  parts.push_back(Value::string(rest));
  return Value::list(c.arena().copy(std::span<const Value>(parts)));
}

Value replace(CallContext& c, Arguments args) {
  bool limited = are(args, {Kind::string, Kind::string, Kind::string, Kind::int64});
  if (!limited && !are(args, {Kind::string, Kind::string, Kind::string})) return no_such_overload(c, "replace", args);
  std::int64_t limit = limited ? args[3].int64() : -1;
  auto rest = args[0].text();
  auto from = args[1].text();
  auto to = args[2].text();
  std::string out;
  if (!c.charge_text(rest.size())) return c.cost_exceeded();
  for (std::int64_t done = 0; limit < 0 || done < limit; ++done) {
    std::size_t at = from.empty() ? (done == 0 ? 0 : offset_of(rest, 1)) : find_text(rest, from);
    if (at == npos) break;
    if (!c.charge(1 + to.size() / 10)) return c.cost_exceeded();
    out.append(rest.substr(0, at)).append(to);
    rest.remove_prefix(at + from.size());
  }
  return Value::string(c.arena().copy(out.append(rest)));
}

// Unicode's White_Space.
bool is_space(std::int32_t c) {
  constexpr std::array<std::int32_t, 9> lone{0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
  return (c >= 9 && c <= 13) || (c >= 0x2000 && c <= 0x200A) || std::ranges::find(lone, c) != lone.end();
}

Value trim_text(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string})) return no_such_overload(c, "trim", args);
  auto text = args[0].text();
  if (!c.charge_text(text.size())) return c.cost_exceeded();
  std::size_t begin = npos;
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t start = at;
    if (is_space(next_code_point(text, at))) continue;
    begin = std::min(begin, start);
    end = at;
  }
  return Value::string(begin == npos ? std::string_view() : text.substr(begin, end - begin));
}

template <char first, char last>
Value change_case(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string})) return no_such_overload(c, first == 'A' ? "lowerAscii" : "upperAscii", args);
  if (!c.charge_text(args[0].text().size())) return c.cost_exceeded();
  std::string out(args[0].text());
  for (char& ch : out) {
    if (ch >= first && ch <= last) ch = static_cast<char>(ch ^ 0x20);
  }
  return Value::string(c.arena().copy(out));
}

Value reverse(CallContext& c, Arguments args) {
  if (!c.charge(args[0].is(Kind::string) ? args[0].text().size() / 10 : 1)) return c.cost_exceeded();
  if (are(args, {Kind::list})) {
    auto elements = c.arena().array<Value>(args[0].elements().size());
    std::ranges::reverse_copy(args[0].elements(), elements.begin());
    return Value::list(elements);
  }
  if (!are(args, {Kind::string})) return no_such_overload(c, "reverse", args);
  std::string out;
  auto text = args[0].text();
  for (std::size_t end = text.size(); end > 0;) {
    std::size_t begin = end - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) --begin;
    out.append(text.substr(begin, end - begin));
    end = begin;
  }
  return Value::string(c.arena().copy(out));
}

Value quote(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string})) return no_such_overload(c, "strings.quote", args);
  if (!c.charge_text(args[0].text().size())) return c.cost_exceeded();
  constexpr std::string_view plain = "\a\b\f\n\r\t\v\\\"";
  constexpr std::string_view letters = "abfnrtv\\\"";
  std::string out = "\"";
  for (char ch : args[0].text()) {
    auto i = plain.find(ch);
    if (i != npos) out += '\\';
    out += i == npos ? ch : letters[i];
  }
  return Value::string(c.arena().copy(out += '"'));
}

}  // namespace

std::vector<Function> text_functions() {
  std::vector<std::string_view> find{"string, string -> int", "string, string, int -> int"};
  return {
      make_function("charAt", Form::method, {"string, int -> string"}, char_at),
      make_function("indexOf", Form::method, find, index_of),
      make_function("lastIndexOf", Form::method, find, last_index_of),
      make_function("substring", Form::method, {"string, int -> string", "string, int, int -> string"}, substring),
      make_function("join", Form::method, {"list(string) -> string", "list(string), string -> string"}, join_all),
      make_function("split", Form::method, {"string, string -> list(string)", "string, string, int -> list(string)"},
                    split_text),
      make_function("replace", Form::method,
                    {"string, string, string -> string", "string, string, string, int -> string"}, replace),
      make_function("trim", Form::method, {"string -> string"}, trim_text),
      make_function("lowerAscii", Form::method, {"string -> string"}, change_case<'A', 'Z'>),
      make_function("upperAscii", Form::method, {"string -> string"}, change_case<'a', 'z'>),
      make_function("reverse", Form::method, {"string -> string", "list(A) -> list(A)"}, reverse),
      make_function("strings.quote", Form::global, {"string -> string"}, quote),
      make_function("format", Form::method, {"string, list(dyn) -> string"}, format_text),
  };
}

}  // namespace bw::cel
