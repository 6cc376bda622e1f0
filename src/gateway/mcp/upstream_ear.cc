// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/upstream_ear.h"

#include <utility>

#include "base/log.h"

namespace bw::gateway {

async::Task<void> UpstreamEar::follow_one(execution::Upstream* upstream, execution::Caller caller,
                                          std::vector<std::string> uris, execution::Peer* peer,
                                          std::shared_ptr<Waiting> waiting) {
  std::string name(upstream->name());
  auto listening = co_await upstream->listen(std::move(caller), std::move(uris), peer);
  if (!listening) log::warn("upstream {}: cannot listen for a client: {}", name, listening.error().message);
  if (--waiting->left == 0) waiting->done.set();
}

async::Task<void> UpstreamEar::follow(execution::Caller caller, std::map<std::string, std::vector<std::string>> uris,
                                      std::int64_t timeout_ms) {
  auto waiting = std::make_shared<Waiting>();
  for (const auto& [name, of_upstream] : uris) {
    auto* upstream = upstreams_.find(name);
    auto known = followed_.find(name);
    if (upstream == nullptr) continue;
    if (known != followed_.end() && known->second == upstream && uris_[name] == of_upstream) continue;
    followed_[name] = upstream;
    ++waiting->left;
    async::spawn(loop_, follow_one(upstream, caller, of_upstream, &peer_, waiting));
  }
  uris_ = std::move(uris);
  if (waiting->left == 0) co_return;
  [[maybe_unused]] auto first = co_await async::wait_any(timeout_ms, waiting->done);
}

bool UpstreamEar::is_stale() const {
  for (const auto& [name, upstream] : followed_) {
    if (upstreams_.find(name) != upstream) return true;
  }
  return false;
}

void UpstreamEar::forget() {
  for (const auto& [name, upstream] : followed_) {
    if (auto* now = upstreams_.find(name); now == upstream) now->forget(&peer_);
  }
  followed_.clear();
  uris_.clear();
}

}  // namespace bw::gateway
