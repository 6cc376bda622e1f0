// SPDX-License-Identifier: Apache-2.0
#include "http/url.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "http/headers.h"

namespace bw::http {
namespace {

std::unexpected<Error> malformed(std::string_view what) {
  return fail(Code::invalid_argument, fmt::format("malformed URL: {}", what));
}

bool is_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
  });
}

bool is_ipv6(std::string_view host) {
  return host.find(':') != std::string_view::npos && std::ranges::all_of(host, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
         });
}

std::string bracketed(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

// "host", "host:port", "[v6]:port"; the port is what follows the colon.
Status parse_authority(std::string_view text, Url& url) {
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    auto close = text.find(']');
    if (close == std::string_view::npos) return malformed("host");
    url.host = lower_ascii(text.substr(1, close - 1));
    if (!is_ipv6(url.host)) return malformed("host");
    text.remove_prefix(close + 1);
    if (!text.empty() && text.front() != ':') return malformed("host");
    has_port = !text.empty();
    port = has_port ? text.substr(1) : text;
  } else {
    auto colon = text.find(':');
    url.host = lower_ascii(text.substr(0, colon));
    if (!is_name(url.host)) return malformed("host");
    has_port = colon != std::string_view::npos;
    if (has_port) port = text.substr(colon + 1);
  }
  url.port = url.tls ? 443 : 80;
  if (!has_port) return {};
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (error != std::errc() || end != port.data() + port.size() || url.port == 0) return malformed("port");
  return {};
}

}  // namespace

std::string Url::authority() const {
  if (port == (tls ? 443 : 80)) return bracketed(host);
  return fmt::format("{}:{}", bracketed(host), port);
}

std::string Url::origin() const { return fmt::format("{}://{}:{}", tls ? "https" : "http", bracketed(host), port); }

Result<Url> parse_url(std::string_view text) {
  Url url;
  if (equal_ignoring_case(text.substr(0, 8), "https://")) {
    url.tls = true;
    text.remove_prefix(8);
  } else if (equal_ignoring_case(text.substr(0, 7), "http://")) {
    text.remove_prefix(7);
  } else {
    return malformed("neither http nor https");
  }
  bool clean = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '\\' && c != '#'; });
  if (!clean) return malformed("character");
  auto authority = text.substr(0, text.find_first_of("/?"));
  BW_OK(parse_authority(authority, url));
  text.remove_prefix(authority.size());
  url.target = text.starts_with('/') ? std::string(text) : "/" + std::string(text);
  return url;
}

}  // namespace bw::http
