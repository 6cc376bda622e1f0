// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "async/event.h"
#include "execution/upstream.h"
#include "gateway/mcp/limits.h"
#include "gateway/mcp/progress.h"
#include "gateway/mcp/rpc.h"

namespace bw::gateway {

// A call of a stateless client under way: what it has to say before its result, and the result. Shared by the task that
// carries the call out, which cannot be stopped in the middle, and the one that writes the answer, which goes away with its
// connection.
class StatelessRun final : public execution::Peer {
 public:
  StatelessRun(std::string log_level, std::string progress_token, const McpLimits& limits);

  // For who carries it out. A stateless client is never sent a request: an upstream that asks something in the middle of a
  // call of such a client gets its answer by `input_required`, which the upstreams see to.
  async::Task<void> notify(std::string method, std::string params) override;
  async::Task<Result<std::string>> request(std::string method, std::string params) override;
  async::Event& cancelled() { return cancelled_; }
  void finish(RpcResult result);

  // For who writes the answer. `news` is set while there is anything to take.
  async::Event& news() { return news_; }
  std::optional<std::string> take_notice();  // a JSON-RPC message for the client
  std::optional<RpcResult> take_result();
  bool wants_progress() const { return progress_.is_wanted(); }
  std::string sign_of_life();  // a progress notification
  void cancel() { cancelled_.set(); }

 private:
  void update_news();

  std::string log_level_;
  Progress progress_;
  const McpLimits& limits_;
  std::deque<std::string> notices_;
  std::optional<RpcResult> result_;
  async::Event news_;
  async::Event cancelled_;
};

}  // namespace bw::gateway
