// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "async/event.h"
#include "async/task.h"
#include "gateway/mcp/ask.h"
#include "gateway/mcp/door_parts.h"

namespace bw::gateway {

// An upstream that was declared just now, at start or by apply, has not said yet what it offers. Whoever asks for that in
// this moment waits for it a little: most clients list once, and one that was started together with the gateway would
// find nothing. Lives on the door's loop.
class Arrivals final : public ListChanges::Observer {
 public:
  // Enough for a local server to start and be listed, and less than any client's patience. It counts from the moment the
  // upstream was declared: one that hangs costs its callers this much in all, and costs those who do not use it nothing.
  static constexpr std::int64_t kFirstListMs = 2'000;

  explicit Arrivals(McpParts parts);
  ~Arrivals() override;

  // The upstreams on which the answer to `ask` may depend. Empty, and cheap, when none at all is expected any more.
  std::vector<std::string> expected_by(const Ask& ask);
  // Returns when each of these has been listed, has failed, or has had its time.
  async::Task<void> wait(std::vector<std::string> upstreams);

  void list_changed(std::string_view) override { changed(); }
  void health_changed(std::string_view) override { changed(); }

 private:
  void changed();
  std::int64_t expected_for_ms(const execution::Upstream& upstream) const;
  std::int64_t expected_for_ms(const std::vector<std::string>& upstreams) const;
  bool is_any_expected();

  McpParts parts_;
  bool all_came_ = false;  // none was expected when it was last looked at, and nothing has changed since
  async::Event news_;      // pulsed
};

}  // namespace bw::gateway
