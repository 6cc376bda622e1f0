// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/event.h"
#include "async/task.h"
#include "execution/upstream.h"
#include "mcp/message.h"
#include "mcp/protocol.h"

// A wire carries JSON-RPC messages to one upstream and back, over HTTP or over a child's pipes. It knows how messages travel
// and which of them belong together, not what they mean: that is a Link's (link.h).
namespace bw::execution {

struct Outgoing {
  std::int64_t id = 0;  // from next_id()
  std::string method;
  std::string params;                                       // JSON object with its `_meta`, or empty
  std::vector<std::pair<std::string, std::string>> fields;  // HTTP only: Mcp-Param-*
  std::string name;                                         // HTTP only: what Mcp-Name says, not yet encoded
  std::string partition;         // HTTP only: on whose behalf; connections are not shared beyond it
  bool repeatable = false;       // does no harm when it is sent twice
  async::Event* over = nullptr;  // ends the wait; the upstream is told as its generation asks
};

// What comes while an answer is waited for (take, in order, for one exchange), or beside all of them.
class Inbox {
 public:
  virtual ~Inbox() = default;
  virtual async::Task<void> take(mcp::Message message) = 0;
  virtual void gap() {}                                     // aside only: something may have been missed
  virtual async::Task<void> stream_closed() { co_return; }  // of an exchange: before its answer; it is taken up again
};

using Answer = std::expected<mcp::Message, Failure>;  // of kind result or error

class Wire {
 public:
  virtual ~Wire() = default;

  std::int64_t next_id() { return ++last_id_; }

  // From now on as this generation and revision ask; before it, the wire is good for the handshake.
  virtual void speak(mcp::Era era, std::string revision) = 0;

  // Sends a request and hands `inbox` what belongs to it until there is an answer. `inbox` outlives the exchange.
  virtual async::Task<Answer> exchange(Outgoing out, Inbox& inbox) = 0;

  // A notification, or our answer to a request of the upstream.
  virtual async::Task<Status> send(std::string message) = 0;

  // Takes what comes beside the exchanges, until close(). `following()` is set once nothing of it can be missed any more,
  // or it is known that there is no such stream.
  virtual void follow(std::shared_ptr<Inbox> aside) = 0;
  virtual async::Event& following() = 0;
  virtual bool can_follow() const = 0;  // whether there is such a stream

  // Set when it cannot be used any more: the child ended, the session is unknown to its server.
  virtual async::Event& broken() = 0;
  virtual std::string why_broken() const = 0;
  virtual async::Task<void> close() = 0;  // ends the session, or the child

 private:
  std::int64_t last_id_ = 0;
};

inline std::unexpected<Failure> failure(domain::Outcome outcome, Code code, std::string message) {
  return std::unexpected(Failure{outcome, Error{code, std::move(message)}});
}

}  // namespace bw::execution
