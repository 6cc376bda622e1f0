// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "async/task.h"
#include "gateway/mcp/limits.h"
#include "gateway/mcp/post_answer.h"
#include "gateway/mcp/session.h"
#include "gateway/visits.h"
#include "http/handler.h"

namespace bw::gateway {

// What the client accepts, by its Accept field.
enum class Form : std::uint8_t {
  json,    // nothing else, however long it takes
  either,  // JSON when the answer is all there is to say and comes soon, else events
  events,  // it names text/event-stream first
};
Form form_of(const http::Headers& headers);

// How a POST is answered by the stream of its call. `call` may be null; it is asked for signs of life when its client wants
// progress.
struct CallAnswer {
  std::shared_ptr<Session> session;
  std::shared_ptr<SessionStream> stream;
  std::shared_ptr<SessionCall> call;
  std::string id;  // of the request, JSON
  Form form = Form::either;
};
async::Task<void> answer_call(CallAnswer answer, Visit& visit, const McpLimits& limits, http::ResponseWriter& writer);

// Passes on what comes after event `after`, until the stream is finished, another reader comes, the peer goes away, or its
// visit is over.
async::Task<void> read_stream(std::shared_ptr<Session> session, std::shared_ptr<SessionStream> stream,
                              std::uint64_t after, Visit& visit, const McpLimits& limits, http::ResponseWriter& writer);

}  // namespace bw::gateway
