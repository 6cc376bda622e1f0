// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "async/task.h"
#include "base/result.h"
#include "http/handler.h"
#include "http/sse.h"

namespace bw::gateway {

// The answer to one HTTP request: a JSON body when nothing has to be said before it, else a stream of server-sent events
// whose last one is what the body would have been.
class PostAnswer {
 public:
  explicit PostAnswer(http::ResponseWriter& writer) : writer_(writer) {}

  bool is_stream() const { return is_stream_; }
  async::Event& closed() { return writer_.closed(); }
  async::Event& draining() { return writer_.draining(); }

  // Each begins the stream when it has not begun, and fails when the peer is gone.
  async::Task<Status> begin();
  async::Task<Status> send(std::string message);  // one JSON-RPC message
  async::Task<Status> send(http::SseEvent event);
  async::Task<Status> keep_alive();

  async::Task<void> end(http::Response response);
  async::Task<void> end();  // of a stream

 private:
  http::ResponseWriter& writer_;
  bool is_stream_ = false;
};

}  // namespace bw::gateway
