// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "async/loop.h"
#include "execution/credentials.h"
#include "execution/sse_reader.h"
#include "execution/wire.h"
#include "http/client.h"

namespace bw::execution {

// Streamable HTTP, both generations. With sessions: the session's id rides on every request, an answer's stream that broke
// is resumed where the server gave event ids, and a GET stream brings what belongs to no request. Stateless: each request
// stands alone, repeats its method and name in fields, and is cancelled by closing its connection.
//
// Nothing is ever sent twice except a `repeatable` request whose reused connection was dead before any byte of an answer.
class HttpWire final : public Wire, public std::enable_shared_from_this<HttpWire> {
 public:
  struct Options {
    std::string upstream;  // its name, for messages
    std::string url;
    std::string partition;  // of what is sent beside exchanges
    std::shared_ptr<Credentials> credentials;
  };
  HttpWire(async::Loop& loop, http::Client& client, Options options)
      : loop_(loop), client_(client), options_(std::move(options)) {}

  void speak(mcp::Era era, std::string revision) override;
  async::Task<Answer> exchange(Outgoing out, Inbox& inbox) override;
  async::Task<Status> send(std::string message) override;
  void follow(std::shared_ptr<Inbox> aside) override;
  async::Event& following() override { return following_; }
  bool can_follow() const override { return can_follow_; }
  async::Event& broken() override { return broken_; }
  std::string why_broken() const override { return why_broken_; }
  async::Task<void> close() override;

 private:
  // Where a stream stands, so that it can be taken up again.
  struct Place {
    std::string last_event_id;
    std::int64_t retry_ms = 1'000;
  };
  using Prepared = std::expected<http::ClientRequest, Failure>;

  Prepared prepare(std::string method, std::string partition);
  Prepared prepare_post(const Outgoing& out);
  Prepared prepare_get(const Place& place, std::string partition);
  void note_session(const Outgoing& out, const http::ClientResponse& response);
  void lose(std::string why);

  async::Task<Answer> read_json(http::ClientResponse response, std::int64_t id);
  async::Task<Answer> read_refusal(http::ClientResponse response);
  async::Task<Answer> read_streams(http::ClientResponse response, Outgoing out, Inbox& inbox);
  async::Task<std::optional<Answer>> read_stream(std::unique_ptr<http::BodyStream> stream, Place& place,
                                                 std::int64_t id, Inbox& inbox);
  async::Task<std::expected<http::ClientResponse, Failure>> resume(const Outgoing& out, const Place& place);
  std::expected<mcp::Message, std::string> parse(std::string text);

  static async::Task<void> follow_stream(std::shared_ptr<HttpWire> self, std::shared_ptr<Inbox> aside);
  static async::Task<void> tell_cancelled(std::shared_ptr<HttpWire> self, std::int64_t id);

  async::Loop& loop_;
  http::Client& client_;
  Options options_;
  std::optional<mcp::Era> era_;
  std::string revision_;
  std::string session_;
  bool can_follow_ = true;
  bool closed_ = false;
  async::Event closing_;
  async::Event following_;
  async::Event broken_;
  std::string why_broken_;
};

}  // namespace bw::execution
