// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "async/event.h"
#include "async/loop.h"
#include "async/task.h"
#include "http/client.h"
#include "mcp/message.h"
#include "mcp/protocol.h"

namespace bw::gateway::bridge {

// A session at the gateway, as its client sees it.
struct Session {
  std::string id;        // empty when the gateway gives none
  std::string revision;  // negotiated
  bool lost = false;     // the gateway said that it knows it no more
  bool followed = false;
  async::Event over;  // set when it was ended or lost

  void lose() {
    lost = true;
    over.set();
  }
};

// Where a stream stands, so that it can be taken up again.
struct Place {
  std::string last_event_id;
  std::int64_t retry_ms = 1'000;
};

bool is_type(const http::Headers& headers, std::string_view type);  // the content type, without its parameters
bool is_success(int status);

// The gateway's endpoint over HTTP: the token and the fields that each generation wants, and the session when there is one.
class Uplink {
 public:
  struct Options {
    std::string url;
    std::string token;
    std::string run;  // the client's name for its run, or empty
  };
  Uplink(http::Client& client, Options options) : client_(client), options_(std::move(options)) {}

  const std::string& url() const { return options_.url; }
  const std::shared_ptr<Session>& session() const { return session_; }

  // For `initialize`: what is sent from now on belongs to a session that is still to be named. Gives the one before.
  std::shared_ptr<Session> begin_session();

  http::ClientRequest post(const mcp::Message& message, mcp::Era era) const;
  http::ClientRequest get(const Place& place) const;
  http::ClientRequest end(const Session& session) const;

  async::Task<http::ClientResult> send(http::ClientRequest request);

  // A message without an answer. Failures are logged; a lost session is noted.
  async::Task<void> tell(mcp::Message message, mcp::Era era);
  async::Task<void> end_session(std::shared_ptr<Session> session);

  // Whether `status` says that the session is gone; notes it.
  bool loses_session(int status, mcp::Era era);

  bool was_reached() const { return reached_; }
  bool was_tried() const { return tried_; }

 private:
  http::ClientRequest prepare(std::string method) const;
  void add_session(http::ClientRequest& request, const Session& session) const;

  http::Client& client_;
  Options options_;
  std::shared_ptr<Session> session_ = std::make_shared<Session>();
  bool tried_ = false;
  bool reached_ = false;
};

}  // namespace bw::gateway::bridge
