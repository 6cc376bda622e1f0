// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/timer.h"
#include "gateway/list_changes.h"
#include "gateway/mcp/ask.h"
#include "gateway/mcp/companions.h"
#include "gateway/mcp/door_parts.h"
#include "gateway/mcp/methods.h"
#include "gateway/mcp/post_answer.h"
#include "gateway/mcp/session.h"
#include "gateway/mcp/stream_reader.h"
#include "http/message.h"

namespace bw::gateway {

// The older generation of MCP (2025-11-25 and before): a client says hello once, and every later request names the session
// it got. https://modelcontextprotocol.io/specification/2025-11-25
//
// A session belongs to the principal that opened it; to anybody else it does not exist. A request that is not answered at
// once is answered on a stream of events, which its client may leave and resume: a closed connection cancels nothing.
class Sessions final : public ListChanges::Observer {
 public:
  Sessions(McpParts parts, const McpOptions& options, Methods& methods, Companions& companions);
  ~Sessions() override;

  // A message that was posted. `ask` has its message and principal; the session gives the rest.
  async::Task<void> post(Ask ask, http::Headers headers, http::ResponseWriter& writer);
  async::Task<void> get(domain::Principal principal, http::Headers headers, http::ResponseWriter& writer);
  http::Response end(const domain::Principal& principal, const http::Headers& headers);

  void list_changed(std::string_view method) override { burst_.add(method); }
  void sweep();
  std::size_t size() const { return sessions_.size(); }

 private:
  // Changes of lists, kept back for a moment: when upstreams come up or a registry goes live there are many, and each would
  // have every client list anew.
  class Burst final : public async::Timer {
   public:
    explicit Burst(Sessions& sessions);
    void add(std::string_view method);

   private:
    void expired() override;
    Sessions& sessions_;
    std::vector<std::string> methods_;
  };
  using Found = std::expected<std::shared_ptr<Session>, http::Response>;
  Found find(const domain::Principal& principal, const http::Headers& headers) const;
  http::Response open(const Ask& ask);
  bool make_room(const domain::Principal& principal);

  void take_notification(Session& session, const mcp::Message& message);
  async::Task<RpcResult> ask_for(std::shared_ptr<Session> session, Ask ask);
  async::Task<RpcResult> subscribe(std::shared_ptr<Session> session, Ask ask);
  RpcResult set_level(Session& session, const Ask& ask);

  async::Task<void> act(std::shared_ptr<Session> session, Ask ask, Form form, http::ResponseWriter& writer);
  async::Task<void> carry_out(std::shared_ptr<Session> session, std::shared_ptr<SessionStream> stream,
                              std::shared_ptr<SessionCall> call, AskedAction asked, std::string id);
  async::Task<void> call_companion(std::shared_ptr<Session> session, std::shared_ptr<SessionStream> stream,
                                   std::shared_ptr<SessionCall> call, Ask ask, std::string id);
  void settle(Session& session, SessionStream& stream, const SessionCall& call, std::string_view id,
              const RpcResult& result);

  McpParts parts_;
  const McpOptions& options_;
  Methods& methods_;
  Companions& companions_;
  std::map<std::string, std::shared_ptr<Session>, std::less<>> sessions_;
  Burst burst_;
};

}  // namespace bw::gateway
