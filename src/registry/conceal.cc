// SPDX-License-Identifier: Apache-2.0
#include "registry/conceal.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace bw::registry {
namespace {

constexpr std::array<std::string_view, 8> telling{"secret", "token",   "password", "passwd",
                                                  "apikey", "api_key", "api-key",  "private_key"};
constexpr std::array<std::string_view, 4> harmless_ends{"_file", "_path", "_url", "_name"};

bool has_user_and_password(std::string_view url) {
  auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  auto rest = url.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?#")).find('@') != std::string_view::npos;
}

void star_out(const Span& where, std::string& text) {
  std::size_t at = 0;
  for (int line = 1; line < where.line; ++line) at = text.find('\n', at) + 1;
  at += static_cast<std::size_t>(where.column - 1);
  for (int i = 0; i < where.length && at < text.size() && text[at] != '\n'; ++i) text[at++] = '*';
}

class Concealer {
 public:
  explicit Concealer(std::string& text) : text_(text) {}

  void walk(const Node& node, bool in_credential) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      auto key = node.is(Node::Kind::map) ? std::string_view(node.keys[i].text) : std::string_view();
      visit(key, node.items[i], in_credential);
    }
  }

 private:
  void visit(std::string_view key, const Node& value, bool in_credential) {
    constexpr std::array<std::string_view, 4> names{"header", "prefix", "env", "file"};
    bool stray = in_credential && std::ranges::find(names, key) == names.end();
    bool scalar = value.items.empty() && !value.text.empty();
    if (scalar && (stray || looks_secret(key, value.text) || has_user_and_password(value.text)))
      star_out(value.where, text_);
    walk(value, in_credential || key == "credential");
  }

  std::string& text_;
};

}  // namespace

bool looks_secret(std::string_view variable, std::string_view value) {
  auto name = lower_ascii(variable);
  auto contained = [&](std::string_view word) { return name.find(word) != std::string::npos; };
  auto ended = [&](std::string_view end) { return name.ends_with(end); };
  if (std::ranges::none_of(telling, contained) && !name.ends_with("_key")) return false;
  if (std::ranges::any_of(harmless_ends, ended)) return false;
  return value.find_first_not_of("0123456789") != std::string_view::npos && value != "true" && value != "false";
}

void conceal(const Node& document, std::string& text) { Concealer(text).walk(document, false); }

}  // namespace bw::registry
