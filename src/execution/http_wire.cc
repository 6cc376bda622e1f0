// SPDX-License-Identifier: Apache-2.0
#include "execution/http_wire.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "execution/limits.h"
#include "mcp/build.h"
#include "mcp/header_value.h"
#include "mcp/protocol.h"

namespace bw::execution {
namespace {

using domain::Outcome;

std::unexpected<Failure> failed(const http::ClientError& error) {
  auto outcome = error.sent == http::Sent::no ? Outcome::not_executed : Outcome::ambiguous;
  return failure(outcome, error.code, error.message);
}

bool is_type(const http::Headers& headers, std::string_view type) {
  auto value = headers.find("content-type").value_or("");
  return lower_ascii(trim(value.substr(0, value.find(';')))) == type;
}

bool is_success(int status) { return status >= 200 && status < 300; }

// What an HTTP status says when no JSON-RPC error comes with it. Those that a server gives before it runs anything are
// definite; whatever else may have come from behind it.
std::unexpected<Failure> refused(int status) {
  switch (status) {
    case 401:
    case 403: return failure(Outcome::not_executed, Code::permission_denied, "upstream refused Bailiwick's credential");
    case 404:
      return failure(Outcome::not_executed, Code::not_found, "upstream answers 404: nothing is served at its url");
    case 405:
    case 406:
    case 413:
    case 415:
      return failure(Outcome::not_executed, Code::failed_precondition,
                     fmt::format("upstream refuses the request with status {}", status));
    case 429: return failure(Outcome::not_executed, Code::resource_exhausted, "upstream asks to slow down (429)");
    default: break;
  }
  if (status >= 300 && status < 400) {
    return failure(Outcome::ambiguous, Code::failed_precondition,
                   fmt::format("upstream redirects ({}), which is never followed", status));
  }
  auto code = status >= 500 ? Code::unavailable : Code::failed_precondition;
  return failure(Outcome::ambiguous, code, fmt::format("upstream answers with status {}", status));
}

}  // namespace

void HttpWire::speak(mcp::Era era, std::string revision) {
  era_ = era;
  revision_ = std::move(revision);
  if (era == mcp::Era::stateless) {
    can_follow_ = false;
    following_.set();
  }
}

void HttpWire::lose(std::string why) {
  if (broken_.is_set()) return;
  why_broken_ = std::move(why);
  broken_.set();
}

HttpWire::Prepared HttpWire::prepare(std::string method, std::string partition) {
  auto secrets = options_.credentials->fields();
  if (!secrets) return std::unexpected(Failure{Outcome::not_executed, std::move(secrets).error()});
  http::ClientRequest request;
  request.method = std::move(method);
  request.url = options_.url;
  request.partition = options_.upstream + '\n' + (partition.empty() ? options_.partition : partition);
  request.stream = true;
  request.response_ms_max = kLongMs;  // the caller's patience decides
  request.body_idle_ms_max = kLongMs;
  request.headers.add("user-agent", "bailiwick");
  for (const auto& [name, value] : *secrets) request.headers.add(name, value);
  if (!session_.empty()) request.headers.add(mcp::field::session, session_);
  if (!revision_.empty()) request.headers.add(mcp::field::protocol_version, revision_);
  return request;
}

HttpWire::Prepared HttpWire::prepare_post(const Outgoing& out) {
  auto request = prepare("POST", out.partition);
  if (!request) return request;
  auto& headers = request->headers;
  headers.add("content-type", "application/json");
  headers.add("accept", "application/json, text/event-stream");
  bool stateless = era_ == mcp::Era::stateless || (!era_ && out.method == mcp::method::discover);
  if (stateless) {
    if (revision_.empty()) headers.add(mcp::field::protocol_version, mcp::kStateless);
    headers.add(mcp::field::method, out.method);
    if (!out.name.empty()) headers.add(mcp::field::name, mcp::encode_header_value(out.name));
    for (const auto& [name, value] : out.fields) headers.add(name, value);
  }
  request->body = mcp::request_text(std::to_string(out.id), out.method, out.params);
  request->idempotent = out.repeatable;
  request->cancel = out.over;
  return request;
}

HttpWire::Prepared HttpWire::prepare_get(const Place& place, std::string partition) {
  auto request = prepare("GET", std::move(partition));
  if (!request) return request;
  request->headers.add("accept", "text/event-stream");
  if (!place.last_event_id.empty()) request->headers.add(mcp::field::last_event_id, place.last_event_id);
  request->idempotent = true;
  return request;
}

void HttpWire::note_session(const Outgoing& out, const http::ClientResponse& response) {
  if (out.method != mcp::method::initialize) return;
  if (auto session = response.headers.find(mcp::field::session)) session_ = *session;
}

std::expected<mcp::Message, std::string> HttpWire::parse(std::string text) {
  options_.credentials->mask(text);
  auto message = mcp::parse_message(std::move(text), kMessageLimits);
  if (!message) return std::unexpected(std::move(message).error().message);
  return std::move(*message);
}

async::Task<Answer> HttpWire::exchange(Outgoing out, Inbox& inbox) {
  auto request = prepare_post(out);
  if (!request) co_return std::unexpected(std::move(request).error());
  auto sending = std::move(*request);
  auto response = co_await client_.send(std::move(sending));
  if (!response) {
    if (response.error().code == Code::cancelled && response.error().sent == http::Sent::maybe &&
        era_ == mcp::Era::sessions) {
      async::spawn(loop_, tell_cancelled(shared_from_this(), out.id));
    }
    co_return failed(response.error());
  }
  auto got = std::move(*response);
  if (!is_success(got.status)) {
    auto refusal = co_await read_refusal(std::move(got));
    co_return refusal;
  }
  note_session(out, got);
  if (is_type(got.headers, "text/event-stream")) {
    auto id = out.id;
    auto* over = out.over;
    auto answer = co_await read_streams(std::move(got), std::move(out), inbox);
    if (!answer && era_ == mcp::Era::sessions && over && over->is_set()) {
      async::spawn(loop_, tell_cancelled(shared_from_this(), id));
    }
    co_return answer;
  }
  auto answer = co_await read_json(std::move(got), out.id);
  co_return answer;
}

async::Task<Answer> HttpWire::read_json(http::ClientResponse response, std::int64_t id) {
  bool json = is_type(response.headers, "application/json");
  int status = response.status;
  auto stream = std::move(response.stream);
  auto body = co_await read_all(std::move(stream), kReplyBytesMax);
  if (!body) co_return std::unexpected(Failure{Outcome::ambiguous, std::move(body).error()});
  if (!json)
    co_return failure(Outcome::ambiguous, Code::data_loss,
                      fmt::format("upstream answers with status {} and no JSON", status));
  auto message = parse(std::move(*body));
  if (!message)
    co_return failure(Outcome::ambiguous, Code::data_loss, "upstream's answer is malformed: " + message.error());
  bool ours = message->is_response() && (message->id == std::to_string(id) || message->id == "null");
  if (!ours) co_return failure(Outcome::ambiguous, Code::data_loss, "upstream answers another request than was asked");
  co_return std::move(*message);
}

// An error status. A JSON-RPC error in the body is the upstream's answer, except where the status says more: who we are,
// whether our session is known.
async::Task<Answer> HttpWire::read_refusal(http::ClientResponse response) {
  int status = response.status;
  auto stream = std::move(response.stream);
  auto body = co_await read_all(std::move(stream), kRefusalBytesMax);
  if (status == 401 || status == 403 || status == 429) co_return refused(status);
  std::expected<mcp::Message, std::string> message = std::unexpected(std::string());
  if (body) message = parse(std::move(*body));
  bool error = message && message->kind == mcp::Message::Kind::error;
  if (!session_.empty()) {
    // Servers of the older SDK answer 400 to a session they do not know. The id tells that nothing was dispatched.
    bool unknown =
        status == 400 && error && message->id == "null" && message->error["code"].integer() == mcp::code::server_error;
    if (status == 404 || unknown) {
      lose("the upstream does not know our session any more");
      co_return failure(Outcome::not_executed, Code::not_found, "the upstream does not know our session any more");
    }
  }
  if (error) co_return std::move(*message);
  co_return refused(status);
}

// Hands over what comes on one stream. The answer when it came; nothing when the stream ended without.
async::Task<std::optional<Answer>> HttpWire::read_stream(std::unique_ptr<http::BodyStream> stream, Place& place,
                                                         std::int64_t id, Inbox& inbox) {
  SseReader reader(std::move(stream));
  auto ours = std::to_string(id);
  for (;;) {
    auto event = co_await reader.next();
    if (!event && event.error().code == Code::resource_exhausted) {
      co_return Answer(std::unexpected(Failure{Outcome::ambiguous, std::move(event).error()}));
    }
    if (!event || !*event) co_return std::nullopt;
    auto got = std::move(**event);
    if (!got.id.empty()) place.last_event_id = got.id;
    if (got.retry_ms) place.retry_ms = std::clamp<std::int64_t>(*got.retry_ms, 0, kBackoffMaxMs);
    if (got.data.empty()) continue;
    auto message = parse(std::move(got.data));
    if (!message) {
      if (id == 0) continue;
      co_return Answer(
          failure(Outcome::ambiguous, Code::data_loss, "upstream's answer is malformed: " + message.error()));
    }
    auto taken = std::move(*message);
    if (!taken.is_response()) {
      co_await inbox.take(std::move(taken));
      continue;
    }
    if (taken.id == ours || (taken.kind == mcp::Message::Kind::error && taken.id == "null"))
      co_return Answer(std::move(taken));
  }
}

async::Task<std::expected<http::ClientResponse, Failure>> HttpWire::resume(const Outgoing& out, const Place& place) {
  auto request = prepare_get(place, out.partition);
  if (!request) co_return std::unexpected(std::move(request).error());
  auto sending = std::move(*request);
  sending.cancel = out.over;
  auto response = co_await client_.send(std::move(sending));
  if (!response) co_return failed(response.error());
  co_return std::move(*response);
}

// Reads the stream of a POST, and as long as the server gives event ids, the streams that take it up after a break.
async::Task<Answer> HttpWire::read_streams(http::ClientResponse response, Outgoing out, Inbox& inbox) {
  Place place;
  auto stream = std::move(response.stream);
  int barren = 0;
  for (;;) {
    auto before = place.last_event_id;
    bool was_open = stream != nullptr;
    if (was_open) {
      auto answer = co_await read_stream(std::move(stream), place, out.id, inbox);
      if (answer) co_return std::move(*answer);
    }
    if (out.over && out.over->is_set())
      co_return failure(Outcome::ambiguous, Code::cancelled, "gave up while waiting for the answer");
    if (place.last_event_id.empty() || era_ != mcp::Era::sessions) {
      co_return failure(Outcome::ambiguous, Code::unavailable, "the connection broke before the answer");
    }
    barren = place.last_event_id == before ? barren + 1 : 0;
    if (barren > 5)
      co_return failure(Outcome::ambiguous, Code::unavailable,
                        "the upstream takes up its stream again and again without an answer");
    if (was_open) co_await inbox.stream_closed();
    async::Event never;
    auto& over = out.over ? *out.over : never;
    co_await async::wait_any(place.retry_ms, over);
    auto resumed = co_await resume(out, place);
    if (resumed && is_success(resumed->status)) {
      stream = std::move(resumed->stream);
    } else if (resumed) {
      co_return failure(
          Outcome::ambiguous, Code::unavailable,
          fmt::format("the connection broke before the answer, and the upstream refuses to resume it ({})",
                      resumed->status));
    }
  }
}

async::Task<Status> HttpWire::send(std::string message) {
  auto request = prepare("POST", options_.partition);
  if (!request) co_return fail(std::move(request).error().error);
  auto sending = std::move(*request);
  sending.headers.add("content-type", "application/json");
  sending.headers.add("accept", "application/json, text/event-stream");
  sending.body = std::move(message);
  sending.stream = false;
  sending.body_bytes_max = kRefusalBytesMax;
  sending.response_ms_max = 30'000;
  auto response = co_await client_.send(std::move(sending));
  if (!response) co_return fail(response.error());
  if (!is_success(response->status)) {
    co_return fail(Code::unavailable, fmt::format("upstream answers a message with status {}", response->status));
  }
  co_return Status{};
}

async::Task<void> HttpWire::tell_cancelled(std::shared_ptr<HttpWire> self, std::int64_t id) {
  auto params = fmt::format(R"({{"requestId":{},"reason":"the caller gave up"}})", id);
  auto text = mcp::notification_text(mcp::notification::cancelled, params);
  auto sent = co_await self->send(std::move(text));
  if (!sent)
    log::debug("upstream {}: could not tell a cancellation: {}", self->options_.upstream, sent.error().message);
}

void HttpWire::follow(std::shared_ptr<Inbox> aside) {
  if (can_follow_) async::spawn(loop_, follow_stream(shared_from_this(), std::move(aside)));
}

// The GET stream, opened again whenever it ends. A server that has none says 405, once.
async::Task<void> HttpWire::follow_stream(std::shared_ptr<HttpWire> self, std::shared_ptr<Inbox> aside) {
  Place place;
  std::int64_t pause_ms = 0;
  bool again = false;
  while (!self->closing_.is_set() && !self->broken_.is_set()) {
    auto request = self->prepare_get(place, self->options_.partition);
    if (request) {
      auto sending = std::move(*request);
      sending.cancel = &self->closing_;
      sending.response_ms_max = kStreamIdleMs;
      sending.body_idle_ms_max = kStreamIdleMs;
      auto response = co_await self->client_.send(std::move(sending));
      if (response && !is_success(response->status)) {
        if (response->status == 404 && !self->session_.empty())
          self->lose("the upstream does not know our session any more");
        if (response->status < 500 && response->status != 429) break;
      }
      if (response && is_success(response->status)) {
        if (!is_type(response->headers, "text/event-stream")) break;
        self->following_.set();
        if (std::exchange(again, true) && place.last_event_id.empty()) aside->gap();
        pause_ms = 0;
        auto stream = std::move(response->stream);
        co_await self->read_stream(std::move(stream), place, 0, *aside);
      }
    }
    pause_ms = std::clamp<std::int64_t>(pause_ms * 2, place.retry_ms, kBackoffMaxMs);
    co_await async::wait_any(pause_ms, self->closing_, self->broken_);
  }
  if (!self->following_.is_set()) self->can_follow_ = false;
  self->following_.set();
}

async::Task<void> HttpWire::close() {
  if (closed_) co_return;
  closed_ = true;
  closing_.set();
  bool ended = session_.empty() || broken_.is_set();
  lose("closed");
  if (ended) co_return;
  auto self = shared_from_this();
  auto request = prepare("DELETE", options_.partition);
  if (!request) co_return;
  auto sending = std::move(*request);
  sending.stream = false;
  sending.response_ms_max = kStopGraceMs;
  sending.connect_ms_max = kStopGraceMs;
  auto response = co_await client_.send(std::move(sending));
  if (!response) log::debug("upstream {}: could not end its session: {}", options_.upstream, response.error().message);
}

}  // namespace bw::execution
