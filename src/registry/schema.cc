// SPDX-License-Identifier: Apache-2.0
#include "registry/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "json/writer.h"
#include "registry/keys.h"
#include "registry/shapes.h"

namespace bw::registry {
namespace {

std::string reference(const Shape& shape) { return "#/definitions/" + shape.name; }

std::string_view regex_of(const Type& type) {
  switch (type.form) {
    case Type::Form::duration: return "^[0-9]+(ms|s|m|h|d|y)$";
    case Type::Form::date: return "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
    case Type::Form::time: return "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?Z$";
    case Type::Form::variable: return pattern(Spelling::variable);
    case Type::Form::name: return type.refers == Refers::tool ? "^[^/\\s]+/[^\\s]+$" : "^[^\\s]+$";
    case Type::Form::pattern:
      return type.refers == Refers::tool || type.refers == Refers::prompt ? "^(\\*|[^/\\s]+/[^\\s]+)$" : "^[^\\s]+$";
    default: return {};
  }
}

class Schema {
 public:
  std::string text() && { return std::move(out_).text(); }

  void document() {
    out_.begin_object().member("$schema", "http://json-schema.org/draft-07/schema#");
    out_.member("title", "A document of a Bailiwick registry").member("type", "object");
    out_.key("required").begin_array().string("kind").string("name").end_array();
    out_.key("properties").begin_object();
    kind_and_name(kind_names());
    out_.end_object().key("allOf").begin_array();
    for (const Shape* kind : kinds()) when_kind(*kind);
    out_.end_array().key("definitions").begin_object();
    for (const Shape* shape : all_shapes()) definition(*shape);
    out_.end_object().end_object();
  }

 private:
  void words(const std::vector<std::string>& list) {
    out_.begin_array();
    for (const auto& word : list) out_.string(word);
    out_.end_array();
  }

  void kind_and_name(const std::vector<std::string>& kinds) {
    out_.key("kind").begin_object().member("description", "What this document declares.").key("enum");
    words(kinds);
    out_.end_object()
        .key("name")
        .begin_object()
        .member("description", "What others call it by.")
        .member("type", "string");
    out_.member("pattern", pattern(Spelling::name)).end_object();
  }

  void when_kind(const Shape& kind) {
    out_.begin_object().key("if").begin_object().key("required").begin_array().string("kind").end_array();
    out_.key("properties")
        .begin_object()
        .key("kind")
        .begin_object()
        .member("const", kind.name)
        .end_object()
        .end_object()
        .end_object();
    out_.key("then").begin_object().member("$ref", reference(kind)).end_object().end_object();
  }

  void definition(const Shape& shape) {
    out_.key(shape.name).begin_object().member("description", shape.doc).member("type", "object");
    out_.member("additionalProperties", false);
    if (shape.exactly_one) out_.member("minProperties", 1).member("maxProperties", 1);
    required(shape);
    out_.key("properties").begin_object();
    if (find_kind(shape.name) == &shape) kind_and_name({shape.name});
    for (const Field& field : shape.fields) {
      out_.key(field.key).begin_object().member("description", field.doc);
      if (!field.fallback.empty()) out_.member_raw("default", field.fallback);
      several(field.type, field.required);
      out_.end_object();
    }
    out_.end_object().end_object();
  }

  void required(const Shape& shape) {
    if (std::ranges::none_of(shape.fields, &Field::required)) return;
    out_.key("required").begin_array();
    for (const Field& field : shape.fields) {
      if (field.required) out_.string(field.key);
    }
    out_.end_array();
  }

  // Members of a schema that is already open.
  void several(const Type& type, bool required) {
    switch (type.many) {
      case Type::Many::one: return one(type);
      case Type::Many::list: return list(type, required);
      case Type::Many::named: return named(type);
      case Type::Many::one_or_list: break;
    }
    out_.key("anyOf").begin_array().begin_object();
    one(type);
    out_.end_object().begin_object();
    list(type, true);
    out_.end_object().end_array();
  }

  void list(const Type& type, bool filled) {
    out_.member("type", "array");
    if (filled || type.form == Type::Form::expression) out_.member("minItems", 1);
    if (!type.ordered) out_.member("uniqueItems", true);
    out_.key("items").begin_object();
    one(type);
    out_.end_object();
  }

  void named(const Type& type) {
    out_.member("type", "object").key("propertyNames").begin_object().member("pattern", pattern(type.keys)).end_object();
    out_.key("additionalProperties").begin_object();
    one(type);
    out_.end_object();
  }

  void one(const Type& type) {
    switch (type.form) {
      case Type::Form::json: return;
      case Type::Form::object:
        out_.key("allOf").begin_array().begin_object().member("$ref", reference(*type.shape)).end_object().end_array();
        return;
      case Type::Form::boolean: out_.member("type", "boolean"); return;
      case Type::Form::whole:
        out_.member("type", "integer").member("minimum", type.least).member("maximum", type.most);
        return;
      case Type::Form::word: out_.key("enum"); return words(type.words);
      case Type::Form::expression: out_.key("type"); return words({"string", "boolean", "number"});
      default: break;
    }
    out_.member("type", "string");
    if (auto regex = regex_of(type); !regex.empty()) {
      out_.member("pattern", regex);
    } else if (type.least > 0) {
      out_.member("minLength", type.least);
    }
  }

  json::Writer out_;
};

// Compact JSON with a line for each member and element, for reading and for diffs.
std::string indented(const std::string& json) {
  std::string out;
  std::size_t depth = 0;
  bool quoted = false;
  auto new_line = [&] { out += "\n" + std::string(depth * 2, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    char c = json[i];
    if (quoted || c == '"') {
      bool escaped = quoted && c == '\\';
      if (c == '"') quoted = !quoted;
      out += c;
      if (escaped) out += json[++i];
      continue;
    }
    bool empty = i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']');
    if (c == '}' || c == ']') {
      if (out.back() != '{' && out.back() != '[') --depth, new_line();
      out += c;
    } else {
      out += c;
      if (c == ':') out += ' ';
      if ((c == '{' || c == '[') && !empty) ++depth, new_line();
      if (c == ',') new_line();
    }
  }
  return out + "\n";
}

}  // namespace

std::string json_schema() {
  Schema schema;
  schema.document();
  return indented(std::move(schema).text());
}

}  // namespace bw::registry
