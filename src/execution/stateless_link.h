// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "async/loop.h"
#include "execution/link.h"
#include "execution/session_link.h"
#include "mcp/param_headers.h"

namespace bw::execution {

using ParamHeaders =
    std::map<std::string, std::vector<mcp::ParamHeader>, std::less<>>;  // by tool; only tools that have some

// The stateless generation (2026-07-28): each request says who asks and what that client can do. What the upstream needs
// from the caller it says in its result; a caller of the same generation gets that result, any other is asked through its
// peer and the call is made again. Changes are told on one listening request that is replaced when its subject changes.
class StatelessLink final : public Link, public Inbox, public std::enable_shared_from_this<StatelessLink> {
 public:
  // `discovered` is the upstream's answer to server/discover.
  static std::shared_ptr<StatelessLink> open(async::Loop& loop, std::shared_ptr<Wire> wire, Introduction introduction,
                                             Surroundings& surroundings, const mcp::Message& discovered);

  const Greeting& greeting() const override { return greeting_; }
  Wire& wire() override { return *wire_; }
  bool is_idle() const override { return flights_.empty(); }
  async::Task<CallResult> call(Flight& flight) override;
  async::Task<Status> watch(std::set<std::string> uris) override;
  async::Task<void> close() override;

  async::Task<void> take(mcp::Message message) override;  // aside: over stdio, log messages do not say whose they are

  void set_param_headers(ParamHeaders headers) { param_headers_ = std::move(headers); }

 private:
  class CallInbox;
  class Listening;
  StatelessLink(async::Loop& loop, std::shared_ptr<Wire> wire, Introduction introduction, Surroundings& surroundings)
      : loop_(loop), wire_(std::move(wire)), introduction_(std::move(introduction)), surroundings_(&surroundings) {}

  Outgoing outgoing(const Flight& flight, std::string params);
  void add_param_fields(Outgoing& out, std::string_view name);
  async::Task<CallResult> once(Flight& flight, std::string params);
  async::Task<void> take_for(Flight& flight, mcp::Message message);
  void announce(std::string_view method, json::Value params);
  std::string listen_params(const std::set<std::string>& uris) const;

  static async::Task<void> keep_listening(std::shared_ptr<StatelessLink> self, std::shared_ptr<Listening> listening);

  async::Loop& loop_;
  std::shared_ptr<Wire> wire_;
  Introduction introduction_;
  Surroundings* surroundings_;  // null once closed
  Greeting greeting_;
  ParamHeaders param_headers_;
  std::map<std::int64_t, Flight*> flights_;  // by id, so the last is the latest
  std::shared_ptr<Listening> listening_;
};

// `params` with the envelope of a stateless request in its `_meta`. Empty strings are left out.
struct Envelope {
  std::string_view capabilities;
  std::string_view client_info;
  std::string_view log_level;
  std::string progress_token;
};
std::string with_envelope(std::string_view params, const Envelope& envelope);

}  // namespace bw::execution
