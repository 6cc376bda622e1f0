// SPDX-License-Identifier: Apache-2.0
#include "mcp/message.h"

#include <optional>
#include <utility>

#include "mcp/protocol.h"

namespace bw::mcp {
namespace {

bool is_id(json::Value value) { return value.is(json::Kind::string) || value.is(json::Kind::number); }

// What the message's members say is wrong with it, or nothing.
std::optional<std::string> fault(json::Value root) {
  if (root["jsonrpc"].string() != "2.0") return "`jsonrpc` must be \"2.0\"";
  auto id = root["id"], method = root["method"], params = root["params"], result = root["result"],
       error = root["error"];
  if (method) {
    if (!method.is(json::Kind::string)) return "`method` must be a string";
    if (id && !is_id(id)) return "`id` must be a string or a number";
    if (params && !params.is(json::Kind::object)) return "`params` must be an object";
    if (result || error) return "a message with `method` has neither `result` nor `error`";
    return std::nullopt;
  }
  if (result.exists() == error.exists()) return "a message has either `method`, `result` or `error`";
  if (result) {
    if (!is_id(id)) return "a result needs the `id` of its request";
    if (!result.is(json::Kind::object)) return "`result` must be an object";
    return std::nullopt;
  }
  if (id && !is_id(id) && !id.is(json::Kind::null)) return "`id` must be a string or a number";
  if (!error["code"].integer() || !error["message"].string()) return "`error` needs a `code` and a `message`";
  return std::nullopt;
}

Message::Kind kind_of(json::Value root) {
  if (root["method"]) return root["id"] ? Message::Kind::request : Message::Kind::notification;
  return root["result"] ? Message::Kind::result : Message::Kind::error;
}

}  // namespace

std::expected<Message, Malformed> read_message(json::Document document) {
  auto root = document.root();
  if (root.is(json::Kind::array)) {
    return std::unexpected(
        Malformed{code::invalid_request, "batches are no part of this protocol; send one message at a time"});
  }
  if (!root.is(json::Kind::object))
    return std::unexpected(Malformed{code::invalid_request, "a message is a JSON object"});
  if (auto wrong = fault(root)) {
    Malformed malformed{code::invalid_request, *wrong};
    if (is_id(root["id"])) malformed.id = root["id"].raw();
    return std::unexpected(std::move(malformed));
  }
  auto kind = kind_of(root);
  auto id = root["id"].raw();
  auto method = root["method"].string().value_or(std::string_view{});
  if (kind == Message::Kind::error && id.empty()) id = "null";
  return Message{kind, id, method, root["params"], root["result"], root["error"], std::move(document)};
}

std::expected<Message, Malformed> parse_message(std::string text, const json::Limits& limits) {
  auto document = json::Document::parse(std::move(text), limits);
  if (!document) return std::unexpected(Malformed{code::parse_error, std::move(document).error().message});
  return read_message(std::move(*document));
}

}  // namespace bw::mcp
