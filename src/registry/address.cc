// SPDX-License-Identifier: Apache-2.0
#include "registry/address.h"

#include <fmt/format.h>

#include "base/text.h"

namespace bw::registry {
namespace {

// What stands between `://` and the path, or empty.
std::string_view authority_of(std::string_view url) {
  auto start = url.find("://");
  auto rest = start == std::string_view::npos ? url : url.substr(start + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

std::string_view host_of(std::string_view url) {
  auto authority = authority_of(url);
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

}  // namespace

bool check_address(Review& review, const Span& where, std::string_view url) {
  if (authority_of(url).find('@') != std::string_view::npos) {
    review.error(where, "a URL must not carry a user or password",
                 "use `credential`, which keeps the secret out of the registry");
    return false;
  }
  bool known = url.starts_with("http://") || url.starts_with("https://");
  if (!known || host_of(url).empty() || url.find_first_of(" \t") != std::string_view::npos) {
    review.error(where, fmt::format("`{}` is no URL to connect to", printable(url, 120)), "expected https://HOST/PATH");
    return false;
  }
  return true;
}

bool leaves_in_the_clear(std::string_view url) {
  auto host = host_of(url);
  return url.starts_with("http://") && host != "localhost" && host != "[::1]" && !host.starts_with("127.");
}

}  // namespace bw::registry
