// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "async/loop.h"
#include "execution/backoff.h"
#include "execution/caller_links.h"
#include "execution/connector.h"
#include "execution/feeds.h"
#include "execution/listing.h"
#include "execution/slots.h"
#include "execution/suspended.h"
#include "execution/upstream.h"
#include "http/client.h"
#include "registry/things.h"

namespace bw::execution {

// Keeps one upstream as the registry declares it: connects, lists what it has, follows its changes, and after a failure
// tries again, later and later. It has a link of its own for all that; calls go over that link or over their caller's own.
// A failing upstream is told from a slow one by its timeout, and harms nobody else: each keeper is a task of its own.
class Keeper final : public Surroundings, public std::enable_shared_from_this<Keeper> {
 public:
  // `listener` is told of changes until stop().
  Keeper(async::Loop& loop, http::Client& client, Listener& listener, registry::Upstream declared);

  void start();
  void retire();  // stops once its calls have ended
  async::Task<void> stop();

  const registry::Upstream& declared() const { return declared_; }
  const Health& health() const { return health_; }
  std::shared_ptr<const Catalog> catalog() const { return catalog_; }

  async::Task<CallResult> call(Call call);
  async::Task<Status> listen(Caller caller, std::vector<std::string> resource_uris, Peer* peer);
  void forget(Peer* peer);
  void inherit(Keeper& before);  // whoever listens to the keeper that this one takes the place of
  void close_session(std::string_view session);
  void roots_changed(std::string_view session) { caller_links_.roots_changed(session); }

  // Surroundings
  void list_changed(std::string_view method) override;
  void may_have_missed() override { look_again_.set(); }
  bool publish(std::string_view link, std::string_view method, std::string_view params) override;
  Peer* listener(std::string_view link) override { return feeds_.peer(link); }

 private:
  using LinkResult = std::expected<std::shared_ptr<Link>, Failure>;

  // keeper.cc: the life of the upstream
  static async::Task<void> run(std::shared_ptr<Keeper> self);
  async::Task<Status> connect();
  async::Task<Status> mind();  // until the link is lost, or it is time to stop
  async::Task<Status> refresh();
  void set_state(Health::State state, std::string detail);
  bool is_usable() const;
  async::Task<void> drop_own_link();

  // keeper_calls.cc: what callers ask for
  bool is_own(const Caller& caller) const;
  std::string link_key(const Caller& caller) const;
  async::Task<Status> watch_for(Caller caller);
  async::Task<CallResult> fly(Flight& flight);
  async::Task<CallResult> attempt(Flight& flight, std::shared_ptr<Link> link);
  async::Task<CallResult> change_subscription(Flight& flight, std::shared_ptr<Link> link);
  async::Task<std::expected<void, Failure>> usable(async::Event& over);
  async::Task<LinkResult> link_for(Caller caller, async::Event& over);
  CallResult explain(CallResult result, const Patience& patience) const;
  static async::Task<void> watch_again(std::shared_ptr<Keeper> self, std::string key);
  static async::Task<void> listen_anew(std::shared_ptr<Keeper> self, Feeds::Listening listening);
  static async::Task<void> guard_listeners(std::shared_ptr<Keeper> self, Caller caller);

  async::Loop& loop_;
  Listener* listener_;
  registry::Upstream declared_;
  Connector connector_;
  CallerLinks caller_links_;
  Feeds feeds_;
  SuspendedCalls suspended_;
  Slots slots_;
  std::set<Flight*> flights_;
  std::set<std::string, std::less<>> guarded_;  // links whose listeners are looked after

  Health health_;
  std::shared_ptr<const Catalog> catalog_ = std::make_shared<Catalog>();
  std::shared_ptr<Link> own_;
  Backoff backoff_;
  std::int64_t ready_since_ms_ = 0;  // monotonic; 0: not since the last failure
  std::set<std::string, std::less<>> changed_lists_;
  async::Event look_again_;     // the lists changed, or a call could not be sent
  async::Event state_changed_;  // pulsed
  async::Event stopping_;
  async::Event stopped_;
  bool started_ = false;
  bool retired_ = false;
};

}  // namespace bw::execution
