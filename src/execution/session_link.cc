// SPDX-License-Identifier: Apache-2.0
#include "execution/session_link.h"

#include <fmt/format.h>

#include "base/log.h"
#include "execution/limits.h"
#include "json/writer.h"
#include "mcp/build.h"
#include "mcp/splice.h"

namespace bw::execution {
namespace {

using domain::Outcome;

class Nowhere final : public Inbox {
 public:
  async::Task<void> take(mcp::Message) override { co_return; }
};

bool is_list_change(std::string_view method) {
  return method == mcp::notification::tools_changed || method == mcp::notification::resources_changed ||
         method == mcp::notification::prompts_changed;
}

std::string uri_params(std::string_view uri) {
  json::Writer w;
  w.begin_object().member("uri", uri).end_object();
  return std::move(w).text();
}

std::int64_t integer_of(json::Value value) { return value.integer().value_or(0); }

}  // namespace

// What belongs to one call.
class SessionLink::CallInbox final : public Inbox {
 public:
  CallInbox(SessionLink& link, Flight& flight) : link_(link), flight_(flight) {}
  async::Task<void> take(mcp::Message message) override { return link_.take_for(&flight_, std::move(message)); }
  async::Task<void> stream_closed() override {
    if (flight_.call.peer) co_await tell(flight_, std::string(kStreamClosed), "{}");
  }

