// SPDX-License-Identifier: Apache-2.0
#include "registry/characters.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/utf8.h"

namespace bw::registry {
namespace {

// Of a well-formed sequence.
char32_t decode(std::string_view bytes) {
  auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(bytes[i])); };
  switch (bytes.size()) {
    case 1: return byte(0);
    case 2: return ((byte(0) & 0x1F) << 6) | (byte(1) & 0x3F);
    case 3: return ((byte(0) & 0x0F) << 12) | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F);
    default: return ((byte(0) & 0x07) << 18) | ((byte(1) & 0x3F) << 12) | ((byte(2) & 0x3F) << 6) | (byte(3) & 0x3F);
  }
}

bool is_control(char32_t c) { return (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0); }
bool turns_direction(char32_t c) { return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069); }
bool is_invisible(char32_t c) {
  return c == 0x2028 || c == 0x2029 || c == 0xFEFF || c == 0x200B || c == 0xFFFE || c == 0xFFFF;
}

const char* complaint(char32_t c) {
  if (c == 0xFEFF) return "byte order mark";
  if (is_control(c)) return "control character";
  if (turns_direction(c)) return "character that turns the direction of text";
  return is_invisible(c) ? "invisible character" : nullptr;
}

}  // namespace

Lines::Lines(std::string_view file, std::string_view text) : file_(file), text_(text), starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts_.push_back(i + 1);
  }
}

std::string_view Lines::line(std::size_t index) const {
  if (index >= starts_.size()) return {};
  auto rest = text_.substr(starts_[index]);
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

std::size_t Lines::offset(std::size_t line, std::size_t character) const {
  if (line >= starts_.size()) return text_.size();
  std::size_t at = starts_[line];
  while (character > 0 && at < text_.size()) {
    at += std::max<std::size_t>(json::utf8_length(text_.substr(at)), 1);
    --character;
  }
  return at;
}

Span Lines::at(std::size_t line, std::size_t character, int length) const {
  line = std::min(line, starts_.size() - 1);
  auto column = offset(line, character) - starts_[line] + 1;
  return {file_, static_cast<int>(line + 1), static_cast<int>(column), std::max(length, 1)};
}

bool check_characters(const Lines& lines, Diagnostics& diagnostics) {
  bool clean = true;
  auto report = [&](std::size_t line, std::size_t column, int length, std::string message, std::string hint) {
    Span where = lines.at(line, 0, length);
    where.column = static_cast<int>(column) + 1;
    diagnostics.push_back({Severity::error, where, std::move(message), std::move(hint)});
    clean = false;
  };
  for (std::size_t index = 0; index < lines.count(); ++index) {
    auto line = lines.line(index);
    for (std::size_t at = 0; at < line.size();) {
      auto length = json::utf8_length(line.substr(at));
      if (length == 0) {
        report(index, at, 1, fmt::format("byte 0x{:02x} is not UTF-8", static_cast<unsigned char>(line[at])),
               "save the file as UTF-8");
        return false;
      }
      auto c = decode(line.substr(at, length));
      if (auto what = complaint(c)) {
        report(index, at, static_cast<int>(length), fmt::format("{} U+{:04X}", what, static_cast<unsigned>(c)),
               c == 0xFEFF ? "save the file as UTF-8 without a byte order mark"
                           : "remove it, or write it as an escape inside double quotes");
      }
      at += length;
    }
  }
  return clean;
}

}  // namespace bw::registry
