// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "async/event.h"
#include "async/loop.h"
#include "async/task.h"
#include "async/timer.h"
#include "http/body.h"
#include "http/handler.h"
#include "http/head.h"
#include "http/limits.h"
#include "transport/byte_stream.h"
#include "transport/inbox.h"
#include "transport/outbox.h"

namespace bw::transport {

// What the connections of a server share with it.
struct ServerContext {
  async::Loop& loop;
  http::Handler& handler;
  http::ServerLimits limits;
  async::Event draining;  // from now on each connection closes after the answer it is at
  std::string date_line;  // "date: …\r\n", renewed when its second has passed
  std::int64_t date_s = 0;

  std::string_view date();
};

// One client's connection: request after request, each handled before the next is looked at, so that pipelined requests
// are answered in order. One timer serves every phase; a small request costs one read, one write and no wait in between.
class Connection {
 public:
  Connection(ServerContext& server, StreamPtr stream, std::string peer_address, bool tls);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  async::Task<void> run();  // until the connection is to be closed
  void close_if_idle();     // between two requests
  void close();             // now; run() ends soon

 private:
  class Responder;
  struct Next;  // what came: a head, an end, or something to refuse

  class Deadline final : public async::Timer {
   public:
    Deadline(async::Loop& loop, Connection& connection) : Timer(loop), connection_(connection) {}

   private:
    void expired() override { connection_.inbox_.interrupt(); }
    Connection& connection_;
  };

  async::Task<bool> serve_one();  // whether another request may follow
  async::Task<Next> read_head();
  async::Task<std::expected<void, http::Refusal>> read_body(http::RequestHead& head);
  async::Task<bool> answer(http::RequestHead head);
  async::Task<void> call_handler(http::Request request, Responder& responder);
  void refuse(http::Refusal refusal);
  async::Task<void> linger();

  ServerContext& server_;
  StreamPtr stream_;
  std::string peer_address_;
  bool tls_;
  Inbox inbox_;
  Outbox outbox_;
  Deadline deadline_;
  http::HeadScanner scanner_;
  bool idle_ = false;
};

}  // namespace bw::transport
