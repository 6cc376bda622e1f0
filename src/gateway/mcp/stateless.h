// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/mcp/ask.h"
#include "gateway/mcp/companions.h"
#include "gateway/mcp/door_parts.h"
#include "gateway/mcp/listeners.h"
#include "gateway/mcp/methods.h"
#include "gateway/mcp/post_answer.h"
#include "gateway/mcp/sealed_state.h"
#include "gateway/mcp/stateless_run.h"
#include "gateway/mcp/tasks.h"
#include "http/message.h"
#include "mcp/result.h"

namespace bw::gateway {

// The stateless generation of MCP (2026-07-28): each POST says who its client is and what it can do, and has one answer.
// https://modelcontextprotocol.io/specification/2026-07-28
//
// A client that closes its connection has cancelled its request. What was held stays held, and what was sent stays sent;
// only nobody waits for it any more.
class Stateless {
 public:
  Stateless(McpParts parts, const McpOptions& options, Methods& methods, Companions& companions);

  // `ask` is a request of this era, its HTTP fields checked but for Mcp-Param-*.
  async::Task<void> answer(Ask ask, http::Headers headers, http::ResponseWriter& writer);

  void sweep() { tasks_.sweep(); }

 private:
  http::Response respond(std::string_view id, std::string_view method, RpcResult result) const;
  RpcResult discover() const;
  async::Task<RpcResult> ask_for(Ask ask, http::Headers headers);

  async::Task<void> act(Ask ask, http::Headers headers, http::ResponseWriter& writer);
  std::expected<void, mcp::Refusal> begin(std::shared_ptr<StatelessRun> run, Ask ask, const http::Headers& headers);
  std::expected<void, mcp::Refusal> unseal(AskedAction& asked, std::string_view bound, json::Value params);
  RpcResult input_required(const Answer& answer, std::string_view bound) const;
  async::Task<void> carry_out(std::shared_ptr<StatelessRun> run, AskedAction asked, std::string bound,
                              bool takes_tasks);
  async::Task<void> call_companion(std::shared_ptr<StatelessRun> run, Ask ask);
  async::Task<void> attend(std::shared_ptr<StatelessRun> run, std::string id, std::string method, async::Event& over,
                           http::ResponseWriter& writer);
  async::Task<Status> give_sign_of_life(std::shared_ptr<StatelessRun> run, PostAnswer& answer);

  McpParts parts_;
  const McpOptions& options_;
  Methods& methods_;
  Companions& companions_;
  Listeners listeners_;
  Tasks tasks_;
  Sealer sealer_;
  mcp::Decoration decoration_;
  std::string server_info_;
};

}  // namespace bw::gateway
