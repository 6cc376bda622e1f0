// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/event.h"
#include "async/task.h"
#include "base/result.h"
#include "domain/words.h"

// How an admitted action reaches its upstream, whatever generation of MCP and whatever transport that upstream speaks.
//
// Everything here lives on the loop that created it. JSON travels as text: what an upstream said is passed on as its own bytes.
namespace bw::execution {

// The caller's end of one call or one session, for what an upstream says before it answers: notifications (progress, log
// messages), and requests that only the caller can answer (elicitation, sampling, roots). Outlives the calls it is given to.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual async::Task<void> notify(std::string method, std::string params) = 0;
  // The caller's `result`; an Error when it cannot be asked or went away.
  virtual async::Task<Result<std::string>> request(std::string method, std::string params) = 0;
};

// Told to a call's peer besides MCP's own notifications: the upstream closed its stream in the middle of the call and will
// go on where it is taken up again, which we do. It wants its clients to poll.
inline constexpr std::string_view kStreamClosed = "notifications/bailiwick/stream_closed";

// What the caller's own client declared. Upstream sessions are opened with exactly these, so that an upstream never asks a
// caller for something it cannot do. Equal texts share nothing unless `session` is equal too.
struct Caller {
  std::string session;  // callers with different sessions never share an upstream session (unless it is a shared child)
  std::string capabilities;  // JSON object: MCP client capabilities; "{}" when unknown
  std::string client_info;   // JSON object, or empty
  std::string log_level;     // least level of log messages to pass on, or empty for none
  bool multi_round = false;  // speaks 2026-07-28: takes `input_required` as an answer, and is never sent a request
};

struct Call {
  std::string method;  // tools/call, resources/read, prompts/get, completion/complete, resources/subscribe, …
  std::string params;  // JSON object for the upstream: its own names, no `_meta` of the gateway's protocol layer
  std::string progress_token;  // JSON (string or number) of the caller's progress token, or empty
  Caller caller;
  Peer* peer = nullptr;                   // null: nobody can be asked, notifications are dropped
  async::Event* cancelled = nullptr;      // set when the caller gives up: the upstream is told as its generation asks
  const async::Event* stopped = nullptr;  // looked at right before the call is sent: once it is set, nothing is
  std::int64_t timeout_ms = 0;            // 0: the upstream's own
};

struct Reply {
  enum class Kind : std::uint8_t { result, error, input_required };
  Kind kind = Kind::result;
  std::string body;       // JSON of the `result` or the `error` object, the upstream's bytes
  bool is_error = false;  // a tool result that says `isError: true`
};

// Why there is no Reply. `outcome` is not_executed when no byte of the call can have reached the upstream, else ambiguous.
struct Failure {
  domain::Outcome outcome = domain::Outcome::ambiguous;
  Error error;
};
using CallResult = std::expected<Reply, Failure>;

// One tool as its upstream defines it.
struct ToolDefinition {
  std::string name;        // the upstream's own
  std::string definition;  // the upstream's JSON of the whole tool object
  std::string digest;      // hex SHA-256 of its canonical JSON
};

// What one upstream offers, as last listed. Immutable; a change makes a new one.
struct Catalog {
  std::vector<ToolDefinition> tools;   // in the upstream's order
  std::vector<std::string> resources;  // JSON objects
  std::vector<std::string> resource_templates;
  std::vector<std::string> prompts;
  std::string capabilities;  // JSON object: what the upstream declared
  std::string instructions;
};

struct Health {
  enum class State : std::uint8_t { connecting, ready, failing, stopped };
  State state = State::connecting;
  std::string detail;    // why it is failing, for people: "exited with 1 after 120 ms: Cannot find module …"
  std::string protocol;  // "2025-11-25", "2026-07-28", or empty while unknown
  std::int64_t since_ms = 0;
  std::uint32_t restarts = 0;
};

// Told what happens outside of calls. Called on the loop.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void catalog_changed(std::string_view upstream, std::string_view method) = 0;  // notifications/…/list_changed
  virtual void health_changed(std::string_view upstream) = 0;
};

class Upstream {
 public:
  virtual ~Upstream() = default;
  virtual std::string_view name() const = 0;
  virtual Health health() const = 0;
  virtual std::shared_ptr<const Catalog> catalog() const = 0;  // empty one until it is ready

  // One request to the upstream, and all it takes until there is an answer.
  virtual async::Task<CallResult> call(Call call) = 0;

  // Passes what the upstream sends outside of calls (resource updates, log messages, list changes) to `peer` until
  // close_session or `peer` is forgotten. Returns when the upstream is listening, so that no later change is missed.
  // Listening goes on when the registry replaces the upstream. A change of lists is told once the new lists are in the
  // catalogue. After forget() nothing new is told; what `peer` is taking at that moment may still end.
  virtual async::Task<Status> listen(Caller caller, std::vector<std::string> resource_uris, Peer* peer) = 0;
  virtual void forget(Peer* peer) = 0;
  virtual void close_session(std::string_view session) = 0;
  // The caller's roots are others now: passed on where the upstream has asked this session for them.
  virtual void roots_changed(std::string_view session) = 0;
};

}  // namespace bw::execution
