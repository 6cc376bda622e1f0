// SPDX-License-Identifier: Apache-2.0
#include "execution/stateless_link.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "execution/input_rounds.h"
#include "execution/limits.h"
#include "json/writer.h"
#include "mcp/build.h"
#include "mcp/splice.h"

namespace bw::execution {
namespace {

using domain::Outcome;

constexpr std::int64_t kComeBackMs = 250;  // before a call is repeated that was only told to come back

}  // namespace

std::string with_envelope(std::string_view params, const Envelope& envelope) {
  json::Writer w;
  w.begin_object().member(mcp::meta::protocol_version, mcp::kStateless);
  w.member_raw(mcp::meta::client_capabilities, envelope.capabilities.empty() ? "{}" : envelope.capabilities);
  if (!envelope.client_info.empty()) w.member_raw(mcp::meta::client_info, envelope.client_info);
  w.optional(mcp::meta::log_level, envelope.log_level);
  if (!envelope.progress_token.empty()) w.member_raw(mcp::meta::progress_token, envelope.progress_token);
  w.end_object();
  if (params.empty()) params = "{}";
  auto before = mcp::get_member(params, "_meta");
  if (!before || before->size() < 2 || before->front() != '{') return mcp::set_member(params, "_meta", w.text());
  // What rides in `_meta` besides, such as a trace context, stays.
  auto document = json::Document::parse(w.text());
  std::string merged(*before);
  for (auto key : {mcp::meta::client_info, mcp::meta::log_level, mcp::meta::progress_token})
    merged = mcp::remove_member(merged, key);
  for (auto [key, value] : document->root().members()) merged = mcp::set_member(merged, key, value.raw());
  return mcp::set_member(params, "_meta", merged);
}

// What belongs to one call.
class StatelessLink::CallInbox final : public Inbox {
 public:
  CallInbox(StatelessLink& link, Flight& flight) : link_(link), flight_(flight) {}
  async::Task<void> take(mcp::Message message) override { return link_.take_for(flight_, std::move(message)); }

 private:
  StatelessLink& link_;
  Flight& flight_;
};

// One listening request: from when it is sent until another takes its place.
class StatelessLink::Listening final : public Inbox {
 public:
  Listening(std::weak_ptr<StatelessLink> link, std::set<std::string> uris)
      : link_(std::move(link)), uris_(std::move(uris)) {}

  async::Task<void> take(mcp::Message message) override {
    auto link = link_.lock();
    if (!link || message.kind != mcp::Message::Kind::notification) co_return;
    if (message.method == mcp::notification::acknowledged) acknowledged.set();
    else link->announce(message.method, message.params);
  }

  const std::set<std::string>& uris() const { return uris_; }
  async::Event acknowledged;
  async::Event over;  // it is not wanted any more
  bool refused = false;

