// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "async/event.h"

namespace bw::gateway {

// Wakes the calls that wait for a ticket when something was decided about it. It knows nothing of the decision: whoever is
// woken reads the ticket again. Lives on the agents' loop.
class TicketBoard {
 public:
  // Set when the ticket changes next. Shared by all who wait for the same ticket.
  std::shared_ptr<async::Event> watch(const std::string& ticket) {
    auto& slot = waiting_[ticket];
    auto event = slot.lock();
    if (!event) slot = event = std::make_shared<async::Event>();
    return event;
  }

  void changed(std::string_view ticket) {
    auto found = waiting_.find(ticket);
    if (found == waiting_.end()) return;
    if (auto event = found->second.lock()) event->set();
    waiting_.erase(found);
  }

  // Forgets tickets that nobody waits for any more.
  void sweep() {
    std::erase_if(waiting_, [](const auto& entry) { return entry.second.expired(); });
  }

 private:
  std::map<std::string, std::weak_ptr<async::Event>, std::less<>> waiting_;
};

}  // namespace bw::gateway
