// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "async/event.h"
#include "async/loop.h"
#include "async/task.h"
#include "gateway/bridge/carrier.h"
#include "gateway/bridge/flight.h"
#include "gateway/bridge/output.h"
#include "http/client.h"
#include "mcp/message.h"
#include "mcp/protocol.h"
#include "transport/stdio.h"

namespace bw::gateway::bridge {

// MCP on standard input and output for a client that starts a process, carried to a running gateway's Streamable HTTP
// endpoint and back, both generations of the protocol. Messages pass as they are; the bridge adds what HTTP wants and stdio
// does not have: the token, the session, fields that repeat parts of the body, connections that are closed to cancel.
//
//   auto bridge = std::make_shared<Bridge>(loop, client, stdio, options);
//   auto end = async::run(loop, bridge->run());
//
// The first message decides the generation; a client that tries the other one on the same pipe is followed. Messages
// without an answer are sent one after the other, before what follows them in the input.
class Bridge : public std::enable_shared_from_this<Bridge> {
 public:
  struct Options {
    Uplink::Options uplink;
    std::int64_t grace_ms;  // for what is in flight when the input ends
  };
  enum class End { input_ended, input_unreadable, unreachable };

  Bridge(async::Loop& loop, http::Client& client, transport::Stdio& stdio, Options options);

  // Until the input ends, nobody reads the output any more, or stop(). `unreachable`: the gateway never answered anything.
  async::Task<End> run();

  // Ends without waiting for answers.
  void stop() { stop_.set(); }

 private:
  static async::Task<void> read_input(std::shared_ptr<Bridge> self);
  async::Task<void> take_line(std::string line);
  async::Task<void> take(mcp::Message message);
  async::Task<void> take_notification(mcp::Message message, mcp::Era era);
  async::Task<void> wait_for_session();
  async::Task<void> wait_for_answers();
  async::Task<void> say_goodbye();
  mcp::Era era_of(const mcp::Message& message);

  async::Loop& loop_;
  transport::Stdio& stdio_;
  const std::int64_t grace_ms_;
  std::shared_ptr<Output> output_;
  std::shared_ptr<Carrier> carrier_;
  std::optional<mcp::Era> era_;
  std::shared_ptr<Flight> opening_;  // the `initialize` under way
  bool is_unreadable_ = false;
  async::Event input_ended_;
  async::Event stop_;
};

}  // namespace bw::gateway::bridge
