// SPDX-License-Identifier: Apache-2.0
#include "corpus.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/text.h"

namespace bw::cel {
namespace {

std::string decode_base64(std::string text) {
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('=')) text.pop_back();
  return from_base64url(text).value();
}

double double_of(const json::Value& v) {
  if (auto number = v.number()) return *number;
  std::string text = text_of(v);
  if (text == "NaN") return NAN;
  return text == "-Infinity" ? -INFINITY : INFINITY;
}

Value list_of(const json::Value& list, const Messages& messages, Arena& arena) {
  auto elements = arena.array<Value>(list["values"].size());
  std::size_t i = 0;
  for (json::Value element : list["values"].elements()) elements[i++] = value_of(element, messages, arena);
  return Value::list(elements);
}

Value map_of(const json::Value& map, const Messages& messages, Arena& arena) {
  auto entries = arena.array<Value::Entry>(map["entries"].size());
  std::size_t i = 0;
  for (json::Value e : map["entries"].elements())
    entries[i++] = {value_of(e["key"], messages, arena), value_of(e["value"], messages, arena)};
  return Value::map(arena, entries);
}

const Type& primitive(const std::string& name) {
  static const std::map<std::string, Type> primitives{{"BOOL", Type::boolean()},  {"INT64", Type::int64()},
                                                      {"UINT64", Type::uint64()}, {"DOUBLE", Type::float64()},
                                                      {"STRING", Type::string()}, {"BYTES", Type::bytes()}};
  return primitives.at(name);
}

Type abstract(const json::Value& json, const Messages& messages, bool in_signature) {
  std::vector<Type> parameters;
  for (json::Value parameter : json["parameterTypes"].elements())
    parameters.push_back(type_of(parameter, messages, in_signature));
  std::string name = text_of(json["name"]);
  return name == "optional_type" ? Type::optional(parameters.at(0)) : Type::opaque(name, std::move(parameters));
}

}  // namespace

std::string text_of(const json::Value& value) { return std::string(value.string().value_or("")); }

Corpus::Corpus(json::Document document) : document_(std::move(document)) {
  std::vector<std::string> files;
  for (json::Value file : document_.root()["descriptors"].elements()) files.push_back(decode_base64(text_of(file)));
  plain_ = std::make_unique<Messages>(files, false);
  strong_ = std::make_unique<Messages>(files, true);
}

const Corpus* Corpus::given() {
  static const std::unique_ptr<const Corpus> corpus = []() -> std::unique_ptr<const Corpus> {
    const char* path = std::getenv("BW_CEL_SPEC");
    if (path == nullptr) return nullptr;
    std::ifstream in(path);
    if (!in) throw std::runtime_error(std::string("BW_CEL_SPEC names no file: ") + path);
    std::stringstream text;
    text << in.rdbuf();
    json::Limits limits{.bytes_max = 64U << 20U, .depth_max = 200, .values_max = 4'000'000};
    return std::unique_ptr<const Corpus>(new Corpus(json::Document::parse(text.str(), limits).value()));
  }();
  return corpus.get();
}

Value value_of(const json::Value& v, const Messages& messages, Arena& arena) {
  if (v["nullValue"].exists()) return Value::null();
  if (auto b = v["boolValue"]) return Value::boolean(b.boolean().value());
  if (auto i = v["int64Value"]) return Value::int64(std::stoll(text_of(i)));
  if (auto u = v["uint64Value"]) return Value::uint64(std::stoull(text_of(u)));
  if (auto d = v["doubleValue"]) return Value::float64(double_of(d));
  if (auto s = v["stringValue"]) return Value::string(arena.copy(text_of(s)));
  if (auto b = v["bytesValue"]) return Value::bytes(arena.copy(decode_base64(text_of(b))));
  if (auto t = v["typeValue"]) return Value::type(arena.copy(text_of(t)));
  if (auto list = v["listValue"]) return list_of(list, messages, arena);
  if (auto map = v["mapValue"]) return map_of(map, messages, arena);
  if (auto e = v["enumValue"]) {
    return messages.enum_value(text_of(e["type"]), static_cast<int>(e["value"].integer().value_or(0)), arena);
  }
  if (auto object = v["objectValue"]) {
    return messages.parse(text_of(object["typeUrl"]), decode_base64(text_of(object["value"])), arena);
  }
  throw Unsupported{};
}

Type type_of(const json::Value& v, const Messages& messages, bool in_signature) {
  if (v["dyn"].exists()) return Type::dyn();
  if (v["null"].exists()) return Type::null();
  if (auto p = v["primitive"]) return primitive(text_of(p));
  if (auto w = v["wrapper"]) return Type::wrapper(primitive(text_of(w)));
  if (auto w = v["wellKnown"]) {
    if (text_of(w) == "TIMESTAMP") return Type::timestamp();
    return text_of(w) == "DURATION" ? Type::duration() : Type::dyn();
  }
  if (auto m = v["messageType"]) return messages.type(text_of(m));
  if (auto l = v["listType"])
    return Type::list(l["elemType"].exists() ? type_of(l["elemType"], messages, in_signature) : Type::dyn());
  if (auto m = v["mapType"])
    return Type::map(type_of(m["keyType"], messages, in_signature), type_of(m["valueType"], messages, in_signature));
  if (auto t = v["type"]) return Type::type(t.size() == 0 ? Type::dyn() : type_of(t, messages, in_signature));
  if (auto t = v["typeParam"]; t && in_signature)
    return Type::variable(static_cast<std::size_t>(text_of(t).at(0) - 'A'));
  if (auto a = v["abstractType"]) return abstract(a, messages, in_signature);
  throw Unsupported{};
}

}  // namespace bw::cel
