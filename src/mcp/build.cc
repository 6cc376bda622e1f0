// SPDX-License-Identifier: Apache-2.0
#include "mcp/build.h"

#include <fmt/format.h>

#include "json/writer.h"

namespace bw::mcp {
namespace {
constexpr std::size_t kFrame = 64;  // room for the members around the payload

std::string begin(std::size_t payload) {
  std::string text;
  text.reserve(payload + kFrame);
  text += R"({"jsonrpc":"2.0")";
  return text;
}

void append(std::string& text, std::string_view key, std::string_view value) {
  text += ",\"";
  text += key;
  text += "\":";
  text += value;
}

void append_call(std::string& text, std::string_view method, std::string_view params) {
  text += ",\"method\":";
  json::append_quoted(text, method);
  if (!params.empty()) append(text, "params", params);
  text += '}';
}
}  // namespace

std::string request_text(std::string_view id, std::string_view method, std::string_view params) {
  auto text = begin(id.size() + method.size() + params.size());
  append(text, "id", id);
  append_call(text, method, params);
  return text;
}

std::string notification_text(std::string_view method, std::string_view params) {
  auto text = begin(method.size() + params.size());
  append_call(text, method, params);
  return text;
}

std::string result_response(std::string_view id, std::string_view result) {
  auto text = begin(id.size() + result.size());
  append(text, "id", id);
  append(text, "result", result);
  text += '}';
  return text;
}

std::string error_response(std::string_view id, std::string_view error_object) {
  auto text = begin(id.size() + error_object.size());
  append(text, "id", id.empty() ? "null" : id);
  append(text, "error", error_object);
  text += '}';
  return text;
}

std::string error_response(std::string_view id, int code, std::string_view message, std::string_view data) {
  return error_response(id, error_object(code, message, data));
}

std::string error_response(const Malformed& malformed) {
  return error_response(malformed.id, malformed.code, malformed.message);
}

std::string error_object(int code, std::string_view message, std::string_view data) {
  json::Writer w;
  w.begin_object().member("code", code).member("message", message);
  if (!data.empty()) w.member_raw("data", data);
  w.end_object();
  return std::move(w).text();
}

}  // namespace bw::mcp
