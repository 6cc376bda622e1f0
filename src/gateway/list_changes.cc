// SPDX-License-Identifier: Apache-2.0
#include "gateway/list_changes.h"

#include "mcp/protocol.h"

namespace bw::gateway {

void ListChanges::tell(std::string_view method) {
  for (auto* observer : std::vector(observers_)) observer->list_changed(method);
}

void ListChanges::everything_changed() {
  for (auto method :
       {mcp::notification::tools_changed, mcp::notification::resources_changed, mcp::notification::prompts_changed}) {
    tell(method);
  }
}

void ListChanges::catalog_changed(std::string_view upstream, std::string_view method) {
  auto* at = upstreams_ == nullptr ? nullptr : upstreams_->find(upstream);
  if (at != nullptr) seen_[std::string(upstream)] = at->catalog();
  tell(method);
}

void ListChanges::health_changed(std::string_view upstream) {
  look_at(upstream);
  for (auto* observer : std::vector(observers_)) observer->health_changed(upstream);
}

// What is listed depends on what an upstream offered last, not on whether it answers at this moment.
void ListChanges::look_at(std::string_view upstream) {
  auto* at = upstreams_ == nullptr ? nullptr : upstreams_->find(upstream);
  if (at == nullptr || at->health().state != execution::Health::State::ready) return;
  auto& seen = seen_[std::string(upstream)];
  auto now = at->catalog();
  if (seen.lock() == now) return;
  seen = now;
  everything_changed();
}

}  // namespace bw::gateway
