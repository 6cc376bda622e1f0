// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "execution/upstreams.h"

namespace bw::gateway {

// Tells whoever listens on behalf of agents that a list may have changed: because an upstream said so, came up with other
// lists than before, or because the registry changed. Made before the upstreams and the doors, and outlives both:
//
//   ListChanges changes;
//   auto upstreams = execution::make_upstreams(loop, changes);
//   changes.watch(*upstreams);
class ListChanges final : public execution::Listener {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void list_changed(std::string_view method) = 0;  // notifications/tools/list_changed, …
    virtual void health_changed(std::string_view) {}         // of this upstream; its new lists were told before
  };

  void watch(execution::Upstreams& upstreams) { upstreams_ = &upstreams; }
  void add(Observer& observer) { observers_.push_back(&observer); }
  void remove(Observer& observer) { std::erase(observers_, &observer); }

  // Another snapshot is live, or a person accepted a changed definition.
  void everything_changed();

  void catalog_changed(std::string_view upstream, std::string_view method) override;
  void health_changed(std::string_view upstream) override;

 private:
  void tell(std::string_view method);
  void look_at(std::string_view upstream);

  execution::Upstreams* upstreams_ = nullptr;
  std::vector<Observer*> observers_;
  std::map<std::string, std::weak_ptr<const execution::Catalog>, std::less<>> seen_;  // by upstream
};

}  // namespace bw::gateway
