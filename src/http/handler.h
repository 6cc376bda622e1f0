// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "async/event.h"
#include "async/task.h"
#include "base/result.h"
#include "http/limits.h"
#include "http/message.h"

namespace bw::http {

// Where a handler puts its answer. Either respond() once, or begin_stream(), any number of write(), finish():
//
//   http::Headers headers{{"content-type", "text/event-stream"}};
//   Status begun = co_await writer.begin_stream(200, std::move(headers));
//   Status sent = co_await writer.write(http::format_sse(event));      // fails when the peer is gone
//   co_await writer.finish();
//
// It lives until handle() returns, on the connection's loop.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;

  // The answer as a whole; it leaves when handle() returns. The framing headers (content-length, transfer-encoding,
  // connection, date) are the server's.
  virtual void respond(Response response) = 0;

  // Answers in pieces. A write returns once the piece is sent or buffered; while more than a little waits for the
  // reader it waits too, which is how a slow reader slows the writer. A reader that takes nothing for
  // ServerLimits::write_ms_max, or lets outbox_bytes_max pile up, is disconnected: then these fail with `cancelled`.
  // Several tasks may write; pieces do not mix.
  virtual async::Task<Status> begin_stream(int status, Headers headers) = 0;
  virtual async::Task<Status> write(std::string piece) = 0;
  virtual async::Task<Status> finish() = 0;

  // Whether anything of an answer was given already.
  virtual bool answered() const = 0;

  // Set when the peer goes away. A handler that waits for something long waits for this too:
  //   auto first = co_await async::wait_any(60'000, decided, writer.closed());
  // A peer that closes its sending side counts as gone. Asking starts the watch, so short handlers do not pay for it.
  virtual async::Event& closed() = 0;

  // Set when the server is asked to stop; a handler that could wait for minutes answers now.
  virtual async::Event& draining() = 0;
};

// What a server serves. handle() is called on the connection's loop, one request of a connection at a time; it may wait. Its
// exceptions become a 500. The handler outlives the server's connections.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual async::Task<void> handle(Request request, ResponseWriter& writer) = 0;

  // How large a body this request may have; asked when its headers are there and its body is not.
  virtual std::size_t body_bytes_max(const Request& head, const ServerLimits& limits) const {
    (void)head;
    return limits.body_bytes_max;
  }
};

}  // namespace bw::http
