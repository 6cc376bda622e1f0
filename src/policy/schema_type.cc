// SPDX-License-Identifier: Apache-2.0
#include "policy/schema_type.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace bw::policy {
namespace {

constexpr int depth_max = 16;
constexpr std::int64_t bytes_of_character = 4;  // of UTF-8, at the most

class Reader {
 public:
  explicit Reader(json::Value root) : root_(root) {}

  cel::Type type(json::Value schema, const std::string& path, int depth) const {
    if (depth > depth_max || !schema.is(json::Kind::object)) return cel::Type::dyn();
    if (auto reference = schema["$ref"].string()) return type(resolve(*reference), path, depth + 1);
    if (schema["enum"]) return enumeration(schema["enum"]);
    auto named = schema["type"];
    if (named.is(json::Kind::array)) return union_type(schema, named, path, depth);
    return simple(schema, named.string().value_or(schema["properties"] ? "object" : ""), path, depth);
  }

 private:
  json::Value resolve(std::string_view reference) const {
    if (!reference.starts_with("#/")) return {};
    json::Value at = root_;
    for (auto step : split(reference.substr(2), '/')) at = at[step];
    return at;
  }

  static cel::Type enumeration(json::Value values) {
    std::vector<std::string> members;
    for (json::Value value : values.elements()) {
      auto text = value.string();
      if (!text) return cel::Type::dyn();
      members.emplace_back(*text);
    }
    return members.empty() ? cel::Type::dyn() : cel::Type::one_of(std::move(members));
  }

  // ["string", "null"] is an optional string; any other union says too little.
  cel::Type union_type(json::Value schema, json::Value names, const std::string& path, int depth) const {
    std::string_view only;
    for (json::Value name : names.elements()) {
      auto text = name.string().value_or("");
      if (text == "null") continue;
      if (!only.empty()) return cel::Type::dyn();
      only = text;
    }
    return simple(schema, only, path, depth);
  }

  // What the schema allows at the most, for the bound of what conditions may cost.
  static cel::Type limited(const cel::Type& type, json::Value limit, std::int64_t factor) {
    constexpr std::int64_t limit_max = 1 << 30;
    auto most = limit.integer();
    return most && *most >= 0 && *most <= limit_max ? type.at_most(*most * factor) : type;
  }

  cel::Type simple(json::Value schema, std::string_view name, const std::string& path, int depth) const {
    if (name == "string") return limited(cel::Type::string(), schema["maxLength"], bytes_of_character);
    if (name == "integer") return cel::Type::int64();
    if (name == "number") return cel::Type::float64();
    if (name == "boolean") return cel::Type::boolean();
    if (name == "array")
      return limited(
          cel::Type::list(schema["items"] ? type(schema["items"], path + "[]", depth + 1) : cel::Type::dyn()),
          schema["maxItems"], 1);
    if (name != "object") return cel::Type::dyn();
    if (schema["properties"].size() == 0) {
      auto values = schema["additionalProperties"];
      return limited(
          cel::Type::map(cel::Type::string(),
                         values.is(json::Kind::object) ? type(values, path + "[]", depth + 1) : cel::Type::dyn()),
          schema["maxProperties"], 1);
    }
    return object(schema, path, depth);
  }

  cel::Type object(json::Value schema, const std::string& path, int depth) const {
    std::vector<std::string_view> required;
    for (json::Value name : schema["required"].elements()) required.push_back(name.string().value_or(""));
    std::vector<cel::Field> fields;
    for (auto [name, property] : schema["properties"].members()) {
      cel::Type field = type(property, path + "." + std::string(name), depth + 1);
      bool nullable = property["type"].is(json::Kind::array);
      bool optional = nullable || std::ranges::find(required, name) == required.end();
      fields.push_back({std::string(name), std::move(field), optional});
    }
    return cel::Type::object(cel::make_object(path, std::move(fields)));
  }

  json::Value root_;
};

}  // namespace

cel::Type schema_type(json::Value schema, const std::string& path) { return Reader(schema).type(schema, path, 0); }

}  // namespace bw::policy
