// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "domain/action.h"
#include "gateway/authenticator.h"
#include "gateway/host_check.h"
#include "http/headers.h"

namespace bw::gateway {

// Why somebody does not come in. `challenge` is the WWW-Authenticate field of a 401 (RFC 6750 section 3), or empty.
struct TurnedAway {
  int status = 401;
  std::string message;
  std::string challenge;
};

// What every door of the agents' listener looks at first: is the request addressed to this host, and whose token is it.
class Entrance {
 public:
  // `hosts`: as for HostCheck.
  Entrance(Authenticator& authenticator, std::vector<std::string> hosts)
      : authenticator_(authenticator), hosts_(std::move(hosts)) {}

  std::expected<domain::Principal, TurnedAway> admit(const http::Headers& headers) const;

 private:
  Authenticator& authenticator_;
  HostCheck hosts_;
};

// Whether the body is declared as JSON. Anything else could be sent by a form of a foreign web page without the browser
// asking first.
bool declares_json(const http::Headers& headers);

}  // namespace bw::gateway
