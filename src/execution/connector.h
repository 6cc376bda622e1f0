// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "async/loop.h"
#include "execution/credentials.h"
#include "execution/link.h"
#include "execution/session_link.h"
#include "http/client.h"
#include "registry/things.h"

namespace bw::execution {

// Opens links to one upstream, and finds out which generation it speaks the way real clients do: it asks server/discover, and
// falls back to initialize where that is not known. An upstream that cannot be reached, or refuses us, is an error and not
// a reason to fall back. A child that was asked in vain is thrown away: what it makes of a second first message is
// nobody's business.
//
// Some speak both. There a caller that speaks sessions gets one: only in a session can it be asked by a server that knows
// no other way to ask in the middle of a call.
class Connector {
 public:
  Connector(async::Loop& loop, http::Client& client, registry::Upstream declared, Surroundings& surroundings);

  async::Task<Result<std::shared_ptr<Link>>> open(Introduction introduction, Patience& patience);

  std::optional<mcp::Era> era() const { return era_; }
  void forget_era() {
    era_.reset();
    refuses_sessions_ = false;
  }

  // Whether a stateless one was asked for a session in vain.
  bool refuses_sessions() const { return refuses_sessions_; }
  bool is_http() const { return !declared_.url.empty(); }

 private:
  enum class Finding { stateless, sessions, silent };
  struct Probe {
    Finding finding = Finding::sessions;
    std::shared_ptr<Link> link;
  };
  Result<std::shared_ptr<Wire>> make_wire(const Introduction& introduction);
  async::Task<Result<std::shared_ptr<Link>>> open_session(Introduction introduction, Patience& patience);
  async::Task<Result<Probe>> probe(Introduction introduction, Patience& patience, std::int64_t silent_ms);

  async::Loop& loop_;
  http::Client& client_;
  registry::Upstream declared_;
  std::shared_ptr<Credentials> credentials_;
  Surroundings& surroundings_;
  std::optional<mcp::Era> era_;
  bool refuses_sessions_ = false;
};

}  // namespace bw::execution
