// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "execution/keeper.h"
#include "execution/limits.h"
#include "mcp/splice.h"

namespace bw::execution {
namespace {

using domain::Outcome;

constexpr std::string_view kClientInfo = R"({"name":"bailiwick","version":"0.1.0"})";

bool is_subscription(std::string_view method) {
  return method == mcp::method::resources_subscribe || method == mcp::method::resources_unsubscribe;
}

}  // namespace

// Whether the caller's requests go over our own link: it shares a declared-shared one, or there are no sessions to be had.
bool Keeper::is_own(const Caller& caller) const {
  if (caller.session.empty() || declared_.sessions == registry::Sessions::shared) return true;
  if (!connector_.is_http() || connector_.era() != mcp::Era::stateless) return false;
  return caller.multi_round || connector_.refuses_sessions();
}

std::string Keeper::link_key(const Caller& caller) const {
  return is_own(caller) ? std::string() : CallerLinks::key(caller);
}

async::Task<std::expected<void, Failure>> Keeper::usable(async::Event& over) {
  while (!is_usable()) {
    if (health_.state == Health::State::failing)
      co_return failure(Outcome::not_executed, Code::unavailable, health_.detail);
    if (stopping_.is_set())
      co_return failure(Outcome::not_executed, Code::unavailable, "the upstream is not declared any more");
    co_await async::wait_any(async::kNever, state_changed_, over, stopping_);
    if (over.is_set())
      co_return failure(Outcome::not_executed, Code::cancelled, "gave up while the upstream was not ready");
  }
  co_return std::expected<void, Failure>();
}

async::Task<Keeper::LinkResult> Keeper::link_for(Caller caller, async::Event& over) {
  auto ready = co_await usable(over);
  if (!ready) co_return std::unexpected(std::move(ready).error());
  if (is_own(caller)) co_return own_;
  auto key = CallerLinks::key(caller);
  auto asking = caller;
  auto link = co_await caller_links_.get(shared_from_this(), std::move(asking), std::string(kClientInfo), over);
  if (!link && own_ && is_own(caller)) {  // there are no sessions, as it just turned out
    feeds_.assign([this](const Caller& listening) { return link_key(listening); });
    co_return own_;
  }
  if (!link) co_return std::unexpected(Failure{Outcome::not_executed, std::move(link).error()});
  auto opened = std::move(*link);
  auto uris = feeds_.uris(key);
  if (!uris.empty())
    co_await opened->watch(std::move(uris));  // a link that took another's place does not know them yet
  co_return opened;
}

// A failure in words that say whose doing it was.
CallResult Keeper::explain(CallResult result, const Patience& patience) const {
  if (result || result.error().error.code != Code::cancelled) return result;
  auto outcome = result.error().outcome;
  if (patience.why() == Patience::End::timeout) {
    auto message =
        fmt::format("upstream {} did not answer within {}", declared_.name, format_duration_ms(patience.ms()));
    return failure(outcome, Code::deadline_exceeded, std::move(message));
  }
  if (patience.why() == Patience::End::shutdown) return failure(outcome, Code::unavailable, "Bailiwick is stopping");
  return result;
}

async::Task<CallResult> Keeper::call(Call call) {
  auto self = shared_from_this();
  auto ms = call.timeout_ms > 0 ? call.timeout_ms : declared_.timeout_ms;
  Flight flight(loop_, std::move(call), ms);
  flights_.insert(&flight);
  auto entered = co_await slots_.enter(flight.patience.over());
  if (!entered) {
    flights_.erase(&flight);
    co_return explain(std::unexpected(Failure{Outcome::not_executed, std::move(entered).error()}), flight.patience);
  }
  auto result = co_await fly(flight);
  slots_.leave();
  flights_.erase(&flight);
  if (retired_ && flights_.empty()) stopping_.set();
  co_return explain(std::move(result), flight.patience);
}

// A link that turns out to be dead before anything was sent is replaced, once.
async::Task<CallResult> Keeper::fly(Flight& flight) {
  for (int attempts = 1;; ++attempts) {
    auto caller = flight.call.caller;
    auto link = co_await link_for(std::move(caller), flight.patience.over());
    if (!link) co_return std::unexpected(std::move(link).error());
    auto used = std::move(*link);
    auto result = co_await attempt(flight, used);
    if (result || result.error().outcome != Outcome::not_executed) co_return result;
    if (result.error().error.code == Code::unavailable && used == own_) look_again_.set();
    if (attempts > 1 || !used->wire().broken().is_set()) co_return result;
  }
}

async::Task<CallResult> Keeper::attempt(Flight& flight, std::shared_ptr<Link> link) {
  bool stateless = link->greeting().protocol == mcp::kStateless;
  const auto& call = flight.call;
  if (call.stopped && call.stopped->is_set()) {
    co_return failure(Outcome::not_executed, Code::cancelled, "stopped by a kill switch before it was sent");
  }
  if (is_subscription(call.method)) {
    auto result = co_await change_subscription(flight, std::move(link));
    co_return result;
  }
  if (call.caller.multi_round && !stateless && mcp::may_require_input(call.method)) {
    auto ms = call.timeout_ms > 0 ? call.timeout_ms : declared_.timeout_ms;
    auto result = co_await suspended_.call(std::move(link), flight, ms);
    co_return result;
  }
  auto result = co_await link->call(flight);
  co_return result;
}

// A session's own subscriptions. The stateless generation has none: its listening request names all that is wanted. On a
// shared link the upstream is told only when the first comes and the last goes.
async::Task<CallResult> Keeper::change_subscription(Flight& flight, std::shared_ptr<Link> link) {
  const auto& call = flight.call;
  bool subscribe = call.method == mcp::method::resources_subscribe;
  auto uri = unquoted(mcp::get_member(call.params, "uri").value_or(""));
  if (uri.empty()) co_return error_reply(mcp::code::invalid_params, "`uri` is missing");
  auto key = link_key(call.caller);
  if (link->greeting().protocol != mcp::kStateless && !key.empty()) {
    auto result = co_await link->call(flight);
    if (!result || result->kind != Reply::Kind::result) co_return result;
    if (subscribe) feeds_.subscribe(key, call.caller.session, uri);
    else feeds_.unsubscribe(key, call.caller.session, uri);
    co_return result;
  }
  if (subscribe) feeds_.subscribe(key, call.caller.session, uri);
  else feeds_.unsubscribe(key, call.caller.session, uri);
  auto uris = feeds_.uris(key);
  auto watching = co_await link->watch(std::move(uris));
  if (!watching) co_return error_reply(mcp::code::internal_error, watching.error().message);
  co_return Reply{.body = "{}"};
}

// A listener is known from the first moment on, so that it can be forgotten while the link is being opened.
async::Task<Status> Keeper::listen(Caller caller, std::vector<std::string> resource_uris, Peer* peer) {
  auto self = shared_from_this();
  std::set<std::string> wanted(resource_uris.begin(), resource_uris.end());
  feeds_.add(link_key(caller), caller, std::move(wanted), peer);
  auto watching = co_await watch_for(std::move(caller));
  if (!watching) feeds_.remove(peer);
  co_return watching;
}

async::Task<Status> Keeper::watch_for(Caller caller) {
  Patience patience(loop_, declared_.timeout_ms, &stopping_);
  auto asking = caller;
  auto link = co_await link_for(std::move(asking), patience.over());
  if (!link) co_return fail(std::move(link).error().error);
  auto key = link_key(caller);
  auto uris = feeds_.uris(key);
  auto listened_on = std::move(*link);
  auto watching = co_await listened_on->watch(std::move(uris));
  if (watching && !key.empty() && guarded_.insert(key).second)
    async::spawn(loop_, guard_listeners(shared_from_this(), std::move(caller)));
  co_return watching;
}

// A caller's link is opened when it is needed for a call; while somebody listens on it, it is needed all the time.
async::Task<void> Keeper::guard_listeners(std::shared_ptr<Keeper> self, Caller caller) {
  auto key = CallerLinks::key(caller);
  Backoff backoff;
  while (self->feeds_.listens(key) && !self->stopping_.is_set()) {
    Patience patience(self->loop_, self->declared_.timeout_ms, &self->stopping_);
    auto asking = caller;
    auto link = co_await self->link_for(std::move(asking), patience.over());
    if (link) {
      auto listened_on = std::move(*link);
      co_await async::wait_any(async::kNever, listened_on->wire().broken(), self->stopping_);
    }
    co_await async::wait_any(backoff.next_ms(0), self->stopping_);
  }
  self->guarded_.erase(key);
}

async::Task<void> Keeper::watch_again(std::shared_ptr<Keeper> self, std::string key) {
  auto link = key.empty() ? self->own_ : self->caller_links_.find(key);
  if (!link || link->wire().broken().is_set()) co_return;
  auto uris = self->feeds_.uris(key);
  auto watching = co_await link->watch(std::move(uris));
  (void)watching;  // what is told too much is dropped here
}

async::Task<void> Keeper::listen_anew(std::shared_ptr<Keeper> self, Feeds::Listening listening) {
  Backoff backoff;
  while (self->feeds_.has(listening.peer) && !self->stopping_.is_set()) {
    auto caller = listening.caller;
    auto watching = co_await self->watch_for(std::move(caller));
    if (watching) co_return;
    co_await async::wait_any(backoff.next_ms(0), self->stopping_);
  }
}

void Keeper::inherit(Keeper& before) {
  for (auto& listening : before.feeds_.take_all()) {
    feeds_.add(link_key(listening.caller), listening.caller, {listening.uris.begin(), listening.uris.end()},
               listening.peer);
    async::spawn(loop_, listen_anew(shared_from_this(), std::move(listening)));
  }
}

void Keeper::forget(Peer* peer) {
  auto key = feeds_.remove(peer);
  if (key && !stopping_.is_set()) async::spawn(loop_, watch_again(shared_from_this(), std::move(*key)));
}

void Keeper::close_session(std::string_view session) {
  feeds_.remove_session(session);
  suspended_.close_session(session);
  caller_links_.close_session(session);
  if (!stopping_.is_set()) async::spawn(loop_, watch_again(shared_from_this(), {}));
}

}  // namespace bw::execution
