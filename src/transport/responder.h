// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "async/event.h"
#include "http/handler.h"
#include "http/wire.h"
#include "transport/connection.h"
#include "transport/inbox.h"
#include "transport/outbox.h"

namespace bw::transport {

// Writes the answer to one request, in one piece or as a stream, into the connection's outbox.
class Connection::Responder final : public http::ResponseWriter {
 public:
  Responder(Connection& connection, bool to_head_request, int version_minor, bool keep_alive)
      : connection_(connection),
        to_head_request_(to_head_request),
        version_minor_(version_minor),
        keep_alive_(keep_alive) {}
  ~Responder() override;

  void respond(http::Response response) override;
  async::Task<Status> begin_stream(int status, http::Headers headers) override;
  async::Task<Status> write(std::string piece) override;
  async::Task<Status> finish() override;
  bool answered() const override { return state_ != State::nothing; }
  async::Event& closed() override;
  async::Event& draining() override { return connection_.server_.draining; }

  // Puts the answer as a whole into the outbox. Afterwards keep_alive() tells whether the connection is in order.
  void complete();
  bool keep_alive() const { return keep_alive_; }

 private:
  enum class State : std::uint8_t { nothing, whole, streaming, finished };

  bool stays_open();
  Status gone() const { return fail(Code::cancelled, "the client went away"); }

  Connection& connection_;
  const bool to_head_request_;
  const int version_minor_;
  bool keep_alive_;
  State state_ = State::nothing;
  std::optional<http::Response> response_;
  std::optional<async::Event> closed_;
};

}  // namespace bw::transport
