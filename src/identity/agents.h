// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/ed25519.h"
#include "domain/action.h"
#include "identity/token.h"
#include "registry/snapshot.h"

namespace bw::identity {

// Says which agent a token speaks for. Lives on the agents' loop.
//
// The signature of a token is checked once and remembered by the SHA-256 of the whole token; its expiry, its revocation
// and whether the registry still knows the agent and the workflow are looked at on every call. Admission looks at
// revocation again inside its commit: here it only spares a revoked agent the lists.
class Agents {
 public:
  Agents(crypto::VerifyKey key, const Clock& clock) : key_(std::move(key)), clock_(clock) {}

  void set_snapshot(std::shared_ptr<const registry::Snapshot> snapshot) { snapshot_ = std::move(snapshot); }
  void revoke_token(std::string id) { revoked_.insert(std::move(id)); }

  // Errors: unauthenticated for no, an expired, revoked or foreign token; permission_denied when the registry no longer
  // lets this agent act in this workflow, or in this environment.
  Result<domain::Principal> authenticate(std::string_view bearer);
  // The same of somebody who was let in before, without the token.
  Status admits(const domain::Principal& principal) const;

 private:
  Result<Claims> verify(std::string_view token);
  void remember_end(const Claims& claims);

  crypto::VerifyKey key_;
  const Clock& clock_;
  std::shared_ptr<const registry::Snapshot> snapshot_;
  std::set<std::string, std::less<>> revoked_;
  std::unordered_map<std::string, Claims> verified_;  // by SHA-256 of the token; emptied when it grows too large
  // When each token ends that was presented, by its id. Those that ended are dropped when it has grown to `sweep_at_`.
  std::unordered_map<std::string, std::int64_t> ends_ms_;
  std::size_t sweep_at_ = 10'000;
};

// What `token issue` asks for, completed from the registry: without a workflow the only one the agent is in, without an
// environment the only one both may act in. Errors: not_found, failed_precondition naming the choices.
Result<Claims> complete_claims(const registry::Snapshot& snapshot, Claims wanted);

}  // namespace bw::identity
