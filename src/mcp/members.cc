// SPDX-License-Identifier: Apache-2.0
#include "mcp/members.h"

#include <algorithm>
#include <array>
#include <string>

#include "json/document.h"

namespace bw::mcp {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Which characters end a number or a word, and which matter when a container is skipped.
enum Role : unsigned char { ends_word = 1, counts_in_container = 2 };
constexpr auto roles = [] {
  std::array<unsigned char, 256> table{};
  for (unsigned char c : std::string_view(",:{}[]\" \t\n\r")) table[c] |= ends_word;
  for (unsigned char c : std::string_view("\"{}[]")) table[c] |= counts_in_container;
  return table;
}();
bool has_role(char c, Role role) { return (roles[static_cast<unsigned char>(c)] & role) != 0; }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  bool ended() const { return at_ >= text_.size(); }
  char peek() const { return ended() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (!ended() && is_space(text_[at_])) ++at_;
  }

  bool string() {
    if (!take('"')) return false;
    for (;;) {
      while (!ended() && text_[at_] != '"' && text_[at_] != '\\') ++at_;
      if (ended()) return false;
      if (text_[at_++] == '"') return true;
      if (ended()) return false;
      ++at_;
    }
  }

  bool value() {
    if (peek() == '"') return string();
    if (peek() == '{' || peek() == '[') return container();
    auto begin = at_;
    while (!ended() && !has_role(text_[at_], ends_word)) ++at_;
    return at_ > begin;
  }

 private:
  bool container() {
    std::size_t depth = 0;
    while (!ended()) {
      while (!ended() && !has_role(text_[at_], counts_in_container)) ++at_;
      if (ended()) return false;
      char c = text_[at_];
      if (c == '"') {
        if (!string()) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      else if (--depth == 0) return true;
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool read_member(Scanner& scan, std::string_view text, Members::Span& span) {
  span.key = scan.at();
  if (!scan.string()) return false;
  span.name = text.substr(span.key + 1, scan.at() - span.key - 2);
  scan.skip_space();
  if (!scan.take(':')) return false;
  scan.skip_space();
  span.value = scan.at();
  if (!scan.value()) return false;
  span.end = scan.at();
  return true;
}

}  // namespace

Members Members::of(std::string_view object) {
  Members members;
  Scanner scan(object);
  scan.skip_space();
  members.open = scan.at();
  if (!scan.take('{')) return members;
  members.spans.reserve(8);
  scan.skip_space();
  while (scan.peek() != '}') {
    if (!members.spans.empty()) {
      if (!scan.take(',')) return members;
      scan.skip_space();
    }
    Span span;
    if (!read_member(scan, object, span)) return members;
    members.spans.push_back(span);
    scan.skip_space();
  }
  members.close = scan.at();
  scan.take('}');
  scan.skip_space();
  members.ok = scan.ended();
  return members;
}

bool key_equals(std::string_view spelled, std::string_view key) {
  if (spelled.find('\\') == std::string_view::npos) return spelled == key;
  auto document = json::Document::parse('"' + std::string(spelled) + '"');
  return document && document->root().string() == key;
}

const Members::Span* Members::find(std::string_view key) const {
  if (!ok) return nullptr;
  auto found = std::ranges::find_if(spans, [key](const Span& span) { return key_equals(span.name, key); });
  return found == spans.end() ? nullptr : &*found;
}

}  // namespace bw::mcp
