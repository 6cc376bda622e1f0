// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/event.h"
#include "async/loop.h"
#include "async/task.h"
#include "execution/upstreams.h"

namespace bw::gateway {

// Listens to upstreams on behalf of one client: to the ones that own the resources it subscribed to. An upstream that the
// registry has replaced meanwhile is listened to anew.
class UpstreamEar {
 public:
  UpstreamEar(async::Loop& loop, execution::Upstreams& upstreams, execution::Peer& peer)
      : loop_(loop), upstreams_(upstreams), peer_(peer) {}

  // Makes it so, and returns when every upstream is listening or has had `timeout_ms` for it. `uris`: by upstream; an upstream
  // without any is listened to as well, for what it says outside of calls.
  async::Task<void> follow(execution::Caller caller, std::map<std::string, std::vector<std::string>> uris,
                           std::int64_t timeout_ms);

  bool is_stale() const;  // whether follow() has something to do again
  void forget();

 private:
  struct Waiting {
    std::size_t left = 0;
    async::Event done;
  };
  static async::Task<void> follow_one(execution::Upstream* upstream, execution::Caller caller,
                                      std::vector<std::string> uris, execution::Peer* peer,
                                      std::shared_ptr<Waiting> waiting);

  async::Loop& loop_;
  execution::Upstreams& upstreams_;
  execution::Peer& peer_;
  std::map<std::string, execution::Upstream*> followed_;
  std::map<std::string, std::vector<std::string>> uris_;
};

}  // namespace bw::gateway
