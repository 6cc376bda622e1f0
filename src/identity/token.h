// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/ed25519.h"

namespace bw::identity {

// What an agent's token says. Signed as a JSON Web Token (RFC 7519) with EdDSA over Ed25519 (RFC 8037): header
// {"alg":"EdDSA","typ":"JWT"}, claims iss "bailiwick", sub (agent), wf (workflow), env, jti, iat, exp (seconds).
struct Claims {
  std::string id;  // jti: tok_…
  std::string agent;
  std::string workflow;
  std::string environment;
  std::int64_t issued_at_ms = 0;
  std::int64_t expires_at_ms = 0;
};

std::string sign_token(const crypto::SigningKey& key, const Claims& claims);

// Errors: unauthenticated for what is no token of this key, in whatever way; the message never repeats the token. Only the
// one algorithm and the one key are known: nothing in the token chooses them. Expiry is the caller's to judge.
Result<Claims> verify_token(const crypto::VerifyKey& key, std::string_view token);

}  // namespace bw::identity
