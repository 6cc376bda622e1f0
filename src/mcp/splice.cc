// SPDX-License-Identifier: Apache-2.0
#include "mcp/splice.h"

#include <initializer_list>

#include "json/writer.h"
#include "mcp/members.h"

namespace bw::mcp {
namespace {

constexpr std::string_view kMeta = "_meta";

std::string concat(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (auto part : parts) size += part.size();
  std::string text;
  text.reserve(size);
  for (auto part : parts) text += part;
  return text;
}

std::string_view value_of(std::string_view object, const Members::Span& span) {
  return object.substr(span.value, span.end - span.value);
}

bool is_object(std::string_view value) { return !value.empty() && value.front() == '{'; }

bool is_empty_object(std::string_view value) {
  auto members = Members::of(value);
  return members.ok && members.spans.empty();
}

// `members` are those of `object`.
std::string put(std::string_view object, const Members& members, std::string_view key, std::string_view value) {
  if (!members.ok) return std::string(object);
  if (auto span = members.find(key)) return concat({object.substr(0, span->value), value, object.substr(span->end)});
  auto at = members.spans.empty() ? members.open + 1 : members.spans.back().end;
  return concat(
      {object.substr(0, at), members.spans.empty() ? "" : ",", json::quoted(key), ":", value, object.substr(at)});
}

}  // namespace

std::optional<std::string_view> get_member(std::string_view object, std::string_view key) {
  auto members = Members::of(object);
  auto span = members.find(key);
  if (!span) return std::nullopt;
  return value_of(object, *span);
}

std::string set_member(std::string_view object, std::string_view key, std::string_view value) {
  return put(object, Members::of(object), key, value);
}

std::string remove_member(std::string_view object, std::string_view key) {
  auto members = Members::of(object);
  auto span = members.find(key);
  if (!span) return std::string(object);
  auto index = static_cast<std::size_t>(span - members.spans.data());
  auto begin = span->key, end = span->end;
  if (index > 0) begin = members.spans[index - 1].end;
  else if (members.spans.size() > 1) end = members.spans[1].key;
  return concat({object.substr(0, begin), object.substr(end)});
}

std::optional<std::string_view> get_meta(std::string_view object, std::string_view key) {
  auto meta = get_member(object, kMeta);
  if (!meta || !is_object(*meta)) return std::nullopt;
  return get_member(*meta, key);
}

std::string set_meta(std::string_view object, std::string_view key, std::string_view value) {
  auto members = Members::of(object);
  auto span = members.find(kMeta);
  bool has = span && is_object(value_of(object, *span));
  return put(object, members, kMeta, set_member(has ? value_of(object, *span) : "{}", key, value));
}

std::string remove_meta(std::string_view object, std::string_view key) {
  auto meta = get_member(object, kMeta);
  if (!meta || !is_object(*meta) || !get_member(*meta, key)) return std::string(object);
  auto rest = remove_member(*meta, key);
  return is_empty_object(rest) ? remove_member(object, kMeta) : set_member(object, kMeta, rest);
}

}  // namespace bw::mcp
