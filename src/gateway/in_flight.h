// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <list>
#include <set>

#include "async/event.h"
#include "domain/action.h"
#include "domain/scope.h"

namespace bw::gateway {

// Actions between admission and outcome. When a switch is set, those in its scope that have not reached their upstream yet
// (they wait in line, or for a connection) are stopped: from the switch's acknowledgement on, nothing in scope is sent. What
// was sent before goes on, so that its outcome is known. What begins while a switch is set is stopped from the start: that
// is how look-ups of facts, which no commit admits, meet it. Lives on the agents' loop.
class InFlight {
 public:
  class Entry {
   public:
    // `action` outlives the entry, or at least the call that it stands for.
    Entry(InFlight& all, const domain::Action& action)
        : all_(all), place_(all.entries_.insert(all.entries_.end(), this)), action_(action) {
      if (all_.is_stopped(action_)) stopped_.set();
    }
    ~Entry() { all_.entries_.erase(place_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    async::Event& stopped() { return stopped_; }

   private:
    friend class InFlight;
    InFlight& all_;
    std::list<Entry*>::iterator place_;
    const domain::Action& action_;
    async::Event stopped_;
  };

  void resume(const domain::Scope& scope) { on_.erase(scope); }
  void stop(const domain::Scope& scope) {
    on_.insert(scope);
    for (Entry* entry : entries_) {
      if (covers(scope, entry->action_)) entry->stopped_.set();
    }
  }

 private:
  static bool covers(const domain::Scope& scope, const domain::Action& action) {
    switch (scope.kind) {
      case domain::Scope::Kind::everything: return true;
      case domain::Scope::Kind::upstream: return action.upstream == scope.name;
      case domain::Scope::Kind::tool: return action.name == scope.name;
      case domain::Scope::Kind::workflow: return action.principal.workflow == scope.name;
      case domain::Scope::Kind::agent: return action.principal.agent == scope.name;
      case domain::Scope::Kind::run: return action.run == scope.name;
    }
    return true;
  }

  bool is_stopped(const domain::Action& action) const {
    return std::ranges::any_of(on_, [&](const domain::Scope& scope) { return covers(scope, action); });
  }

  std::list<Entry*> entries_;
  std::set<domain::Scope> on_;
};

}  // namespace bw::gateway
