// SPDX-License-Identifier: Apache-2.0
#include "mcp/param_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "json/canonical.h"
#include "json/writer.h"
#include "mcp/protocol.h"

namespace bw::mcp {
namespace {

constexpr std::size_t kDeclaredMax = 64;
constexpr std::string_view kKey = "x-mcp-header";

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  auto is_tchar = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, is_tchar);
}

bool is_scalar_type(json::Value type) {
  auto word = type.string();
  return word == "string" || word == "integer" || word == "number" || word == "boolean";
}

void collect(json::Value schema, std::vector<std::string>& path, std::vector<ParamHeader>& found) {
  for (auto [key, property] : schema["properties"].members()) {
    path.emplace_back(key);
    auto name = property[kKey].string();
    if (name && is_token(*name) && is_scalar_type(property["type"]) && found.size() < kDeclaredMax) {
      auto field = std::string(field::param_prefix) + std::string(*name);
      auto same = [&field](const ParamHeader& other) { return lower_ascii(other.field) == lower_ascii(field); };
      if (std::ranges::none_of(found, same)) found.push_back({std::move(field), path});
    }
    collect(property, path, found);
    path.pop_back();
  }
}

json::Value value_at(json::Value arguments, const std::vector<std::string>& path) {
  for (const auto& key : path) arguments = arguments[key];
  return arguments;
}

// The argument as text; nullopt where no field is expected: absent, null, no scalar, or an integer that JavaScript would
// round.
std::optional<std::string> text_of(json::Value value) {
  if (auto text = value.string()) return std::string(*text);
  if (auto truth = value.boolean()) return *truth ? "true" : "false";
  auto number = value.number();
  if (!number) return std::nullopt;
  constexpr double safe = 9007199254740991.0;
  if (std::trunc(*number) == *number && std::fabs(*number) > safe) return std::nullopt;
  auto text = json::canonical(value);
  if (!text) return std::nullopt;
  return std::move(*text);
}

bool equal(json::Value argument, const std::string& body, const std::string& header) {
  if (body == header) return true;
  if (!argument.is(json::Kind::number)) return false;
  auto document = json::Document::parse(header);
  if (!document || header.find_first_of("eE") != std::string::npos) return false;
  return document->root().number() == argument.number();
}

std::unexpected<Refusal> mismatch(std::string_view field, std::string_view header, std::string_view body) {
  json::Writer w;
  w.begin_object().key("mismatch").begin_object().member("header", field).member("body", body).end_object().end_object();
  auto message = header.empty() ? fmt::format("the HTTP field {} is missing", field)
                                : fmt::format("the HTTP field {} and the arguments disagree", field);
  return std::unexpected(Refusal{400, code::header_mismatch, std::move(message), std::move(w).text()});
}

}  // namespace

std::vector<ParamHeader> param_headers(json::Value input_schema) {
  std::vector<ParamHeader> found;
  std::vector<std::string> path;
  collect(input_schema, path, found);
  return found;
}

std::vector<std::pair<std::string, std::string>> param_fields(const std::vector<ParamHeader>& declared,
                                                              json::Value arguments) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto& header : declared) {
    if (auto text = text_of(value_at(arguments, header.path)))
      fields.emplace_back(header.field, encode_header_value(*text));
  }
  return fields;
}

std::expected<void, Refusal> check_param_fields(const std::vector<ParamHeader>& declared, json::Value arguments,
                                                Fields fields) {
  for (const auto& header : declared) {
    auto argument = value_at(arguments, header.path);
    auto body = text_of(argument);
    if (!body) continue;
    if (count(fields, header.field) == 0) return mismatch(header.field, "", *body);
    for (const Field& field : fields) {
      auto value = find(Fields(&field, 1), header.field);
      if (!value) continue;
      auto decoded = decode_header_value(*value);
      if (!decoded || !equal(argument, *body, *decoded)) return mismatch(header.field, *value, *body);
    }
  }
  return {};
}

}  // namespace bw::mcp
