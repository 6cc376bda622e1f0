// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bw::http {

// An absolute http or https URL, taken apart strictly: no user information, no fragment, no backslash, no spaces; what
// different readers split differently is refused.
struct Url {
  bool tls = false;
  std::string host;  // lower case, IPv6 without brackets
  std::uint16_t port = 0;
  std::string target;  // "/path?query", at least "/"

  std::string authority() const;  // for the Host header: without the scheme's own port
  std::string origin() const;     // "https://host:port"
};

Result<Url> parse_url(std::string_view text);

}  // namespace bw::http
