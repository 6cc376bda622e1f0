// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/headers.h"

namespace bw::gateway {

// Keeps web pages from reaching the gateway through a browser (DNS rebinding): the Host field, and Origin where there is
// one, must name a host that this listener is known by. Ports are not compared.
class HostCheck {
 public:
  // Loopback names always pass; `hosts` are further ones, without port.
  explicit HostCheck(std::vector<std::string> hosts);

  bool admits(const http::Headers& headers) const;

 private:
  bool is_ours(std::string_view host) const;

  std::vector<std::string> hosts_;  // lower case
};

}  // namespace bw::gateway
