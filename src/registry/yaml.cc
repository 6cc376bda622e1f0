// SPDX-License-Identifier: Apache-2.0
#include "registry/yaml.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"
#include "registry/characters.h"
#include "registry/scalar.h"

namespace bw::registry {
namespace {

std::string_view view(const yaml_char_t* text, std::size_t size) { return {reinterpret_cast<const char*>(text), size}; }
std::string_view view(const yaml_char_t* text) { return reinterpret_cast<const char*>(text); }

// One libyaml event, freed when it goes.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&event_); }
  yaml_event_t* operator->() { return &event_; }
  yaml_event_t* get() { return &event_; }

 private:
  yaml_event_t event_{};
};

class Parser {
 public:
  explicit Parser(std::string_view text) {
    BW_ASSERT(yaml_parser_initialize(&parser_) == 1);
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  ~Parser() { yaml_parser_delete(&parser_); }
  bool next(Event& event) { return yaml_parser_parse(&parser_, event.get()) == 1; }
  const yaml_parser_t& state() const { return parser_; }

 private:
  yaml_parser_t parser_{};
};

// libyaml's words for what is wrong, in ours.
struct Problem {
  std::string_view theirs;
  std::string_view message;
  std::string_view hint;
  bool opened = false;  // whether the hint speaks of something whose beginning is worth telling
};
constexpr Problem problems[] = {
    {"mapping values are not allowed", "a `key: value` cannot stand here",
     "check the indentation, or put quotes around a value that contains `: `"},
    {"did not find expected key", "expected a key", "check the indentation of this line against the lines above it"},
    {"did not find expected '-' indicator", "expected `- ` or the end of the list",
     "check the indentation of this line against the list above it"},
    {"could not find expected ':'", "expected `:` after the key", "write `key: value`"},
    {"did not find expected ',' or ']'", "expected `,` or `]`", "close the list, or put quotes around the value", true},
    {"did not find expected ',' or '}'", "expected `,` or `}`", "close the map, or put quotes around the value", true},
    {"found unexpected end of stream", "the file ends inside a quoted string", "close the quotes", true},
    {"block sequence entries are not allowed", "a list item cannot stand here", "put it on a line of its own"},
    {"found unknown escape character", "unknown escape", "write `\\\\` for a backslash, or use single quotes"},
    {"did not find expected alphabetic or numeric character", "a value cannot start with `*` or `&`",
     "put quotes around it"},
    {"found undefined tag handle", "tags are not used here", "remove the `!`, or put quotes around the value"},
};

class Reader {
 public:
  Reader(std::string_view file, std::string_view text, Diagnostics& diagnostics, const YamlLimits& limits)
      : lines_(file, text), parser_(text), diagnostics_(diagnostics), limits_(limits) {}

  YamlFile read();

 private:
  // What follows reads one value whose first event is given. False: stop, it was reported.
  bool value(Event& event, Node& node, std::size_t depth);
  bool list(Node& node, std::size_t depth);
  bool map(Node& node, std::size_t depth);
  using GivenKeys = std::map<std::string, int, std::less<>>;
  bool member(Event& event, Node& map, GivenKeys& given, std::size_t depth);
  void scalar(Event& event, Node& node);
  std::optional<Node::Key> key(Event& event, const Node& read);
  void refuse_decorations(const yaml_char_t* anchor, const yaml_char_t* tag, const yaml_mark_t& mark);
  Span content_span(Event& event) const;

  bool next(Event& event);
  bool syntax_error();
  bool stop(const yaml_mark_t& mark, std::string message, std::string hint = {});
  void report(Span where, std::string message, std::string hint) {
    diagnostics_.push_back({Severity::error, std::move(where), std::move(message), std::move(hint)});
  }
  Span at(const yaml_mark_t& mark, int length = 1) const { return lines_.at(mark.line, mark.column, length); }