 private:
  std::weak_ptr<StatelessLink> link_;
  std::set<std::string> uris_;
};

std::shared_ptr<StatelessLink> StatelessLink::open(async::Loop& loop, std::shared_ptr<Wire> wire,
                                                   Introduction introduction, Surroundings& surroundings,
                                                   const mcp::Message& discovered) {
  std::shared_ptr<StatelessLink> link(new StatelessLink(loop, std::move(wire), std::move(introduction), surroundings));
  auto capabilities = discovered.result["capabilities"];
  link->greeting_.protocol = mcp::kStateless;
  link->greeting_.capabilities = capabilities.is(json::Kind::object) ? capabilities.raw() : "{}";
  link->greeting_.instructions = discovered.result["instructions"].string().value_or("");
  link->wire_->speak(mcp::Era::stateless, std::string(mcp::kStateless));
  link->wire_->follow(link);
  return link;
}

void StatelessLink::add_param_fields(Outgoing& out, std::string_view name) {
  auto declared = param_headers_.find(name);
  if (declared == param_headers_.end()) return;
  auto arguments = mcp::get_member(out.params, "arguments");
  if (!arguments) return;
  auto document = json::Document::parse(std::string(*arguments), kMessageLimits);
  if (document) out.fields = mcp::param_fields(declared->second, document->root());
}

Outgoing StatelessLink::outgoing(const Flight& flight, std::string params) {
  const auto& call = flight.call;
  bool can_be_asked = call.caller.multi_round || call.peer;
  Outgoing out;
  out.id = wire_->next_id();
  out.method = call.method;
  out.partition = call.caller.session;
  out.repeatable = call.method.ends_with("/list");
  auto member = mcp::name_member(call.method);
  if (!member.empty()) out.name = unquoted(mcp::get_member(params, member).value_or(""));
  Envelope envelope{
      .capabilities = can_be_asked ? call.caller.capabilities : std::string_view(),
      .client_info = call.caller.client_info.empty() ? introduction_.client_info : call.caller.client_info,
      .log_level = call.peer ? call.caller.log_level : std::string_view()};
  if (!call.progress_token.empty()) envelope.progress_token = std::to_string(out.id);
  out.params = with_envelope(params, envelope);
  if (call.method == mcp::method::tools_call) add_param_fields(out, out.name);
  return out;
}

async::Task<CallResult> StatelessLink::once(Flight& flight, std::string params) {
  auto out = outgoing(flight, std::move(params));
  out.over = &flight.patience.over();
  CallInbox inbox(*this, flight);
  auto id = out.id;
  flights_[id] = &flight;
  auto answer = co_await wire_->exchange(std::move(out), inbox);
  flights_.erase(id);
  co_await asks_over(flight);
  if (!answer) co_return std::unexpected(std::move(answer).error());
  co_return to_reply(*answer);
}

async::Task<CallResult> StatelessLink::call(Flight& flight) {
  // What only sessions have is answered here: this generation says the same things with each request.
  if (flight.call.method == mcp::method::ping || flight.call.method == mcp::method::set_level)
    co_return Reply{.body = "{}"};
  auto params = flight.call.params;
  int asked = 0;
  for (;;) {
    auto result = co_await once(flight, params);
    if (!result || result->kind != Reply::Kind::input_required || flight.call.caller.multi_round) co_return result;
    if (!asks_something(result->body)) {
      co_await async::wait_any(kComeBackMs, flight.patience.over());
      if (flight.patience.over().is_set())
        co_return failure(Outcome::ambiguous, Code::cancelled, "gave up while the upstream asked to come back");
    } else if (++asked > kInputRoundsMax) {
      co_return error_reply(mcp::code::internal_error, "the upstream asks for more input again and again");
    }
    auto next = co_await answer_questions(flight, std::move(params), std::move(result->body));
    if (!next) co_return error_reply(mcp::code::internal_error, next.error().message);
    params = std::move(*next);
  }
}

// This generation has no requests towards clients.
async::Task<void> StatelessLink::take_for(Flight& flight, mcp::Message message) {
  if (message.kind != mcp::Message::Kind::notification || !flight.call.peer) co_return;
  auto method = std::string(message.method);
  auto params = std::string(message.params ? message.params.raw() : "{}");
  if (method == mcp::notification::progress) {
    if (flight.call.progress_token.empty()) co_return;
    params = mcp::set_member(params, "progressToken", flight.call.progress_token);
  }
  if (method == mcp::notification::message && !wants_log(flight.call.caller.log_level, params)) co_return;
  co_await tell(flight, std::move(method), std::move(params));
}

// On a link of several callers a message without a name on it is for nobody, unless only one call is on its way.
async::Task<void> StatelessLink::take(mcp::Message message) {
  if (message.method != mcp::notification::message || flights_.empty()) co_return;
  if (introduction_.key.empty() && flights_.size() != 1) co_return;
  auto* flight = flights_.rbegin()->second;
  co_await take_for(*flight, std::move(message));
}

void StatelessLink::announce(std::string_view method, json::Value params) {
  if (!surroundings_) return;
  if (method.ends_with("/list_changed")) return surroundings_->list_changed(method);
  auto text = mcp::remove_meta(params ? params.raw() : "{}", mcp::meta::subscription_id);
  surroundings_->publish(introduction_.key, method, text);
}

std::string StatelessLink::listen_params(const std::set<std::string>& uris) const {
  json::Writer w;
  w.begin_object().key("notifications").begin_object();
  const auto& capabilities = greeting_.capabilities;
  if (declares(capabilities, "tools", "listChanged")) w.member("toolsListChanged", true);
  if (declares(capabilities, "prompts", "listChanged")) w.member("promptsListChanged", true);
  if (declares(capabilities, "resources", "listChanged")) w.member("resourcesListChanged", true);
  if (!uris.empty()) {
    w.key("resourceSubscriptions").begin_array();
    for (const auto& uri : uris) w.string(uri);
    w.end_array();
  }
  w.end_object().end_object();
  return with_envelope(w.text(), {.client_info = introduction_.client_info});
}

// The new request is acknowledged before the old one ends, so nothing falls between the two.
async::Task<Status> StatelessLink::watch(std::set<std::string> uris) {
  const auto& capabilities = greeting_.capabilities;
  bool lists = declares(capabilities, "tools", "listChanged") || declares(capabilities, "prompts", "listChanged") ||
               declares(capabilities, "resources", "listChanged");
  if (!lists && uris.empty()) co_return Status{};
  if (listening_ && listening_->uris() == uris) {
    auto same = listening_;
    co_await async::wait_any(kProbeMs, same->acknowledged);
    co_return Status{};
  }
  auto listening = std::make_shared<Listening>(weak_from_this(), std::move(uris));
  auto before = std::exchange(listening_, listening);
  async::spawn(loop_, keep_listening(shared_from_this(), listening));
  auto first = co_await async::wait_any(kProbeMs * 3, listening->acknowledged, wire_->broken());
  if (before) before->over.set();
  if (!first) co_return fail(Code::deadline_exceeded, "the upstream does not acknowledge that it is listened to");
  if (listening->refused) co_return fail(Code::failed_precondition, "the upstream refuses to be listened to");
  co_return Status{};
}

async::Task<void> StatelessLink::keep_listening(std::shared_ptr<StatelessLink> self,
                                                std::shared_ptr<Listening> listening) {
  std::int64_t pause_ms = kBackoffFirstMs;
  while (!listening->over.is_set() && !self->wire_->broken().is_set()) {
    Outgoing out;
    out.id = self->wire_->next_id();
    out.method = mcp::method::listen;
    out.params = self->listen_params(listening->uris());
    out.over = &listening->over;
    bool again = listening->acknowledged.is_set();
    auto answer = co_await self->wire_->exchange(std::move(out), *listening);
    if (answer && answer->kind == mcp::Message::Kind::error) {
      log::debug("an upstream refuses to be listened to: {}", answer->error["message"].string().value_or(""));
      listening->refused = true;
      listening->acknowledged.set();
      co_return;
    }
    co_await async::wait_any(pause_ms, listening->over, self->wire_->broken());
    pause_ms = again ? std::min(pause_ms * 2, kBackoffMaxMs) : kBackoffFirstMs;
    if (self->surroundings_ && !listening->over.is_set()) self->surroundings_->may_have_missed();
  }
}

async::Task<void> StatelessLink::close() {
  surroundings_ = nullptr;
  if (listening_) listening_->over.set();
  auto self = shared_from_this();
  co_await wire_->close();
}

}  // namespace bw::execution
