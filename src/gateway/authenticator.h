// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "domain/action.h"

namespace bw::gateway {

// Who presents a token. Every door asks the same one, before it looks at anything the caller sent.
//
// Errors: `unauthenticated` when the token is missing, unknown, expired or forged; `permission_denied` when the caller is
// known and may not come in (its agent was removed or switched off). The message is for the caller and names no secret.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual Result<domain::Principal> authenticate(std::string_view bearer_token) = 0;
  // Whether somebody who was let in before would be let in now. Errors as above.
  virtual Status admits(const domain::Principal& principal) const = 0;
};

}  // namespace bw::gateway