  Lines lines_;
  Parser parser_;
  Diagnostics& diagnostics_;
  const YamlLimits& limits_;
  std::size_t nodes_ = 0;
};

bool Reader::stop(const yaml_mark_t& mark, std::string message, std::string hint) {
  report(at(mark), std::move(message), std::move(hint));
  return false;
}

bool Reader::syntax_error() {
  const yaml_parser_t& state = parser_.state();
  std::string_view problem = state.problem ? state.problem : "unreadable";
  auto line = lines_.line(state.problem_mark.line);
  if (problem.starts_with("found character that cannot start any token")) {
    auto rest = line.substr(std::min<std::size_t>(at(state.problem_mark).column - 1, line.size()));
    if (rest.starts_with('\t')) return stop(state.problem_mark, "a tab cannot indent", "use spaces");
    return stop(state.problem_mark, fmt::format("a value cannot start with `{}`", rest.substr(0, 1)),
                "put quotes around the value");
  }
  for (const Problem& known : problems) {
    if (!problem.starts_with(known.theirs)) continue;
    auto hint = known.opened ? fmt::format("{}; it starts in line {}", known.hint, state.context_mark.line + 1)
                             : std::string(known.hint);
    return stop(state.problem_mark, std::string(known.message), hint);
  }
  return stop(state.problem_mark, fmt::format("not YAML: {}", problem), state.context ? state.context : "");
}

bool Reader::next(Event& event) { return parser_.next(event) || syntax_error(); }

void Reader::refuse_decorations(const yaml_char_t* anchor, const yaml_char_t* tag, const yaml_mark_t& mark) {
  if (anchor) {
    report(at(mark), fmt::format("anchor `&{}`: anchors and aliases are not used here", view(anchor)),
           "write the value out where it is needed");
  }
  if (!tag) return;
  constexpr std::string_view core = "tag:yaml.org,2002:";
  auto shown =
      view(tag).starts_with(core) ? fmt::format("!!{}", view(tag).substr(core.size())) : std::string(view(tag));
  report(at(mark), fmt::format("tag `{}`: tags are not used here", shown),
         "quotes make a string, nothing else is needed");
}

Span Reader::content_span(Event& event) const {
  const auto& start = event->start_mark;
  const auto& end = event->end_mark;
  auto style = event->data.scalar.style;
  if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE) {
    for (std::size_t index = start.line + 1; index < lines_.count() && index <= end.line; ++index) {
      auto line = lines_.line(index);
      if (auto first = line.find_first_not_of(' '); first != std::string_view::npos) {
        return lines_.at(index, first, static_cast<int>(line.size() - first));
      }
    }
    return at(start);
  }
  std::size_t quote = style == YAML_PLAIN_SCALAR_STYLE ? 0 : 1;
  auto from = lines_.offset(start.line, start.column) + quote;
  auto to = start.line == end.line ? lines_.offset(end.line, end.column) - quote
                                   : lines_.offset(start.line, 0) + lines_.line(start.line).size();
  return lines_.at(start.line, start.column + quote, to > from ? static_cast<int>(to - from) : 1);
}

void Reader::scalar(Event& event, Node& node) {
  auto text = view(event->data.scalar.value, event->data.scalar.length);
  auto span = content_span(event);
  if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
    node = Node::string(std::string(text), std::move(span));
    return;
  }
  auto read = read_plain(text);
  if (!read) {
    report(span, read.error().message, "put quotes around it if it is a string");
    node.kind = Node::Kind::broken;
  } else {
    node = *std::move(read);
  }
  node.where = std::move(span);
}

std::optional<Node::Key> Reader::key(Event& event, const Node& read) {
  if (event->type != YAML_SCALAR_EVENT) {
    report(read.where, "a key cannot be a list or a map", "keys are strings");
    return std::nullopt;
  }
  if (read.is(Node::Kind::string) && !(read.text == "<<" && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)) {
    return Node::Key{read.text, read.where};
  }
  if (read.is(Node::Kind::string)) {
    report(read.where, "merge key `<<`: merging is not used here", "write the keys out where they are needed");
  } else if (!read.is(Node::Kind::broken)) {
    report(read.where,
           fmt::format("the key `{}` is {}, and keys are strings", printable(read.text, 80), name(read.kind)),
           "put quotes around it");
  }
  return std::nullopt;
}

