// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/post_answer.h"

#include <utility>

namespace bw::gateway {

async::Task<Status> PostAnswer::begin() {
  if (is_stream_) co_return Status{};
  is_stream_ = true;
  http::Headers headers{{"content-type", "text/event-stream"}, {"cache-control", "no-cache, no-transform"}};
  // nginx and its kin would keep events back until their buffer is full.
  headers.add("x-accel-buffering", "no");
  Status begun = co_await writer_.begin_stream(200, std::move(headers));
  co_return begun;
}

async::Task<Status> PostAnswer::send(std::string message) {
  http::SseEvent event{.event = "message", .data = std::move(message)};
  Status sent = co_await send(std::move(event));
  co_return sent;
}

async::Task<Status> PostAnswer::send(http::SseEvent event) {
  BW_CO_OK(co_await begin());
  auto piece = http::format_sse(event);
  Status sent = co_await writer_.write(std::move(piece));
  co_return sent;
}

async::Task<Status> PostAnswer::keep_alive() {
  BW_CO_OK(co_await begin());
  std::string piece(http::sse_keep_alive());
  Status sent = co_await writer_.write(std::move(piece));
  co_return sent;
}

async::Task<void> PostAnswer::end(http::Response response) {
  if (!is_stream_) {
    writer_.respond(std::move(response));
    co_return;
  }
  auto body = std::move(response.body);
  Status sent = co_await send(std::move(body));
  if (sent) co_await writer_.finish();
}

async::Task<void> PostAnswer::end() { co_await writer_.finish(); }

}  // namespace bw::gateway
