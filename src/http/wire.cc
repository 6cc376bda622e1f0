// SPDX-License-Identifier: Apache-2.0
#include "http/wire.h"

#include <algorithm>
#include <charconv>

namespace bw::http {
namespace {

void append_number(std::string& out, std::size_t value, int base = 10) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
  out.append(digits, end);
}

bool is_framing_field(std::string_view name) {
  switch (name.size()) {
    case 10: return equal_ignoring_case(name, "connection") || equal_ignoring_case(name, "keep-alive");
    case 14: return equal_ignoring_case(name, "content-length");
    case 17: return equal_ignoring_case(name, "transfer-encoding");
    default: return false;
  }
}

void append_clean(std::string& out, std::string_view text) {
  for (char c : text) {
    auto u = static_cast<unsigned char>(c);
    out += (u < 0x20 && c != '\t') || u == 0x7f ? ' ' : c;
  }
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

void append_response_head(std::string& out, int status, const Headers& headers, BodyForm form, std::size_t body_bytes,
                          bool keep_alive, std::string_view date) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::size_t>(status));
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
  for (auto [name, value] : headers) {
    if (is_framing_field(name) || !is_token(name)) continue;
    out += name;
    out += ": ";
    append_clean(out, value);
    out += "\r\n";
  }
  out += date;
  if (!keep_alive) out += "connection: close\r\n";
  if (form == BodyForm::chunked) out += "transfer-encoding: chunked\r\n";
  if (form == BodyForm::length && has_body(status)) {
    out += "content-length: ";
    append_number(out, body_bytes);
    out += "\r\n";
  }
  out += "\r\n";
}

void append_chunk(std::string& out, std::string_view piece) {
  if (piece.empty()) return;  // an empty chunk would end the body
  append_number(out, piece.size(), 16);
  out += "\r\n";
  out += piece;
  out += "\r\n";
}

Status append_request_head(std::string& out, std::string_view method, std::string_view target,
                           std::string_view authority, const Headers& headers, std::size_t body_bytes) {
  if (!is_token(method)) return fail(Code::invalid_argument, "malformed method");
  out += method;
  out += ' ';
  out += target;
  out += " HTTP/1.1\r\nhost: ";
  out += authority;
  out += "\r\n";
  for (auto [name, value] : headers) {
    if (is_framing_field(name) || equal_ignoring_case(name, "host")) continue;
    if (!is_token(name) || !is_field_value(value)) return fail(Code::invalid_argument, "malformed header");
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (body_bytes > 0 || method == "POST" || method == "PUT" || method == "PATCH") {
    out += "content-length: ";
    append_number(out, body_bytes);
    out += "\r\n";
  }
  out += "\r\n";
  return {};
}

}  // namespace bw::http
