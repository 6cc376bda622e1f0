// SPDX-License-Identifier: Apache-2.0
#include "http/headers.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace bw::http {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kTokenTable = make_token_table();

bool is_space(char c) { return c == ' ' || c == '\t'; }

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return kTokenTable[static_cast<unsigned char>(c)]; });
}

bool is_field_value(std::string_view text) {
  if (!text.empty() && (is_space(text.front()) || is_space(text.back()))) return false;
  return std::ranges::all_of(text, [](char c) {
    auto u = static_cast<unsigned char>(c);
    return (u >= 0x20 && u != 0x7f) || u == '\t';
  });
}

Headers::Headers(std::initializer_list<Field> fields) {
  for (auto [name, value] : fields) add(name, value);
}

void Headers::reserve(std::size_t fields, std::size_t text_bytes) {
  fields_.reserve(fields);
  text_.reserve(text_bytes);
}

Headers::Field Headers::operator[](std::size_t index) const {
  const Place& place = fields_[index];
  std::string_view text(text_);
  return {text.substr(place.at, place.name_bytes), text.substr(place.at + place.name_bytes, place.value_bytes)};
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (auto field : *this) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  std::size_t n = 0;
  for (auto field : *this) n += equal_ignoring_case(field.name, name) ? 1 : 0;
  return n;
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
  for (auto field : *this) {
    if (!equal_ignoring_case(field.name, name)) continue;
    for (auto part : split(field.value, ',')) {
      if (equal_ignoring_case(trim(part), token)) return true;
    }
  }
  return false;
}

void Headers::add(std::string_view name, std::string_view value) {
  fields_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
  text_ += name;
  text_ += value;
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(std::string_view name) {
  // The text of what is removed stays in the buffer: rare, small, and everybody else's place stays valid.
  std::string_view text(text_);
  std::erase_if(fields_, [&](const Place& p) { return equal_ignoring_case(text.substr(p.at, p.name_bytes), name); });
}

}  // namespace bw::http
