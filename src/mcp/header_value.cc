// SPDX-License-Identifier: Apache-2.0
#include "mcp/header_value.h"

#include <algorithm>

#include "json/utf8.h"
#include "mcp/base64.h"

namespace bw::mcp {
namespace {

constexpr std::string_view kPrefix = "=?base64?", kSuffix = "?=";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

// RFC 9110 section 5.6.3: optional white space is space and tab.
std::string_view strip(std::string_view value) {
  auto begin = value.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return value.substr(begin, value.find_last_not_of(" \t") - begin + 1);
}

bool is_encoded(std::string_view value) {
  return value.size() >= kPrefix.size() + kSuffix.size() && value.starts_with(kPrefix) && value.ends_with(kSuffix);
}

bool is_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || is_encoded(text)) return false;
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7E; });
}

}  // namespace

std::optional<std::string_view> find(Fields fields, std::string_view name) {
  auto found = std::ranges::find_if(fields, [name](const Field& field) { return same_name(field.name, name); });
  if (found == fields.end()) return std::nullopt;
  return strip(found->value);
}

std::size_t count(Fields fields, std::string_view name) {
  return static_cast<std::size_t>(
      std::ranges::count_if(fields, [name](const Field& field) { return same_name(field.name, name); }));
}

std::string encode_header_value(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  return std::string(kPrefix) + to_base64(text) + std::string(kSuffix);
}

std::optional<std::string> decode_header_value(std::string_view value) {
  value = strip(value);
  if (!is_encoded(value)) return std::string(value);
  auto bytes = from_base64(value.substr(kPrefix.size(), value.size() - kPrefix.size() - kSuffix.size()));
  if (!bytes || !json::is_utf8(*bytes)) return std::nullopt;
  return bytes;
}

}  // namespace bw::mcp
