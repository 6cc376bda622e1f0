// SPDX-License-Identifier: Apache-2.0
//
// Why a parser of our own: a gateway must judge exactly what it forwards, so it needs, at once, the sender's bytes of every
// value, refusal of duplicate keys, and numbers that keep their spelling. No JSON library in Debian 12 gives the three.
// One pass, no recursion: open containers are on an explicit stack, bounded by depth_max.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "json/body.h"

namespace bw::json {
namespace {

class Parser {
 public:
  Parser(Body& body, const Limits& limits) : body_(body), text_(body.text), limits_(limits) {}

  Status run() {
    if (text_.size() > limits_.bytes_max) {
      return fail(Code::resource_exhausted,
                  fmt::format("JSON text of {} bytes; at most {} are read", text_.size(), limits_.bytes_max));
    }
    if (!simdjson::validate_utf8(text_)) return fail(Code::invalid_argument, "JSON text is not valid UTF-8");
    body_.nodes.reserve(text_.size() / 12 + 4);
    do {
      BW_OK(step());
    } while (!open_.empty());
    skip_space();
    if (at_ != text_.size()) return wrong("nothing more after the value");
    return {};
  }

 private:
  // Reads one value, one key with its colon, or one closing bracket, and the comma that belongs to it.
  Status step() {
    skip_space();
    if (open_.empty()) return value();
    Node& container = body_.nodes[open_.back()];
    bool object = container.kind == Kind::object;
    char close = object ? '}' : ']';
    if (peek() == close) return end_container(close);
    if (container.size > 0) {
      if (peek() != ',') return wrong(object ? "`,` or `}`" : "`,` or `]`");
      ++at_;
      skip_space();
    }
    ++container.size;
    if (!object) return value();
    if (peek() != '"') return wrong("a key in double quotes");
    BW_OK(string());
    skip_space();
    if (peek() != ':') return wrong("`:` after the key");
    ++at_;
    skip_space();
    return value();
  }

  Status value() {
    switch (peek()) {
      case '{': return begin_container(Kind::object);
      case '[': return begin_container(Kind::array);
      case '"': return string();
      case 't': return word("true", Kind::boolean);
      case 'f': return word("false", Kind::boolean);
      case 'n': return word("null", Kind::null);
      default: return number();
    }
  }

  Status begin_container(Kind kind) {
    if (open_.size() >= limits_.depth_max) {
      return fail(Code::resource_exhausted, fmt::format("JSON nested deeper than {} levels", limits_.depth_max));
    }
    BW_OK(add(kind, at_, at_ + 1));
    open_.push_back(static_cast<std::uint32_t>(body_.nodes.size() - 1));
    ++at_;
    return {};
  }

  Status end_container(char) {
    std::uint32_t index = open_.back();
    open_.pop_back();
    Node& node = body_.nodes[index];
    node.end = static_cast<std::uint32_t>(++at_);
    node.next = static_cast<std::uint32_t>(body_.nodes.size());
    return node.kind == Kind::object ? refuse_duplicates(index) : Status{};
  }

  Status refuse_duplicates(std::uint32_t index) {
    const Node& object = body_.nodes[index];
    if (object.size < 2) return {};
    keys_.clear();
    for (std::uint32_t key = index + 1; key < object.next; key = body_.nodes[key + 1].next) {
      keys_.push_back(body_.string(body_.nodes[key]));
    }
    std::ranges::sort(keys_);
    auto twin = std::ranges::adjacent_find(keys_);
    if (twin == keys_.end()) return {};
    return fail(Code::invalid_argument, fmt::format("duplicate key `{}` in a JSON object", twin->substr(0, 80)));
  }

  Status word(std::string_view spelling, Kind kind) {
    if (text_.substr(at_, spelling.size()) != spelling) return wrong("a value");
    BW_OK(add(kind, at_, at_ + spelling.size()));
    at_ += spelling.size();
    return {};
  }

