// SPDX-License-Identifier: Apache-2.0
#include "http/head.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace bw::http {
namespace {

using Unexpected = std::unexpected<Refusal>;

Unexpected refuse(std::string_view message, int status = 400) { return Unexpected(Refusal{status, message}); }

// Takes the next line off `rest`. The scanner has seen that every line of a head ends in CRLF.
std::string_view take_line(std::string_view& rest) {
  auto end = rest.find('\n');
  auto line = rest.substr(0, end - 1);
  rest.remove_prefix(end + 1);
  return line;
}

std::string_view trim_space(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

// What the fields that frame a message say, gathered while they are read.
struct FramingFields {
  std::size_t hosts = 0;
  std::string_view host;
  std::size_t lengths = 0;
  std::optional<std::uint64_t> length;
  std::size_t codings = 0;
  bool chunked = false;
  bool close = false;
  bool keep_alive = false;
  std::optional<std::string_view> expect;

  void note(Headers::Field field) {
    auto is = [&](std::string_view name) { return equal_ignoring_case(field.name, name); };
    switch (field.name.size()) {
      case 4:
        if (is("host")) host = field.value, ++hosts;
        break;
      case 6:
        if (is("expect")) expect = field.value;
        break;
      case 10:
        if (is("connection")) note_connection(field.value);
        break;
      case 14:
        if (is("content-length")) length = parse_length(field.value), ++lengths;
        break;
      case 17:
        if (is("transfer-encoding")) chunked = equal_ignoring_case(field.value, "chunked"), ++codings;
        break;
      default: break;
    }
  }

  void note_connection(std::string_view value) {
    while (!value.empty()) {
      auto comma = std::min(value.find(','), value.size());
      auto token = trim_space(value.substr(0, comma));
      close = close || equal_ignoring_case(token, "close");
      keep_alive = keep_alive || equal_ignoring_case(token, "keep-alive");
      value.remove_prefix(std::min(comma + 1, value.size()));
    }
  }

  bool stays_open(int version_minor) const { return !close && (version_minor >= 1 || keep_alive); }
};

std::expected<FramingFields, Refusal> parse_fields(std::string_view rest, const HeadLimits& limits, Headers& headers) {
  FramingFields framing;
  headers.reserve(16, rest.size());
  while (true) {
    auto line = take_line(rest);
    if (line.empty()) return framing;
    if (headers.size() == limits.fields_max) return refuse("too many headers", 431);
    auto field = parse_field(line);
    if (!field) return Unexpected(field.error());
    framing.note(*field);
    headers.add(field->name, field->value);
  }
}

// RFC 9112 section 6.3, without its leniences.
std::expected<Framing, Refusal> frame(const FramingFields& fields, int version_minor) {
  if (fields.lengths > 1) return refuse("more than one content-length");
  if (fields.lengths == 1 && !fields.length) return refuse("malformed content-length");
  if (fields.codings == 0) {
    if (!fields.length) return Framing{};
    return Framing{Framing::Kind::length, *fields.length};
  }
  if (fields.lengths > 0) return refuse("both content-length and transfer-encoding");
  if (fields.codings > 1 || !fields.chunked) return refuse("transfer-encoding other than chunked");
  if (version_minor == 0) return refuse("transfer-encoding in HTTP/1.0");
  return Framing{Framing::Kind::chunked, 0};
}

std::expected<int, Refusal> parse_version(std::string_view text) {
  if (text == "HTTP/1.1") return 1;
  if (text == "HTTP/1.0") return 0;
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  bool other = text.size() == 8 && text.starts_with("HTTP/") && digit(text[5]) && text[6] == '.' && digit(text[7]);
  return other ? refuse("HTTP version other than 1.1", 505) : refuse("malformed request line");
}

std::optional<Refusal> check_method(std::string_view method) {
  static constexpr std::array<std::string_view, 7> kKnown{"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"};
  if (std::ranges::find(kKnown, method) != kKnown.end()) return std::nullopt;
  bool upper = !method.empty() && std::ranges::all_of(method, [](char c) { return c >= 'A' && c <= 'Z'; });
  return upper ? Refusal{501, "method not supported"} : Refusal{400, "malformed method"};
}

// Printable ASCII without the characters that path comparisons trip over.
bool is_target_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '\\'; });
}

bool is_host_text(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
           c == '_' || c == ':' || c == '[' || c == ']';
  });
}

// Brings absolute form into origin form, when its authority is the Host's.
std::optional<Refusal> settle_target(Request& request, const FramingFields& fields) {
  std::string& target = request.target;
  if (target.starts_with('/')) return std::nullopt;
  if (target == "*" && request.method == "OPTIONS") return std::nullopt;
  std::string_view rest = target;
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(rest.substr(0, scheme.size()), scheme)) continue;
    rest.remove_prefix(scheme.size());
    auto authority = rest.substr(0, rest.find_first_of("/?"));
    if (!equal_ignoring_case(authority, fields.host)) return Refusal{400, "target and host differ"};
    rest.remove_prefix(authority.size());
    target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
    return std::nullopt;
  }
  return Refusal{400, "malformed target"};
}

