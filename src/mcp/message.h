// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "json/document.h"

namespace bw::mcp {

// One JSON-RPC 2.0 message as it came, checked strictly: `jsonrpc` is "2.0", `id` a string or a number (kept as its own
// bytes, so that it goes back as it came), `method` a string, `params` an object. Batches are refused: no revision since
// 2025-06-18 has them. Unknown members are let pass.
//
//   auto message = mcp::parse_message(std::move(body));
//   if (!message) return answer(400, mcp::error_response(message.error()));
//   if (message->is_request() && message->method == mcp::method::tools_call) …
//
// The views point into `document`; moving the message keeps them valid.
struct Message {
  enum class Kind { request, notification, result, error };
  Kind kind = Kind::notification;
  std::string_view id;  // JSON; empty for a notification, "null" for an error whose request is unknown
  std::string_view method;
  json::Value params;  // an object, or absent
  json::Value result;  // of kind result: an object
  json::Value error;   // of kind error: an object with an integer `code` and a string `message`
  json::Document document;

  bool is_request() const { return kind == Kind::request; }
  bool is_response() const { return kind == Kind::result || kind == Kind::error; }
};

// Why a text is no message: the JSON-RPC code to answer with, and the id when one could be read ("null" otherwise).
struct Malformed {
  int code = 0;
  std::string message;
  std::string id = "null";
};

std::expected<Message, Malformed> parse_message(std::string text, const json::Limits& limits = {});

// The same over a document that was parsed already.
std::expected<Message, Malformed> read_message(json::Document document);

}  // namespace bw::mcp