 private:
  SessionLink& link_;
  Flight& flight_;
};

async::Task<Result<std::shared_ptr<SessionLink>>> SessionLink::open(async::Loop& loop, std::shared_ptr<Wire> wire,
                                                                    Introduction introduction,
                                                                    Surroundings& surroundings, Patience& patience) {
  std::shared_ptr<SessionLink> link(new SessionLink(loop, std::move(wire), std::move(introduction), surroundings));
  auto greeted = co_await link->handshake(patience);
  if (!greeted) {
    co_await link->close();
    co_return fail(std::move(greeted).error());
  }
  link->wire_->follow(link);
  co_return link;
}

async::Task<Status> SessionLink::handshake(Patience& patience) {
  json::Writer w;
  w.begin_object()
      .member("protocolVersion", mcp::kNewestSessions)
      .member_raw("capabilities", introduction_.capabilities);
  w.member_raw("clientInfo", introduction_.client_info).end_object();
  auto params = std::move(w).text();
  auto answer = co_await ask_quietly(std::string(mcp::method::initialize), std::move(params), &patience.over());
  if (!answer) co_return fail(std::move(answer).error().error);
  if (answer->kind == mcp::Message::Kind::error) {
    auto why = answer->error["message"].string().value_or("");
    co_return fail(Code::failed_precondition, fmt::format("the upstream refuses to initialize: {}", why));
  }
  auto version = answer->result["protocolVersion"].string().value_or("");
  if (!mcp::is_session_revision(version)) {
    co_return fail(Code::failed_precondition,
                   fmt::format("the upstream wants protocol version `{}`, which is not spoken here", version));
  }
  greeting_.protocol = version;
  auto capabilities = answer->result["capabilities"];
  greeting_.capabilities = capabilities.is(json::Kind::object) ? capabilities.raw() : "{}";
  greeting_.instructions = answer->result["instructions"].string().value_or("");
  wire_->speak(mcp::Era::sessions, greeting_.protocol);
  auto initialized = mcp::notification_text(mcp::notification::initialized, {});
  auto sent = co_await wire_->send(std::move(initialized));
  co_return sent;
}

async::Task<std::expected<mcp::Message, Failure>> SessionLink::ask_quietly(std::string method, std::string params,
                                                                           async::Event* over) {
  Outgoing out;
  out.id = wire_->next_id();
  out.method = std::move(method);
  out.params = std::move(params);
  out.over = over;
  Nowhere inbox;
  auto answer = co_await wire_->exchange(std::move(out), inbox);
  co_return answer;
}

// A session has one log level, so on a shared link the most talkative caller sets it; each gets what it asked for.
async::Task<void> SessionLink::adjust_log_level(Flight& flight) {
  auto level = mcp::log_severity(flight.call.caller.log_level);
  if (!level || !declares(greeting_.capabilities, "logging")) co_return;
  if (log_level_ && (is_shared() ? *log_level_ <= *level : *log_level_ == *level)) co_return;
  log_level_ = level;
  json::Writer w;
  w.begin_object().member("level", flight.call.caller.log_level).end_object();
  auto params = std::move(w).text();
  auto answer = co_await ask_quietly(std::string(mcp::method::set_level), std::move(params), &flight.patience.over());
  if (!answer) log_level_.reset();
}

async::Task<CallResult> SessionLink::call(Flight& flight) {
  auto& call = flight.call;
  if (call.method == mcp::method::set_level) {
    log_level_ = mcp::log_severity(unquoted(mcp::get_member(call.params, "level").value_or("")));
  } else {
    co_await adjust_log_level(flight);
  }
  Outgoing out;
  out.id = wire_->next_id();
  out.method = call.method;
  out.params = call.progress_token.empty()
                   ? call.params
                   : mcp::set_meta(call.params, mcp::meta::progress_token, std::to_string(out.id));
  out.repeatable = call.method.ends_with("/list");
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

async::Task<Status> SessionLink::tell_watch(std::string_view method, std::string uri, async::Event& over) {
  auto params = uri_params(uri);
  auto answer = co_await ask_quietly(std::string(method), std::move(params), &over);
  if (!answer) co_return fail(std::move(answer).error().error);
  if (answer->kind == mcp::Message::Kind::error) {
    co_return fail(Code::failed_precondition,
                   fmt::format("{}: {}", method, answer->error["message"].string().value_or("")));
  }
  if (method == mcp::method::resources_subscribe) watched_.insert(uri);
  else watched_.erase(uri);
  co_return Status{};
}

async::Task<Status> SessionLink::watch(std::set<std::string> uris) {
  co_await async::wait_any(kProbeMs, wire_->following(), wire_->broken());
  if (!declares(greeting_.capabilities, "resources", "subscribe")) co_return Status{};
  Patience patience(loop_, 10 * kProbeMs);
  auto before = watched_;
  for (const auto& uri : uris) {
    if (before.contains(uri)) continue;
    auto told = co_await tell_watch(mcp::method::resources_subscribe, uri, patience.over());
    if (!told) co_return told;
  }
  for (const auto& uri : before) {
    if (uris.contains(uri)) continue;
    auto told = co_await tell_watch(mcp::method::resources_unsubscribe, uri, patience.over());
    if (!told) co_return told;
  }
  co_return Status{};
}

void SessionLink::gap() {
  if (surroundings_) surroundings_->may_have_missed();
}

Flight* SessionLink::latest() {
  for (auto it = flights_.rbegin(); it != flights_.rend(); ++it) {
    if (it->second->call.peer) return it->second;
  }
  return nullptr;
}

async::Task<void> SessionLink::take(mcp::Message message) { return take_for(nullptr, std::move(message)); }

async::Task<void> SessionLink::take_for(Flight* flight, mcp::Message message) {
  if (message.is_request()) {
    take_request(flight, std::move(message));
    co_return;
  }
  if (message.kind == mcp::Message::Kind::notification) co_await take_notification(flight, std::move(message));
}

async::Task<void> SessionLink::take_notification(Flight* flight, mcp::Message message) {
  auto method = std::string(message.method);
  auto params = std::string(message.params ? message.params.raw() : "{}");
  if (is_list_change(method)) {
    if (surroundings_) surroundings_->list_changed(method);
    co_return;
  }
  if (method == mcp::notification::cancelled) co_return;
  if (method == mcp::notification::progress) {
    auto found = flights_.find(integer_of(message.params["progressToken"]));
    if (found == flights_.end() || found->second->call.progress_token.empty()) co_return;
    flight = found->second;
    params = mcp::set_member(params, "progressToken", flight->call.progress_token);
  } else if (!flight) {
    // On a shared link nobody can tell whose call this is about, unless there is only one.
    bool heard = (!is_shared() || method == mcp::notification::resource_updated) && surroundings_ &&
                 surroundings_->publish(introduction_.key, method, params);
    if (heard || (is_shared() && flights_.size() != 1)) co_return;
    flight = latest();
  } else if (method == mcp::notification::resource_updated) {
    if (surroundings_) surroundings_->publish(introduction_.key, method, params);
    co_return;
  }
  if (!flight || !flight->call.peer) co_return;
  if (method == mcp::notification::message && !wants_log(flight->call.caller.log_level, params)) co_return;
  co_await tell(*flight, std::move(method), std::move(params));
}

void SessionLink::take_request(Flight* flight, mcp::Message message) {
  auto self = shared_from_this();
  if (message.method == mcp::method::ping) {
    async::spawn(loop_, answer(self, mcp::result_response(message.id, "{}")));
    return;
  }
  if (!flight && !is_shared()) flight = latest();
  auto capability = mcp::capability_for(message.method);
  bool declared = !capability.empty() && declares(introduction_.capabilities, capability);
  if (message.method == mcp::method::roots_list) has_asked_roots_ = true;
  if (declared && !flight && !is_shared() && surroundings_ && surroundings_->listener(introduction_.key)) {
    async::spawn(loop_, ask_aside(self, std::move(message)));
    return;
  }
  if (!flight || !flight->call.peer || !declared) {
    auto text =
        mcp::error_response(message.id, mcp::code::method_not_found, "there is nobody here who could be asked this");
    async::spawn(loop_, answer(self, std::move(text)));
    return;
  }
  ++flight->asks;
  async::spawn(loop_, ask(self, flight, std::move(message)));
}

async::Task<void> SessionLink::answer(std::shared_ptr<SessionLink> self, std::string text) {
  auto sent = co_await self->wire_->send(std::move(text));
  if (!sent) log::warn("an answer to an upstream's request could not be sent: {}", sent.error().message);
}

// The time a caller takes to answer is not held against the upstream.
async::Task<void> SessionLink::ask(std::shared_ptr<SessionLink> self, Flight* flight, mcp::Message message) {
  flight->patience.pause();
  auto method = std::string(message.method);
  auto params = std::string(message.params ? message.params.raw() : "{}");
  auto said = co_await flight->call.peer->request(std::move(method), std::move(params));
  flight->patience.resume();
  auto text = said ? mcp::result_response(message.id, *said)
                   : mcp::error_response(message.id, mcp::code::internal_error, said.error().message);
  co_await answer(self, std::move(text));
  --flight->asks;
  flight->asks_ended.set();
}

// What belongs to no call takes the time that its caller takes: nobody waits here.
async::Task<void> SessionLink::ask_aside(std::shared_ptr<SessionLink> self, mcp::Message message) {
  auto* peer = self->surroundings_ ? self->surroundings_->listener(self->introduction_.key) : nullptr;
  Result<std::string> said = fail(Code::cancelled, "the caller went away");
  if (peer) {
    auto method = std::string(message.method);
    auto params = std::string(message.params ? message.params.raw() : "{}");
    said = co_await peer->request(std::move(method), std::move(params));
  }
  auto text = said ? mcp::result_response(message.id, *said)
                   : mcp::error_response(message.id, mcp::code::internal_error, said.error().message);
  co_await answer(self, std::move(text));
}

void SessionLink::roots_changed() {
  if (!has_asked_roots_ || !declares(introduction_.capabilities, "roots")) return;
  async::spawn(loop_, answer(shared_from_this(), mcp::notification_text(mcp::notification::roots_changed, {})));
}

async::Task<void> SessionLink::close() {
  surroundings_ = nullptr;
  auto self = shared_from_this();
  co_await wire_->close();
}

}  // namespace bw::execution