std::optional<Refusal> parse_request_line(std::string_view line, const HeadLimits& limits, Request& request) {
  auto first = line.find(' ');
  auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Refusal{400, "malformed request line"};
  auto method = line.substr(0, first), target = line.substr(first + 1, last - first - 1);
  auto version = parse_version(line.substr(last + 1));
  if (!version) return version.error();
  if (auto wrong = check_method(method)) return wrong;
  if (target.size() > limits.target_bytes_max) return Refusal{414, "target too long"};
  if (target.empty() || !is_target_text(target)) return Refusal{400, "malformed target"};
  request.method = method;
  request.target = target;
  request.version_minor = *version;
  return std::nullopt;
}

std::optional<Refusal> check_host(const FramingFields& fields, int version_minor) {
  if (fields.hosts > 1) return Refusal{400, "more than one host"};
  if (fields.hosts == 0) return version_minor == 0 ? std::nullopt : std::optional(Refusal{400, "no host"});
  return is_host_text(fields.host) ? std::nullopt : std::optional(Refusal{400, "malformed host"});
}

}  // namespace

std::expected<std::optional<std::size_t>, Refusal> HeadScanner::scan(std::string_view bytes, std::size_t bytes_max) {
  if (bytes.empty()) return std::nullopt;
  // Methods and "HTTP" are capitals: a TLS client on a plain port is told at once, not after it has waited.
  if (scanned_ == 0 && (bytes[0] < 'A' || bytes[0] > 'Z')) return refuse("not HTTP/1.1");
  while (true) {
    const void* found = std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_);
    if (!found) break;
    auto end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (end == line_ || bytes[end - 1] != '\r') return refuse("line does not end in CRLF");
    bool blank = end == line_ + 1;
    if (!blank && bytes[end - 2] == '\r') return refuse("line does not end in CRLF");
    line_ = scanned_ = end + 1;
    if (line_ > bytes_max) return refuse("headers too large", 431);
    if (blank) return line_;
  }
  scanned_ = bytes.size();
  if (bytes.size() >= bytes_max) return refuse("headers too large", 431);
  return std::nullopt;
}

std::expected<Headers::Field, Refusal> parse_field(std::string_view line) {
  auto colon = line.find(':');
  if (colon == std::string_view::npos) return refuse("header without a colon");
  Headers::Field field{line.substr(0, colon), trim_space(line.substr(colon + 1))};
  // A name with space before it is a folded line, with space behind it a smuggling attempt; neither is a token.
  if (!is_token(field.name)) return refuse("malformed header name");
  if (!is_field_value(field.value)) return refuse("malformed header value");
  return field;
}

std::expected<RequestHead, Refusal> parse_request_head(std::string_view head, const HeadLimits& limits) {
  RequestHead result;
  Request& request = result.request;
  if (auto wrong = parse_request_line(take_line(head), limits, request)) return Unexpected(*wrong);
  auto fields = parse_fields(head, limits, request.headers);
  if (!fields) return Unexpected(fields.error());
  if (auto wrong = check_host(*fields, request.version_minor)) return Unexpected(*wrong);
  if (auto wrong = settle_target(request, *fields)) return Unexpected(*wrong);
  auto framing = frame(*fields, request.version_minor);
  if (!framing) return Unexpected(framing.error());
  result.framing = *framing;
  result.keep_alive = request.version_minor >= 1 && !fields->close;  // HTTP/1.0 gets one answer
  if (fields->expect) {
    if (!equal_ignoring_case(*fields->expect, "100-continue")) return refuse("unknown expectation", 417);
    result.expects_continue = request.version_minor >= 1;
  }
  return result;
}

std::expected<ResponseHead, Refusal> parse_response_head(std::string_view head, const HeadLimits& limits,
                                                         bool to_head_request) {
  ResponseHead result;
  auto line = take_line(head);
  auto version = parse_version(line.substr(0, line.find(' ')));
  if (!version) return Unexpected(version.error());
  auto digit = [&](std::size_t i) { return line[i] >= '0' && line[i] <= '9'; };
  bool shaped = line.size() >= 12 && line[8] == ' ' && digit(9) && digit(10) && digit(11) && line[9] != '0' &&
                (line.size() == 12 || line[12] == ' ');
  if (!shaped || (line.size() > 13 && !is_field_value(trim_space(line.substr(13)))))
    return refuse("malformed status line");
  result.version_minor = *version;
  result.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  auto fields = parse_fields(head, limits, result.headers);
  if (!fields) return Unexpected(fields.error());
  auto framing = frame(*fields, *version);
  if (!framing) return Unexpected(framing.error());
  bool no_body = to_head_request || result.status < 200 || result.status == 204 || result.status == 304;
  bool to_the_end = fields->lengths == 0 && fields->codings == 0;
  result.framing = no_body ? Framing{} : to_the_end ? Framing{Framing::Kind::until_close, 0} : *framing;
  result.keep_alive = fields->stays_open(*version) && result.framing.kind != Framing::Kind::until_close;
  return result;
}

}  // namespace bw::http
