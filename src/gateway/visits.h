// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>

#include "async/event.h"
#include "domain/action.h"
#include "gateway/authenticator.h"

namespace bw::gateway {

class Visit;

// Who has something open at a door: a stream, a session, a call that waits. They were let in when they came; that can end
// while they are here, because their token was revoked or expired, or because the registry changed. On the agents' loop,
// whose tasks it outlives.
class Visits {
 public:
  explicit Visits(const Authenticator& authenticator) : authenticator_(authenticator) {}

  // Ends the visits of all who would not be let in now.
  void recheck();

 private:
  friend class Visit;
  const Authenticator& authenticator_;
  std::list<Visit*> open_;
};

// One of them, for as long as it lives.
class Visit {
 public:
  // `told` is called in the moment the visit is over; it may not destroy a visit.
  Visit(Visits& all, domain::Principal principal, std::function<void()> told = {});
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  const domain::Principal& principal() const { return principal_; }
  // The same agent came with another token, which is the one that counts from now on.
  void renew(domain::Principal principal) { principal_ = std::move(principal); }
  async::Event& over() { return over_; }

 private:
  friend class Visits;
  Visits& all_;
  std::list<Visit*>::iterator place_;
  domain::Principal principal_;
  std::function<void()> told_;
  async::Event over_;
};

}  // namespace bw::gateway
