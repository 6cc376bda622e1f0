// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "async/task.h"
#include "gateway/mcp/limits.h"
#include "gateway/mcp/post_answer.h"
#include "gateway/mcp/session.h"
#include "http/handler.h"

namespace bw::gateway {

// How a POST is answered by its call's stream: as JSON when the answer is all there is to say and comes soon, else as
// events. `call` is asked for signs of life when its client wants progress.
struct CallAnswer {
  std::shared_ptr<Session> session;
  std::shared_ptr<SessionStream> stream;
  std::shared_ptr<SessionCall> call;
  bool takes_stream = true;  // what the client accepts; otherwise it gets JSON however long it takes
};
async::Task<void> answer_call(CallAnswer answer, const McpLimits& limits, http::ResponseWriter& writer);

// Passes on what comes after event `after`, until the stream is finished, another reader comes, or the peer goes away.
async::Task<void> read_stream(std::shared_ptr<Session> session, std::shared_ptr<SessionStream> stream,
                              std::uint64_t after, const McpLimits& limits, http::ResponseWriter& writer);

}  // namespace bw::gateway
