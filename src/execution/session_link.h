// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "async/loop.h"
#include "execution/link.h"

namespace bw::execution {

// Who is introduced to an upstream.
struct Introduction {
  std::string key;             // of the link, see Link
  std::string capabilities;    // JSON object
  std::string client_info;     // JSON object
  bool wants_session = false;  // where the upstream speaks both generations, the one with sessions
};

// The generation with sessions (up to 2025-11-25): a handshake, then requests in both directions. Progress tokens are ours
// on the wire and the caller's towards it. What the upstream asks goes to the peer of the call it belongs to; where that is
// not said, to the call that began last, and between calls to whoever listens for the caller.
class SessionLink final : public Link, public Inbox, public std::enable_shared_from_this<SessionLink> {
 public:
  // Initializes. The wire is closed again when that fails.
  static async::Task<Result<std::shared_ptr<SessionLink>>> open(async::Loop& loop, std::shared_ptr<Wire> wire,
                                                                Introduction introduction, Surroundings& surroundings,
                                                                Patience& patience);

  const Greeting& greeting() const override { return greeting_; }
  Wire& wire() override { return *wire_; }
  bool is_idle() const override { return flights_.empty(); }
  async::Task<CallResult> call(Flight& flight) override;
  async::Task<Status> watch(std::set<std::string> uris) override;
  async::Task<void> close() override;
  void roots_changed() override;

  async::Task<void> take(mcp::Message message) override;  // aside
  void gap() override;

 private:
  class CallInbox;
  SessionLink(async::Loop& loop, std::shared_ptr<Wire> wire, Introduction introduction, Surroundings& surroundings)
      : loop_(loop), wire_(std::move(wire)), introduction_(std::move(introduction)), surroundings_(&surroundings) {}

  bool is_shared() const { return introduction_.key.empty(); }
  async::Task<Status> handshake(Patience& patience);
  async::Task<void> adjust_log_level(Flight& flight);
  async::Task<void> take_for(Flight* flight, mcp::Message message);
  async::Task<void> take_notification(Flight* flight, mcp::Message message);
  void take_request(Flight* flight, mcp::Message message);
  Flight* latest();
  async::Task<Status> tell_watch(std::string_view method, std::string uri, async::Event& over);
  async::Task<std::expected<mcp::Message, Failure>> ask_quietly(std::string method, std::string params,
                                                                async::Event* over);

  static async::Task<void> answer(std::shared_ptr<SessionLink> self, std::string text);
  static async::Task<void> ask(std::shared_ptr<SessionLink> self, Flight* flight, mcp::Message message);
  static async::Task<void> ask_aside(std::shared_ptr<SessionLink> self, mcp::Message message);

  async::Loop& loop_;
  std::shared_ptr<Wire> wire_;
  Introduction introduction_;
  Surroundings* surroundings_;  // null once closed
  Greeting greeting_;
  std::optional<int> log_level_;
  std::set<std::string> watched_;
  bool has_asked_roots_ = false;
  std::map<std::int64_t, Flight*> flights_;  // by id, so the last is the latest
};

}  // namespace bw::execution
