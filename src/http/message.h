// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/headers.h"

namespace bw::http {

// A whole request, as it arrived: one owner, moved along. Nothing in it is decoded: `path()` is the raw path, so that what
// is compared is what was sent.
struct Request {
  std::string method;  // upper case
  std::string target;  // origin form, "/mcp/desk?x=1", or "*"
  Headers headers;
  std::string body;
  int version_minor = 1;     // HTTP/1.minor
  std::string peer_address;  // "127.0.0.1", "::1"
  bool tls = false;

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  std::string_view query() const {  // without the question mark
    auto at = target.find('?');
    return at == std::string::npos ? std::string_view() : std::string_view(target).substr(at + 1);
  }
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

Response json_response(int status, std::string body);

// {"error":"…"}: the form of every answer the HTTP front gives by itself.
Response error_response(int status, std::string_view message);

std::string_view reason_phrase(int status);  // "Not Found"; empty for a status without a name

// %XX decoding; nothing for a malformed escape or an encoded NUL.
std::optional<std::string> percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);  // everything but RFC 3986 unreserved characters

// The first value of `key` in "a=1&b=2", decoded ('+' is a space), or nothing when it is absent or malformed.
std::optional<std::string> query_value(std::string_view query, std::string_view key);

}  // namespace bw::http
