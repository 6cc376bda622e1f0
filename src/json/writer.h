// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bw::json {

// Writes JSON text piece by piece and sets the commas itself. Not checked: calls must nest as the text does.
//
//   json::Writer w;
//   w.begin_object().key("jsonrpc").string("2.0").key("id").raw(id).end_object();
//   send(std::move(w).text());
class Writer {
 public:
  Writer() { text_.reserve(usual_bytes); }

  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  Writer& key(std::string_view name);
  Writer& string(std::string_view text);  // text must be UTF-8; what is not becomes U+FFFD
  Writer& integer(std::int64_t value);
  Writer& number(double value);  // finite; anything else is written as null
  Writer& boolean(bool value);
  Writer& null();
  Writer& raw(std::string_view json);  // a whole value, already JSON

  // key and value in one.
  Writer& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  Writer& member(std::string_view name, const char* text) { return key(name).string(text); }
  Writer& member(std::string_view name, std::int64_t value) { return key(name).integer(value); }
  Writer& member(std::string_view name, int value) { return key(name).integer(value); }
  Writer& member(std::string_view name, std::size_t value) {
    return key(name).integer(static_cast<std::int64_t>(value));
  }
  Writer& member(std::string_view name, bool value) { return key(name).boolean(value); }
  Writer& member_raw(std::string_view name, std::string_view json) { return key(name).raw(json); }
  // Only when `text` is not empty.
  Writer& optional(std::string_view name, std::string_view text) { return text.empty() ? *this : member(name, text); }

  std::string text() && { return std::move(text_); }
  const std::string& text() const& { return text_; }

 private:
  Writer& open(char bracket);
  Writer& close(char bracket);
  void separate();

  static constexpr std::size_t usual_bytes = 384;  // most texts never grow
  std::string text_;
  bool first_ = true;  // whether no comma is due
};

// Whether JSON spells every character of `text` as itself: ASCII without quotes, backslashes and control characters.
bool is_plain(std::string_view text);

// `text` as a JSON string, quotes included, appended to `out`.
void append_quoted(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

}  // namespace bw::json
