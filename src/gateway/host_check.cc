// SPDX-License-Identifier: Apache-2.0
#include "gateway/host_check.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace bw::gateway {

namespace {

// "localhost:8080" without its port; "[::1]:8080" keeps its brackets. Empty when it is no host at all.
std::string_view without_port(std::string_view authority) {
  if (authority.starts_with('[')) {
    auto end = authority.find(']');
    if (end == std::string_view::npos) return {};
    auto rest = authority.substr(end + 1);
    return rest.empty() || rest.starts_with(':') ? authority.substr(0, end + 1) : std::string_view();
  }
  auto colon = authority.find(':');
  auto port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon + 1);
  if (!std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; })) return {};
  return authority.substr(0, colon);
}

// The authority of an Origin, "scheme://authority"; empty for "null" and anything else.
std::string_view authority_of(std::string_view origin) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return {};
}

}  // namespace

HostCheck::HostCheck(std::vector<std::string> hosts) : hosts_{"localhost", "127.0.0.1", "[::1]"} {
  for (const auto& host : hosts) hosts_.push_back(lower_ascii(host));
}

bool HostCheck::is_ours(std::string_view host) const {
  return !host.empty() && std::ranges::find(hosts_, lower_ascii(host)) != hosts_.end();
}

bool HostCheck::admits(const http::Headers& headers) const {
  auto host = headers.find("host");
  if (!host || headers.count("host") != 1 || !is_ours(without_port(*host))) return false;
  auto origins = headers.count("origin");
  if (origins == 0) return true;
  return origins == 1 && is_ours(without_port(authority_of(*headers.find("origin"))));
}

}  // namespace bw::gateway
