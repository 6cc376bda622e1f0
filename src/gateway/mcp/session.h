// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "async/one_shot.h"
#include "domain/action.h"
#include "execution/upstream.h"
#include "gateway/mcp/door_parts.h"
#include "gateway/mcp/progress.h"
#include "gateway/mcp/session_stream.h"
#include "gateway/mcp/upstream_ear.h"
#include "gateway/visits.h"
#include "mcp/message.h"

namespace bw::gateway {

class SessionCall;

// One agent's session of the older generation of MCP: what its client declared, its calls in flight, what it has been told,
// and what it was asked and has not answered yet. To upstreams it is the peer for what they say outside of calls.
class Session final : public execution::Peer, public std::enable_shared_from_this<Session> {
 public:
  struct Hello {  // what `initialize` said
    std::string revision;
    std::string capabilities;  // JSON object
    std::string client_info;   // JSON object, or empty
  };
  Session(std::string id, domain::Principal principal, Hello hello, McpParts parts, const McpLimits& limits);

  const std::string& id() const { return id_; }
  const std::string& run() const { return run_; }
  const domain::Principal& principal() const { return visit_.principal(); }
  const Hello& hello() const { return hello_; }
  bool belongs_to(const domain::Principal& principal) const;

  std::string log_level = "info";  // until the client says otherwise
  execution::Caller caller() const;

  void touch() { used_ms_ = parts_.clock.now_ms(); }
  void touch(const domain::Principal& principal);  // who used it, perhaps with another token than before
  std::int64_t used_ms() const { return used_ms_; }
  bool is_busy() const;  // calls in flight or open streams

  // Streams.
  std::shared_ptr<SessionStream> open_stream();
  std::shared_ptr<SessionStream> stream(std::string_view name) const;
  const std::shared_ptr<SessionStream>& standing() const { return standing_; }  // the one that GET opens
  void drop_stream(const SessionStream& stream);

  // Calls, by the JSON of their request's id.
  bool begin_call(std::string_view id,
                  const std::shared_ptr<SessionCall>& call);  // false: too many, or the id is in use
  void end_call(std::string_view id);
  void cancel_call(std::string_view id);

  // Asks the client on `stream`, and waits for the response that it posts. Ends when `cancelled` or the session does.
  async::Task<Result<std::string>> ask(std::shared_ptr<SessionStream> stream, std::string method, std::string params,
                                       async::Event* cancelled);
  void answered(const mcp::Message& response);

  // Peer: what an upstream says or asks outside of calls.
  async::Task<void> notify(std::string method, std::string params) override;
  async::Task<Result<std::string>> request(std::string method, std::string params) override;

  void list_changed(std::string_view method);

  // Resources that the client subscribed to, by upstream.
  async::Task<Status> subscribe(std::string upstream, std::string uri);
  async::Task<void> unsubscribe(std::string uri);
  // Has the upstream tell this session what it says outside of calls.
  void follow(std::string_view upstream);

  void end();  // cancels what is in flight, closes the streams, tells the upstreams
  async::Event& ended() { return ended_; }
  // Nobody may use it any more: its token ended. It ends when the calls have that were sent.
  bool is_leaving() const { return is_leaving_; }

 private:
  bool declares(std::string_view capability) const;
  void make_room();
  void leave();
  async::Task<void> follow_again();
  static async::Task<void> follow_apart(std::shared_ptr<Session> self);

  std::string id_;
  std::string run_;
  Hello hello_;
  McpParts parts_;
  Visit visit_;
  bool is_leaving_ = false;
  const McpLimits& limits_;
  std::int64_t used_ms_ = 0;

  std::uint64_t streams_opened_ = 0;
  std::shared_ptr<SessionStream> standing_;
  std::deque<std::shared_ptr<SessionStream>> streams_;                    // of calls, oldest first
  std::map<std::string, std::weak_ptr<SessionCall>, std::less<>> calls_;  // owned by the tasks that carry them out

  struct Question {
    std::string text;  // the response's JSON: result, or the error's message
    bool is_error = false;
    bool is_answered = false;
    async::Event answered;
  };
  std::int64_t asked_ = 0;
  std::map<std::string, Question*, std::less<>> questions_;  // by the id they were asked under

  UpstreamEar ear_;
  std::map<std::string, std::set<std::string>> followed_;  // URIs by upstream
  async::Event ended_;
};

// A call of a session under way: the peer of its upstream, whose words go to the call's own stream.
class SessionCall final : public execution::Peer {
 public:
  // `can_be_asked`: the client reads the call's stream while it waits. Otherwise it is asked on the standing one.
  SessionCall(std::shared_ptr<Session> session, std::shared_ptr<SessionStream> stream, bool can_be_asked,
              std::string progress_token, const McpLimits& limits);

  async::Task<void> notify(std::string method, std::string params) override;
  async::Task<Result<std::string>> request(std::string method, std::string params) override;

  async::Event& cancelled() { return cancelled_; }
  bool is_cancelled() const { return cancelled_.is_set(); }
  void cancel() { cancelled_.set(); }
  bool wants_progress() const { return progress_.is_wanted(); }
  void give_sign_of_life();

 private:
  std::shared_ptr<Session> session_;
  std::shared_ptr<SessionStream> stream_;
  bool can_be_asked_;
  Progress progress_;
  const McpLimits& limits_;
  async::Event cancelled_;
};

}  // namespace bw::gateway