  // RFC 8259 section 6.
  Status number() {
    std::size_t begin = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else if (!digits()) {
      at_ = begin;
      return wrong("a value");
    }
    if (peek() == '.') {
      ++at_;
      if (!digits()) return wrong("a digit");
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return wrong("a digit");
    }
    return add(Kind::number, begin, at_);
  }

  bool digits() {
    std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > begin;
  }

  Status string() {
    std::size_t begin = at_++;
    while (at_ < text_.size() && !special(text_[at_])) ++at_;
    if (peek() == '"') {
      ++at_;
      return add(Kind::string, begin, at_);
    }
    std::size_t start = body_.unescaped.size();
    body_.unescaped.append(text_, begin + 1, at_ - begin - 1);
    while (peek() != '"') {
      if (at_ >= text_.size()) return wrong("`\"` at the end of the string");
      if (static_cast<unsigned char>(text_[at_]) < 0x20)
        return wrong("no control character in a string; write \\u00XX");
      if (text_[at_] == '\\') {
        BW_OK(escape());
      } else {
        body_.unescaped += text_[at_++];
      }
    }
    ++at_;
    BW_OK(add(Kind::string, begin, at_));
    Node& node = body_.nodes.back();
    node.escaped = true;
    node.start = static_cast<std::uint32_t>(start);
    node.size = static_cast<std::uint32_t>(body_.unescaped.size() - start);
    return {};
  }

  static bool special(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

  Status escape() {
    ++at_;
    constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    char letter = peek();
    ++at_;
    if (auto found = letters.find(letter); found != std::string_view::npos && letter != '\0') {
      body_.unescaped += meanings[found];
      return {};
    }
    --at_;
    if (letter != 'u') return wrong("an escape of JSON");
    ++at_;
    BW_TRY(std::uint32_t unit, hex4());
    if (unit >= 0xDC00 && unit <= 0xDFFF) return wrong("no lone surrogate");
    if (unit >= 0xD800 && unit <= 0xDBFF) {
      if (text_.substr(at_, 2) != "\\u") return wrong("the second half of a surrogate pair");
      at_ += 2;
      BW_TRY(std::uint32_t low, hex4());
      if (low < 0xDC00 || low > 0xDFFF) return wrong("the second half of a surrogate pair");
      unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(unit);
    return {};
  }

  Result<std::uint32_t> hex4() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      char c = peek();
      int digit = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : -1;
      if (digit < 0) return wrong("four hexadecimal digits");
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
  }

  void append_utf8(std::uint32_t c) {
    auto put = [this](std::uint32_t byte) { body_.unescaped += static_cast<char>(byte); };
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 | (c >> 6)), put(0x80 | (c & 63));
    } else if (c < 0x10000) {
      put(0xE0 | (c >> 12)), put(0x80 | ((c >> 6) & 63)), put(0x80 | (c & 63));
    } else {
      put(0xF0 | (c >> 18)), put(0x80 | ((c >> 12) & 63)), put(0x80 | ((c >> 6) & 63)), put(0x80 | (c & 63));
    }
  }

  Status add(Kind kind, std::size_t begin, std::size_t end) {
    if (body_.nodes.size() >= limits_.values_max) {
      return fail(Code::resource_exhausted, fmt::format("JSON text with more than {} values", limits_.values_max));
    }
    auto next = static_cast<std::uint32_t>(body_.nodes.size() + 1);
    body_.nodes.push_back({.begin = static_cast<std::uint32_t>(begin),
                           .end = static_cast<std::uint32_t>(end),
                           .next = next,
                           .kind = kind});
    return {};
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }
  std::unexpected<Error> wrong(std::string_view expected) const {
    return fail(Code::invalid_argument, fmt::format("no valid JSON at byte {}: expected {}", at_, expected));
  }

  Body& body_;
  std::string_view text_;
  const Limits& limits_;
  std::size_t at_ = 0;
  std::vector<std::uint32_t> open_;
  std::vector<std::string_view> keys_;
};

}  // namespace

Status index(Body& body, const Limits& limits) { return Parser(body, limits).run(); }

}  // namespace bw::json
