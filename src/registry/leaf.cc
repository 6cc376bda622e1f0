// SPDX-License-Identifier: Apache-2.0
#include "registry/leaf.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"

namespace bw::registry {
namespace {

using Form = Type::Form;

// One value under check, with the words for what is wrong with it.
struct Leaf {
  Node& node;
  const Type& type;
  Diagnostics& diagnostics;

  void error(std::string message, std::string hint = {}) {
    diagnostics.push_back({Severity::error, node.where, std::move(message), std::move(hint)});
    node.kind = Node::Kind::broken;
  }
  std::string shown() const { return printable(node.text, 80); }
};

void check_length(Leaf leaf) {
  auto size = static_cast<std::int64_t>(leaf.node.text.size());
  if (size < leaf.type.least)
    return leaf.error("the string is empty", leaf.type.form == Form::text ? "" : "expected " + describe(leaf.type));
  if (size > leaf.type.most) leaf.error(fmt::format("longer than {} bytes", leaf.type.most));
}

// The line end of a `|` block belongs to the YAML, not to the text.
void check_text(Leaf leaf) {
  auto& text = leaf.node.text;
  text.erase(text.find_last_not_of('\n') + 1);
  check_length(leaf);
}

void check_expression(Leaf leaf) {
  auto& text = leaf.node.text;
  text.erase(text.find_last_not_of(" \n") + 1);
  leaf.node.kind = Node::Kind::string;  // `when: true` is CEL as well
  check_length(leaf);
}

void check_whole(Leaf leaf) {
  const Type& type = leaf.type;
  if (leaf.node.integer < type.least || leaf.node.integer > type.most) {
    leaf.error(fmt::format("{} is out of range", leaf.node.text), fmt::format("from {} to {}", type.least, type.most));
  }
}

void check_duration(Leaf leaf) {
  const Type& type = leaf.type;
  auto ms = parse_duration_ms(leaf.node.text);
  if (!ms) return leaf.error(fmt::format("`{}` is no duration", leaf.shown()), "expected " + describe(type));
  if (*ms < type.least || *ms > type.most) {
    return leaf.error(fmt::format("{} is out of range", leaf.node.text),
                      fmt::format("from {} to {}", format_duration_ms(type.least), format_duration_ms(type.most)));
  }
  leaf.node.text = format_duration_ms(*ms);
}

void check_date(Leaf leaf) {
  if (!parse_time(leaf.node.text + "T00:00:00Z")) {
    leaf.error(fmt::format("`{}` is no date", leaf.shown()), "expected " + describe(leaf.type));
  }
}

void check_time(Leaf leaf) {
  auto ms = parse_time(leaf.node.text);
  if (!ms) return leaf.error(fmt::format("`{}` is no time", leaf.shown()), "expected " + describe(leaf.type));
  leaf.node.text = format_time(*ms);
}

void check_word(Leaf leaf) {
  if (std::ranges::find(leaf.type.words, leaf.node.text) != leaf.type.words.end()) return;
  leaf.error(fmt::format("`{}` is not known here", leaf.shown()), suggest(leaf.node.text, leaf.type.words));
}

void check_name(Leaf leaf) {
  check_length(leaf);
  if (leaf.node.is(Node::Kind::broken)) return;
  std::string_view text = leaf.node.text;
  if (text.find_first_of(" \t\n") != std::string_view::npos)
    return leaf.error(fmt::format("`{}` has a space in it", leaf.shown()));
  bool joined = leaf.type.refers == Refers::tool || leaf.type.refers == Refers::prompt;
  auto slash = text.find('/');
  if (joined && text != "*" && (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size())) {
    leaf.error(fmt::format("`{}` does not say which upstream", leaf.shown()), "expected " + describe(leaf.type));
  }
}

void check_pattern(Leaf leaf) {
  check_name(leaf);
  if (leaf.node.is(Node::Kind::broken)) return;
  std::string_view text = leaf.node.text;
  if (text.find("**") != std::string_view::npos) {
    return leaf.error("`**` means no more than `*`", "write `*`, which matches any run of characters, `/` too");
  }
  auto odd = leaf.type.refers == Refers::uri ? std::string_view::npos : text.find_first_of("?[]{}!\\");
  if (odd != std::string_view::npos) {
    leaf.error(fmt::format("`{}` means nothing in a pattern", text[odd]),
               "`*` matches any run of characters; for alternatives write a list");
  }
}

void check_variable(Leaf leaf) {
  if (well_spelled(Spelling::variable, leaf.node.text)) return;
  leaf.error(fmt::format("`{}` names no environment variable", leaf.shown()),
             fmt::format("use {}", describe(Spelling::variable)));
}

bool any_broken(const Node& node) { return node.is(Node::Kind::broken) || std::ranges::any_of(node.items, any_broken); }

// A part of a free value that was reported already makes the whole of it unusable.
void check_json(Leaf leaf) {
  if (any_broken(leaf.node)) leaf.node.kind = Node::Kind::broken;
}

struct Rule {
  Node::Kind kind;
  void (*check)(Leaf);
};

Rule rule_for(Form form) {
  using Kind = Node::Kind;
  switch (form) {
    case Form::text: return {Kind::string, check_text};
    case Form::boolean: return {Kind::boolean, nullptr};
    case Form::whole: return {Kind::integer, check_whole};
    case Form::duration: return {Kind::string, check_duration};
    case Form::date: return {Kind::string, check_date};
    case Form::time: return {Kind::string, check_time};
    case Form::word: return {Kind::string, check_word};
    case Form::name: return {Kind::string, check_name};
    case Form::pattern: return {Kind::string, check_pattern};
    case Form::variable: return {Kind::string, check_variable};
    case Form::expression: return {Kind::string, check_expression};
    case Form::json:
    case Form::object: break;
  }
  return {Kind::null, check_json};
}

bool is_number_or_boolean(const Node& node) {
  return node.is(Node::Kind::boolean) || node.is(Node::Kind::integer) || node.is(Node::Kind::real);
}

}  // namespace

void check_leaf(Node& node, const Type& type, Diagnostics& diagnostics) {
  if (node.is(Node::Kind::broken)) return;
  Type single = type;
  single.many = Type::Many::one;
  Leaf leaf{node, single, diagnostics};
  auto rule = rule_for(type.form);
  bool fits =
      type.form == Form::json || node.is(rule.kind) || (type.form == Form::expression && is_number_or_boolean(node));
  if (!fits) return leaf.error(mismatch(node, single), remedy(node, single));
  if (rule.check) rule.check(leaf);
}

std::string mismatch(const Node& node, const Type& type) {
  if (node.is(Node::Kind::null)) return fmt::format("nothing is given here; expected {}", describe(type));
  return fmt::format("expected {}, found {}", describe(type), name(node.kind));
}

std::string remedy(const Node& node, const Type& type) {
  if (type.form == Form::boolean && type.many == Type::Many::one) return "write true or false";
  if (node.is(Node::Kind::null)) return {};
  if (type.many == Type::Many::list && node.is(Node::Kind::string))
    return fmt::format("write [{}]", printable(node.text, 80));
  if (type.many == Type::Many::one && node.is(Node::Kind::list) && type.refers == Refers::owner) {
    return "exactly one human answers: what several are accountable for, nobody is";
  }
  if (type.many == Type::Many::list && node.is(Node::Kind::map)) return "start each element with `- `";
  if (type.many != Type::Many::one || !is_number_or_boolean(node)) return {};
  if (type.form == Form::duration) return fmt::format("write a unit: {}s", node.text);
  return rule_for(type.form).kind == Node::Kind::string ? "put quotes around it" : "";
}

}  // namespace bw::registry
