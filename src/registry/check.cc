// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "registry/documents.h"
#include "registry/leaf.h"

// Holds documents against the table of keys.h. Whatever is wrong is reported and passed over, so that one reading reports
// everything; what is right is lowered on the way.
namespace bw::registry {
namespace {

bool has_errors_from(std::size_t first, const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin() + static_cast<std::ptrdiff_t>(first), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

class Checker {
 public:
  explicit Checker(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  // `called` is how messages call it, `where` what they point at when something is missing.
  void object(Node& node, const Shape& shape, const std::string& called, const Span& where);

 private:
  void member(Node& object, const Field& field, const std::string& called, const Span& where);
  void value(Node& node, const Field& field, const Span& where);
  void one(Node& node, const Type& type, const std::string& called, const Span& where);
  void list(Node& node, const Type& type, const Field& field);
  void named(Node& node, const Type& type);
  void unknown_keys(const Node& node, const Shape& shape);
  void choice(const Node& node, const Shape& shape, const Span& where);
  void put_in_order(Node& list, const Type& type);

  bool expect(Node& node, Node::Kind kind, const Type& type);
  void error(const Span& where, std::string message, std::string hint = {}) {
    diagnostics_.push_back({Severity::error, where, std::move(message), std::move(hint)});
  }

  Diagnostics& diagnostics_;
};

bool Checker::expect(Node& node, Node::Kind kind, const Type& type) {
  if (node.is(kind)) return true;
  if (!node.is(Node::Kind::broken)) error(node.where, mismatch(node, type), remedy(node, type));
  node.kind = Node::Kind::broken;
  return false;
}

std::vector<std::string> keys_of(const Shape& shape) {
  std::vector<std::string> keys;
  for (const Field& field : shape.fields) keys.push_back(field.key);
  return keys;
}

void Checker::unknown_keys(const Node& node, const Shape& shape) {
  for (const auto& key : node.keys) {
    if (!shape.find(key.text))
      error(key.where, fmt::format("unknown key `{}`", printable(key.text, 80)), suggest(key.text, keys_of(shape)));
  }
}

void Checker::choice(const Node& node, const Shape& shape, const Span& where) {
  if (node.keys.size() == 1) return;
  error(where, fmt::format("expected exactly one of {}", join(keys_of(shape), ", ")),
        node.keys.empty() ? "" : "remove the others");
}

void Checker::object(Node& node, const Shape& shape, const std::string& called, const Span& where) {
  auto errors = diagnostics_.size();
  unknown_keys(node, shape);
  if (shape.exactly_one) choice(node, shape, where);
  for (const Field& field : shape.fields) member(node, field, called, where);
  if (shape.lower && !has_errors_from(errors, diagnostics_)) shape.lower(node, diagnostics_);
}

void Checker::member(Node& object, const Field& field, const std::string& called, const Span& where) {
  if (Node* given = object.find(field.key)) {
    value(*given, field, *object.find_key(field.key));
  } else if (field.required) {
    error(where, fmt::format("{} has no `{}`", called, field.key), "expected " + describe(field.type));
  } else if (!field.fallback.empty()) {
    auto fallback = json::Document::parse(field.fallback);
    BW_ASSERT(fallback);
    value(object.set(field.key, from_json(fallback->root(), where)), field, where);
  }
}

void Checker::value(Node& node, const Field& field, const Span& where) {
  const Type& type = field.type;
  if (type.many == Type::Many::one_or_list && !node.is(Node::Kind::list)) {
    Node only = std::move(node);
    node = {.kind = Node::Kind::list, .where = only.where};
    node.items.push_back(std::move(only));
  }
  switch (type.many) {
    case Type::Many::one: return one(node, type, fmt::format("`{}`", field.key), where);
    case Type::Many::list:
    case Type::Many::one_or_list: return list(node, type, field);
    case Type::Many::named: return named(node, type);
  }
}

void Checker::list(Node& node, const Type& type, const Field& field) {
  if (!expect(node, Node::Kind::list, type)) return;
  bool needed = field.required || type.form == Type::Form::expression || type.many == Type::Many::one_or_list;
  if (node.items.empty() && needed)
    error(node.where, fmt::format("`{}` is empty", field.key), "expected " + describe(type));
  auto errors = diagnostics_.size();
  for (Node& item : node.items) {
    one(item, type, type.shape ? fmt::format("this {}", type.shape->name) : std::string(), item.where);
  }
  if (!has_errors_from(errors, diagnostics_) && !type.ordered) put_in_order(node, type);
}

void Checker::put_in_order(Node& list, const Type& type) {
  auto key = [&](const Node& item) -> const Node& { return type.shape ? *item.find(type.sorted_by) : item; };
  std::ranges::sort(list.items, {}, [&](const Node& item) -> std::string_view { return key(item).text; });
  for (std::size_t i = 1; i < list.items.size(); ++i) {
    const Node& repeat = key(list.items[i]);
    if (repeat.text == key(list.items[i - 1]).text)
      error(repeat.where, fmt::format("`{}` is given twice", printable(repeat.text, 80)));
  }
}

void Checker::named(Node& node, const Type& type) {
  if (!expect(node, Node::Kind::map, type)) return;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const auto& key = node.keys[i];
    if (!well_spelled(type.keys, key.text)) {
      error(key.where, fmt::format("`{}` is no good name here", printable(key.text, 80)),
            fmt::format("use {}", describe(type.keys)));
    }
    auto called = type.shape ? fmt::format("{} `{}`", type.shape->name, printable(key.text, 80)) : std::string();
    one(node.items[i], type, called, key.where);
  }
}

void Checker::one(Node& node, const Type& type, const std::string& called, const Span& where) {
  if (type.form == Type::Form::object) {
    Type single = type;
    single.many = Type::Many::one;
    if (expect(node, Node::Kind::map, single)) object(node, *type.shape, called, where);
    return;
  }
  check_leaf(node, type, diagnostics_);
}

}  // namespace

void check_body(Document& document, Diagnostics& diagnostics) {
  auto errors = diagnostics.size();
  Checker(diagnostics)
      .object(document.body, *document.kind, fmt::format("{} `{}`", document.kind->name, document.name),
              document.where);
  document.valid = !has_errors_from(errors, diagnostics);
}

std::vector<Document> lowered(Document document, Diagnostics& diagnostics) {
  std::vector<Document> out;
  if (document.valid && document.kind->becomes) {
    out = document.kind->becomes(document, diagnostics);
    for (Document& meant : out) check_body(meant, diagnostics);
  } else {
    out.push_back(std::move(document));
  }
  return out;
}

std::optional<Document> check_document(Node node, Diagnostics& diagnostics) {
  auto error = [&](const Span& where, std::string message, std::string hint) {
    diagnostics.push_back({Severity::error, where, std::move(message), std::move(hint)});
    return std::nullopt;
  };
  if (node.is(Node::Kind::broken)) return std::nullopt;
  if (!node.is(Node::Kind::map))
    return error(node.where, "a document is a map of keys", "it starts with `kind:` and `name:`");
  auto kind = node.take("kind");
  if (!kind) return error(node.where, "this document has no `kind`", "one of: " + join(kind_names(), ", "));
  const Shape* shape = find_kind(kind->text);
  if (!shape)
    return error(kind->where, fmt::format("unknown kind `{}`", printable(kind->text, 80)),
                 suggest(kind->text, kind_names()));
  auto name = node.take("name");
  if (!name) return error(kind->where, fmt::format("this {} has no `name`", shape->name), "every document has one");
  if (!name->is(Node::Kind::string) || !well_spelled(Spelling::name, name->text)) {
    return error(name->where, fmt::format("`{}` is no good name", printable(name->text, 80)),
                 fmt::format("use {}", describe(Spelling::name)));
  }
  Document document{.kind = shape, .name = name->text, .body = std::move(node), .where = name->where};
  check_body(document, diagnostics);
  return document;
}

}  // namespace bw::registry
