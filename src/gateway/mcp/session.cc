// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/session.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "crypto/random.h"
#include "mcp/build.h"
#include "mcp/protocol.h"
#include "mcp/splice.h"

namespace bw::gateway {

namespace {

// Notifications that are no business of one client: lists are told by the catalogue, and what an upstream cancels is one
// of its own requests, under its own number.
bool is_passed_on(std::string_view method) {
  return !method.ends_with("/list_changed") && method != mcp::notification::cancelled;
}

}  // namespace

Session::Session(std::string id, domain::Principal principal, Hello hello, McpParts parts, const McpLimits& limits)
    : id_(std::move(id)),
      run_(crypto::new_id("run", parts.clock.now_ms())),
      hello_(std::move(hello)),
      parts_(parts),
      visit_(parts_.visits, std::move(principal), [this] { leave(); }),
      limits_(limits),
      used_ms_(parts.clock.now_ms()),
      standing_(std::make_shared<SessionStream>("s")),
      ear_(parts.loop, parts.upstreams, *this) {}

bool Session::belongs_to(const domain::Principal& principal) const {
  const auto& owner = visit_.principal();
  return principal.agent == owner.agent && principal.workflow == owner.workflow &&
         principal.environment == owner.environment;
}

void Session::touch(const domain::Principal& principal) {
  touch();
  if (principal.token != visit_.principal().token) visit_.renew(principal);
}

execution::Caller Session::caller() const {
  return {
      .session = id_, .capabilities = hello_.capabilities, .client_info = hello_.client_info, .log_level = log_level};
}

bool Session::declares(std::string_view capability) const {
  return !capability.empty() && mcp::get_member(hello_.capabilities, capability).has_value();
}

bool Session::is_busy() const {
  return !calls_.empty() || standing_->has_reader() ||
         std::ranges::any_of(streams_, [](const auto& s) { return s->has_reader(); });
}

std::shared_ptr<SessionStream> Session::open_stream() {
  streams_.push_back(std::make_shared<SessionStream>(fmt::format("c{}", ++streams_opened_)));
  make_room();
  return streams_.back();
}

// Streams whose call is over are kept for a client that resumes, within bounds.
void Session::make_room() {
  std::size_t bytes = 0;
  for (const auto& stream : streams_) bytes += stream->bytes();
  auto is_kept = [](const auto& stream) { return stream->is_finished() && !stream->has_reader(); };
  for (auto kept = std::ranges::count_if(streams_, is_kept); kept > 0; --kept) {
    if (static_cast<std::size_t>(kept) <= limits_.kept_streams_max && bytes <= limits_.kept_bytes_max) return;
    auto oldest = std::ranges::find_if(streams_, is_kept);
    bytes -= (*oldest)->bytes();
    streams_.erase(oldest);
  }
}

std::shared_ptr<SessionStream> Session::stream(std::string_view name) const {
  if (name == standing_->name()) return standing_;
  auto found = std::ranges::find_if(streams_, [&](const auto& stream) { return stream->name() == name; });
  return found == streams_.end() ? nullptr : *found;
}

void Session::drop_stream(const SessionStream& stream) {
  std::erase_if(streams_, [&](const auto& kept) { return kept.get() == &stream; });
}

bool Session::begin_call(std::string_view id, const std::shared_ptr<SessionCall>& call) {
  if (calls_.size() >= limits_.calls_per_session_max) return false;
  return calls_.emplace(id, call).second;
}

void Session::end_call(std::string_view id) {
  if (auto at = calls_.find(id); at != calls_.end()) calls_.erase(at);
  touch();
  if (is_leaving_ && calls_.empty()) end();
}

// What was sent upstream goes on, so that its outcome is known; the upstream's session is needed for that.
void Session::leave() {
  is_leaving_ = true;
  standing_->finish();
  if (calls_.empty()) end();
}

void Session::cancel_call(std::string_view id) {
  auto at = calls_.find(id);
  if (auto call = at == calls_.end() ? nullptr : at->second.lock()) call->cancel();
}

// The upstream's own number would meet another upstream's: the client sees one of ours.
async::Task<Result<std::string>> Session::ask(std::shared_ptr<SessionStream> stream, std::string method,
                                              std::string params, async::Event* cancelled) {
  if (method != mcp::method::ping && !declares(mcp::capability_for(method))) {
    co_return fail(Code::failed_precondition,
                   fmt::format("the client did not declare that it can answer `{}`", method));
  }
  if (ended_.is_set()) co_return fail(Code::cancelled, "the session has ended");
  auto id = std::to_string(++asked_);
  Question question;
  questions_.emplace(id, &question);
  stream->push(mcp::request_text(id, method, params), limits_);
  auto& gave_up = cancelled == nullptr ? ended_ : *cancelled;
  [[maybe_unused]] auto first = co_await async::wait_any(limits_.ask_ms, question.answered, gave_up, ended_);
  questions_.erase(id);
  if (!question.is_answered) co_return fail(Code::cancelled, "the client did not answer");
  if (question.is_error) co_return fail(Code::failed_precondition, std::move(question.text));
  co_return std::move(question.text);
}

void Session::answered(const mcp::Message& response) {
  auto at = questions_.find(response.id);
  if (at == questions_.end()) return;
  auto& question = *at->second;
  question.is_error = response.kind == mcp::Message::Kind::error;
  question.text = question.is_error ? std::string(response.error["message"].string().value_or(""))
                                    : std::string(response.result.raw());
  question.is_answered = true;
  question.answered.set();
}

async::Task<void> Session::notify(std::string method, std::string params) {
  if (is_passed_on(method)) standing_->push(mcp::notification_text(method, params), limits_);
  co_return;
}

async::Task<Result<std::string>> Session::request(std::string method, std::string params) {
  auto self = shared_from_this();
  auto result = co_await ask(standing_, std::move(method), std::move(params), nullptr);
  co_return result;
}

void Session::list_changed(std::string_view method) {
  auto notice = mcp::notification_text(method, {});
  if (!standing_->has_unread(notice)) standing_->push(std::move(notice), limits_);
  if (ear_.is_stale()) async::spawn(parts_.loop, follow_apart(shared_from_this()));
}

async::Task<Status> Session::subscribe(std::string upstream, std::string uri) {
  auto self = shared_from_this();
  std::size_t subscribed = 0;
  for (const auto& [name, uris] : followed_) subscribed += uris.size();
  if (subscribed >= limits_.subscriptions_max)
    co_return fail(Code::resource_exhausted, "too many subscriptions of this session");
  followed_[upstream].insert(std::move(uri));
  co_await follow_again();
  co_return Status{};
}

async::Task<void> Session::unsubscribe(std::string uri) {
  auto self = shared_from_this();
  for (auto& [name, uris] : followed_) uris.erase(uri);
  co_await follow_again();
}

void Session::follow(std::string_view upstream) {
  if (ended_.is_set() || !followed_.emplace(upstream, std::set<std::string>()).second) return;
  async::spawn(parts_.loop, follow_apart(shared_from_this()));
}

async::Task<void> Session::follow_apart(std::shared_ptr<Session> self) { co_await self->follow_again(); }

async::Task<void> Session::follow_again() {
  std::map<std::string, std::vector<std::string>> uris;
  for (const auto& [upstream, of_it] : followed_) uris.emplace(upstream, std::vector(of_it.begin(), of_it.end()));
  auto said = caller();
  co_await ear_.follow(std::move(said), std::move(uris), limits_.listen_ms);
  if (ended_.is_set()) ear_.forget();
}

void Session::end() {
  ended_.set();
  for (auto& [id, weak] : calls_) {
    if (auto call = weak.lock()) call->cancel();
  }
  for (const auto& stream : streams_) stream->finish();
  standing_->finish();
  ear_.forget();
  for (auto* upstream : parts_.upstreams.all()) upstream->close_session(id_);
}

SessionCall::SessionCall(std::shared_ptr<Session> session, std::shared_ptr<SessionStream> stream, bool can_be_asked,
                         std::string progress_token, const McpLimits& limits)
    : session_(std::move(session)),
      stream_(std::move(stream)),
      can_be_asked_(can_be_asked),
      progress_(std::move(progress_token)),
      limits_(limits) {}

async::Task<void> SessionCall::notify(std::string method, std::string params) {
  if (!is_passed_on(method) || is_cancelled()) co_return;
  if (method == execution::kStreamClosed) {
    // Our client is treated as we were, so that it polls as its upstream wishes. Older ones take the end of a stream for
    // the end of the call.
    if (session_->hello().revision >= mcp::kNewestSessions) stream_->disconnect();
    co_return;
  }
  if (method == mcp::notification::progress) {
    auto passed = progress_.pass_on(params);
    if (!passed) co_return;
    params = std::move(*passed);
  }
  stream_->push(mcp::notification_text(method, params), limits_);
}

async::Task<Result<std::string>> SessionCall::request(std::string method, std::string params) {
  if (!can_be_asked_ && !session_->standing()->has_reader()) {
    co_return fail(Code::failed_precondition, "the client reads no stream on which it could be asked");
  }
  auto stream = can_be_asked_ ? stream_ : session_->standing();
  auto result = co_await session_->ask(std::move(stream), std::move(method), std::move(params), &cancelled_);
  co_return result;
}

void SessionCall::give_sign_of_life() {
  auto params = progress_.sign_of_life("Not answered yet: it is running, or it waits for a person's approval");
  stream_->push(mcp::notification_text(mcp::notification::progress, params), limits_);
}

}  // namespace bw::gateway
