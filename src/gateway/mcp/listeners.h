// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "gateway/list_changes.h"
#include "gateway/mcp/ask.h"
#include "gateway/mcp/door_parts.h"
#include "gateway/mcp/rpc.h"
#include "http/handler.h"

namespace bw::gateway {

class Listener;

// Open `subscriptions/listen` streams of stateless clients. A stream begins with an acknowledgement of what it will tell;
// by then the upstreams are listening, so that a change which somebody makes right after it is not missed. It ends when
// the client goes away, or with an empty result when the server stops or the client's token ends.
class Listeners final : public ListChanges::Observer {
 public:
  Listeners(McpParts parts, const McpLimits& limits);
  ~Listeners() override;

  async::Task<void> listen(Ask ask, http::ResponseWriter& writer);

  void list_changed(std::string_view method) override;

 private:
  bool is_full(const domain::Principal& principal) const;
  async::Task<void> serve(std::shared_ptr<Listener> listener, http::ResponseWriter& writer);

  McpParts parts_;
  const McpLimits& limits_;
  std::vector<std::shared_ptr<Listener>> open_;
};

}  // namespace bw::gateway
