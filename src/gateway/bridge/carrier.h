// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string_view>

#include "async/event.h"
#include "async/loop.h"
#include "async/task.h"
#include "execution/slots.h"
#include "gateway/bridge/flight.h"
#include "gateway/bridge/output.h"
#include "gateway/bridge/tool_fields.h"
#include "gateway/bridge/trouble.h"
#include "gateway/bridge/uplink.h"
#include "http/client.h"
#include "mcp/message.h"

namespace bw::gateway::bridge {

// Carries requests to the gateway and everything that comes back to the client. Each request ends in one line with its id:
// the gateway's answer as it came, or an error that says what went wrong. A cancelled one may end in none.
//
// A request is sent once. Exceptions, all harmless: a list whose kept connection was dead, a call that was refused because
// its HTTP fields disagree with a schema that has changed since it was listed, and a request whose session the gateway had
// lost: a new one is opened with the client's own `initialize`, once per request, and the client does not notice. What it had
// subscribed to, and its log level, are not asked for again.
class Carrier : public std::enable_shared_from_this<Carrier> {
 public:
  Carrier(async::Loop& loop, http::Client& client, Uplink::Options options, std::shared_ptr<Output> output);

  Uplink& uplink() { return uplink_; }

  // Starts a request on its way.
  std::shared_ptr<Flight> start(mcp::Message message, mcp::Era era);

  // The client gives up the request with this id. Whether the gateway is to be told by a message.
  bool cancel(std::string_view id);

  // Brings what belongs to no request, on a GET stream, until the session is over. Once per session.
  void follow();

  std::size_t answers_due() const;  // requests that will end by themselves
  bool is_idle() const { return flights_.empty(); }
  async::Event& changed() { return changed_; }  // set when a request has ended; reset by who waits
  void end_all();                               // closes the connections of all

 private:
  using Outcome = std::optional<Trouble>;  // nothing when there is nothing left to say
  enum class Read { answered, cut, too_large };

  static async::Task<void> carry(std::shared_ptr<Carrier> self, std::shared_ptr<Flight> flight);
  static async::Task<void> follow_stream(std::shared_ptr<Carrier> self, std::shared_ptr<Session> session);
  static async::Task<void> end_session(std::shared_ptr<Carrier> self, std::shared_ptr<Session> session);

  void begin_session();
  async::Task<bool> reopen();
  async::Task<bool> greet_again();
  async::Task<Outcome> exchange(Flight& flight);
  async::Task<http::ClientResult> send(Flight& flight);
  async::Task<Outcome> take_answer(Flight& flight, http::ClientResponse response);
  async::Task<Outcome> take_json(Flight& flight, http::ClientResponse response);
  async::Task<Outcome> take_refusal(Flight& flight, int status, std::optional<mcp::Message> said);
  async::Task<Outcome> take_streams(Flight& flight, http::ClientResponse response);
  async::Task<Read> take_stream(std::unique_ptr<http::BodyStream> stream, Place& place, Flight* flight);
  async::Task<void> pass_on(mcp::Message message, Flight* answered);
  void note_answer(const Flight& flight, const mcp::Message& answer);

  async::Task<void> learn_tool(Flight& call);
  async::Task<bool> list_tools(Flight& call);

  async::Loop& loop_;
  Uplink uplink_;
  std::shared_ptr<Output> output_;
  ToolFields tools_;
  execution::Slots slots_;
  std::list<std::shared_ptr<Flight>> flights_;
  async::Event changed_;
  std::string hello_;       // the client's `initialize` that the gateway accepted
  bool reopening_ = false;  // somebody opens the session again; the others wait
  async::Event reopened_;
  bool listing_ = false;  // somebody asks for the list of tools; the others wait
  async::Event listed_;
};

}  // namespace bw::gateway::bridge