bool Reader::member(Event& event, Node& map, GivenKeys& given, std::size_t depth) {
  Node read;
  if (!value(event, read, depth)) return false;
  auto found = key(event, read);
  Event follows;
  Node item;
  if (!next(follows) || !value(follows, item, depth)) return false;
  if (!found) return true;
  auto [first, fresh] = given.emplace(found->text, found->where.line);
  if (!fresh) {
    report(found->where, fmt::format("duplicate key `{}`", printable(found->text, 80)),
           fmt::format("it is already given in line {}", first->second));
    return true;
  }
  map.keys.push_back(*std::move(found));
  map.items.push_back(std::move(item));
  return true;
}

bool Reader::map(Node& node, std::size_t depth) {
  node.kind = Node::Kind::map;
  GivenKeys given;
  for (;;) {
    Event event;
    if (!next(event)) return false;
    if (event->type == YAML_MAPPING_END_EVENT) return true;
    if (!member(event, node, given, depth)) return false;
  }
}

bool Reader::list(Node& node, std::size_t depth) {
  node.kind = Node::Kind::list;
  for (;;) {
    Event event;
    if (!next(event)) return false;
    if (event->type == YAML_SEQUENCE_END_EVENT) return true;
    if (!value(event, node.items.emplace_back(), depth)) return false;
  }
}

bool Reader::value(Event& event, Node& node, std::size_t depth) {
  if (++nodes_ > limits_.nodes_max)
    return stop(event->start_mark, fmt::format("more than {} values in one file", limits_.nodes_max));
  if (depth > limits_.depth_max)
    return stop(event->start_mark, fmt::format("nested more than {} deep", limits_.depth_max));
  node.where = at(event->start_mark);
  switch (event->type) {
    case YAML_SCALAR_EVENT:
      refuse_decorations(event->data.scalar.anchor, event->data.scalar.tag, event->start_mark);
      scalar(event, node);
      return true;
    case YAML_SEQUENCE_START_EVENT:
      refuse_decorations(event->data.sequence_start.anchor, event->data.sequence_start.tag, event->start_mark);
      return list(node, depth + 1);
    case YAML_MAPPING_START_EVENT:
      refuse_decorations(event->data.mapping_start.anchor, event->data.mapping_start.tag, event->start_mark);
      return map(node, depth + 1);
    case YAML_ALIAS_EVENT:
      report(node.where,
             fmt::format("alias `*{}`: anchors and aliases are not used here", view(event->data.alias.anchor)),
             "write the value out; put quotes around a pattern that starts with `*`");
      node.kind = Node::Kind::broken;
      return true;
    default: return stop(event->start_mark, "expected a value");
  }
}

YamlFile Reader::read() {
  YamlFile file;
  for (;;) {
    Event event;
    file.complete = next(event);
    if (!file.complete || event->type == YAML_STREAM_END_EVENT) return file;
    if (event->type == YAML_DOCUMENT_START_EVENT && event->data.document_start.version_directive) {
      report(at(event->start_mark), "directives are not used here", "remove the line that starts with `%`");
    }
    if (event->type == YAML_STREAM_START_EVENT || event->type == YAML_DOCUMENT_START_EVENT ||
        event->type == YAML_DOCUMENT_END_EVENT) {
      continue;
    }
    Node document;
    file.complete = value(event, document, 0);
    if (!file.complete) return file;
    if (!document.is(Node::Kind::null)) file.documents.push_back(std::move(document));
  }
}

}  // namespace

YamlFile read_yaml(std::string_view file, std::string_view text, Diagnostics& diagnostics, const YamlLimits& limits) {
  if (text.size() > limits.bytes_max) {
    diagnostics.push_back(
        {Severity::error, {std::string(file)}, fmt::format("larger than {} bytes", limits.bytes_max), "split the file"});
    return {.documents = {}, .complete = false};
  }
  if (!check_characters(Lines(file, text), diagnostics)) return {.documents = {}, .complete = false};
  return Reader(file, text, diagnostics, limits).read();
}

}  // namespace bw::registry
