// SPDX-License-Identifier: Apache-2.0
#include "gateway/bridge/carrier.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"
#include "execution/limits.h"
#include "execution/sse_reader.h"
#include "gateway/bridge/limits.h"
#include "json/writer.h"
#include "mcp/build.h"

namespace bw::gateway::bridge {
namespace {

using execution::SseReader;
using mcp::Era;

std::optional<mcp::Message> parse(std::string text) {
  auto message = mcp::parse_message(std::move(text), execution::kMessageLimits);
  if (!message) {
    log::warn("the gateway says what is no MCP message: {}", message.error().message);
    return std::nullopt;
  }
  return std::move(*message);
}

bool answers(const mcp::Message& message, const Flight& flight) {
  bool is_general = message.kind == mcp::Message::Kind::error && message.id == "null";
  return message.is_response() && (message.id == flight.message.id || is_general);
}

// The one message of an answer that is no stream, if it is one.
async::Task<std::optional<mcp::Message>> read_message(std::unique_ptr<http::BodyStream> stream) {
  auto body = co_await execution::read_all(std::move(stream), execution::kReplyBytesMax);
  if (!body || body->empty()) co_return std::nullopt;
  co_return parse(std::move(*body));
}

// The first response in an answer of either form.
async::Task<std::optional<mcp::Message>> read_response(http::ClientResponse response) {
  if (!is_type(response.headers, "text/event-stream")) {
    auto message = co_await read_message(std::move(response.stream));
    co_return message;
  }
  SseReader reader(std::move(response.stream));
  for (;;) {
    auto event = co_await reader.next();
    if (!event || !*event) co_return std::nullopt;
    if ((*event)->data.empty()) continue;
    auto message = parse(std::move((*event)->data));
    if (message && message->is_response()) co_return message;
  }
}

// How a request ends whose answer did not come: a cancelled one in silence.
std::optional<Trouble> blame(const Flight& flight, Trouble trouble) {
  if (flight.cancelled) return std::nullopt;
  return flight.over.is_set() ? input_ended() : std::move(trouble);
}

// Servers may leave the stream of a cancelled request open for ever.
async::Task<void> end_cancelled(std::shared_ptr<Flight> flight) {
  co_await async::wait_any(kCancelledMs, flight->ended);
  flight->over.set();
}

bool is_stateless_call(const Flight& flight) {
  return flight.era == Era::stateless && flight.message.method == mcp::method::tools_call;
}

std::string_view tool_of(const Flight& call) { return call.message.params["name"].string().value_or(""); }

bool is_mismatch(const std::optional<mcp::Message>& said) {
  return said && said->error["code"].integer() == mcp::code::header_mismatch;
}

// tools/list in the name of whoever made the call.
std::string list_request(const Flight& call, const std::string& cursor) {
  json::Writer w;
  w.begin_object().optional("cursor", cursor).key("_meta").begin_object();
  for (auto key : {mcp::meta::protocol_version, mcp::meta::client_capabilities, mcp::meta::client_info}) {
    auto value = call.message.params["_meta"][key];
    if (value) w.member_raw(key, value.raw());
  }
  w.end_object().end_object();
  return mcp::request_text(R"("bailiwick-mcp-tools")", mcp::method::tools_list, w.text());
}

}  // namespace

Carrier::Carrier(async::Loop& loop, http::Client& client, Uplink::Options options, std::shared_ptr<Output> output)
    : loop_(loop),
      uplink_(client, std::move(options)),
      output_(std::move(output)),
      slots_(kRequestsMax, kRequestsWaitingMax) {}

std::shared_ptr<Flight> Carrier::start(mcp::Message message, Era era) {
  auto flight = std::make_shared<Flight>(std::move(message), era);
  flights_.push_back(flight);
  async::spawn(loop_, carry(shared_from_this(), flight));
  return flight;
}

bool Carrier::cancel(std::string_view id) {
  auto found = std::ranges::find_if(flights_, [id](const auto& flight) { return flight->message.id == id; });
  if (found == flights_.end()) return true;
  auto flight = *found;
  flight->cancelled = true;
  if (flight->era == Era::stateless || !flight->sent) {
    flight->over.set();
    return false;
  }
  async::spawn(loop_, end_cancelled(flight));
  return true;
}

std::size_t Carrier::answers_due() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(flights_, [](const auto& flight) { return flight->is_answer_due(); }));
}

void Carrier::end_all() {
  for (const auto& flight : flights_) flight->over.set();
}

async::Task<void> Carrier::carry(std::shared_ptr<Carrier> self, std::shared_ptr<Flight> flight) {
  auto entered = co_await self->slots_.enter(flight->over);
  Outcome outcome;
  if (entered) {
    flight->sent = true;
    outcome = co_await self->exchange(*flight);
    self->slots_.leave();
  } else {
    outcome = blame(*flight, too_many());
  }
  if (outcome) {
    auto line = mcp::error_response(flight->message.id, outcome->code, outcome->message);
    co_await self->output_->say(std::move(line));
  }
  self->flights_.remove(flight);
  flight->ended.set();
  self->changed_.set();
}

async::Task<void> Carrier::end_session(std::shared_ptr<Carrier> self, std::shared_ptr<Session> session) {
  co_await self->uplink_.end_session(std::move(session));
}

void Carrier::begin_session() { async::spawn(loop_, end_session(shared_from_this(), uplink_.begin_session())); }

// Opens a new session when the last one is lost and nobody else has opened one. Whether there is one now.
async::Task<bool> Carrier::reopen() {
  while (reopening_) co_await async::wait(reopened_);
  auto lost = uplink_.session();
  if (!lost->lost) co_return true;
  if (hello_.empty()) co_return false;
  reopening_ = true;
  reopened_.reset();
  uplink_.begin_session();
  auto session = uplink_.session();
  session->lost = true;  // until the gateway knows it, nothing is to be sent in it
  bool is_open = co_await greet_again();
  if (is_open && lost->followed) follow();
  if (!is_open) session->followed = lost->followed;
  reopening_ = false;
  reopened_.set();
  co_return is_open;
}

async::Task<bool> Carrier::greet_again() {
  auto hello = parse(hello_);
  if (!hello) co_return false;
  auto session = uplink_.session();
  auto request = uplink_.post(*hello, Era::sessions);
  request.response_ms_max = kNoteMs;
  request.body_idle_ms_max = kNoteMs;
  auto response = co_await uplink_.send(std::move(request));
  if (!response || !is_success(response->status)) co_return false;
  session->id = response->headers.find(mcp::field::session).value_or("");
  auto got = std::move(*response);
  auto answer = co_await read_response(std::move(got));
  if (!answer || answer->kind != mcp::Message::Kind::result) co_return false;
  session->revision = answer->result["protocolVersion"].string().value_or("");
  session->lost = false;
  auto ready = parse(mcp::notification_text(mcp::notification::initialized, {}));
  if (!ready) co_return false;
  auto note = std::move(*ready);
  co_await uplink_.tell(std::move(note), Era::sessions);
  log::info("a new session takes the place of the lost one");
  co_return true;
}

async::Task<Carrier::Outcome> Carrier::exchange(Flight& flight) {
  bool in_session = flight.era == Era::sessions && flight.message.method != mcp::method::initialize;
  if (flight.era == Era::sessions && !in_session) begin_session();
  if (in_session && uplink_.session()->lost) {
    bool is_open = co_await reopen();
    if (!is_open) co_return blame(flight, session_lost());
  }
  for (bool is_repeated = false;; is_repeated = true) {
    if (is_stateless_call(flight)) co_await learn_tool(flight);
    auto session = uplink_.session();
    auto response = co_await send(flight);
    if (!response) co_return blame(flight, no_answer(uplink_.url(), response.error()));
    auto got = std::move(*response);
    if (is_success(got.status)) {
      auto outcome = co_await take_answer(flight, std::move(got));
      co_return outcome;
    }
    int status = got.status;
    auto said = co_await read_message(std::move(got.stream));
    if (is_stateless_call(flight) && !is_repeated && is_mismatch(said)) {
      tools_.forget(tool_of(flight));
      continue;
    }
    if (in_session && status == 404 && !session->id.empty()) {
      if (session == uplink_.session()) uplink_.loses_session(status, flight.era);
      bool is_open = !is_repeated && !flight.over.is_set();
      if (is_open) is_open = co_await reopen();
      if (is_open && !flight.over.is_set()) continue;
      co_return blame(flight, session_lost());
    }
    auto outcome = co_await take_refusal(flight, status, std::move(said));
    co_return outcome;
  }
}

async::Task<http::ClientResult> Carrier::send(Flight& flight) {
  auto request = uplink_.post(flight.message, flight.era);
  if (is_stateless_call(flight)) {
    for (const auto& [name, value] : tools_.fields(tool_of(flight), flight.message.params["arguments"])) {
      request.headers.add(name, value);
    }
  }
  request.cancel = &flight.over;
  auto response = co_await uplink_.send(std::move(request));
  co_return response;
}

async::Task<Carrier::Outcome> Carrier::take_answer(Flight& flight, http::ClientResponse response) {
  if (flight.era == Era::sessions && flight.message.method == mcp::method::initialize) {
    uplink_.session()->id = response.headers.find(mcp::field::session).value_or("");
  }
  if (is_type(response.headers, "text/event-stream")) {
    auto outcome = co_await take_streams(flight, std::move(response));
    co_return outcome;
  }
  auto outcome = co_await take_json(flight, std::move(response));
  co_return outcome;
}

async::Task<Carrier::Outcome> Carrier::take_json(Flight& flight, http::ClientResponse response) {
  int status = response.status;
  auto body = co_await execution::read_all(std::move(response.stream), execution::kReplyBytesMax);
  if (!body) co_return blame(flight, broken(body.error().message));
  auto message = body->empty() ? std::nullopt : parse(std::move(*body));
  if (!message || !answers(*message, flight)) co_return blame(flight, not_mcp(uplink_.url(), status));
  auto answer = std::move(*message);
  co_await pass_on(std::move(answer), &flight);
  co_return std::nullopt;
}

// An error in the body is the gateway's answer, except where the bridge knows better what helps.
async::Task<Carrier::Outcome> Carrier::take_refusal(Flight& flight, int status, std::optional<mcp::Message> said) {
  if (uplink_.loses_session(status, flight.era)) co_return blame(flight, session_lost());
  bool is_error = said && said->kind == mcp::Message::Kind::error;
  if (!is_error || status == 401) {
    auto words = is_error ? said->error["message"].string().value_or("") : std::string_view();
    co_return blame(flight, refused(uplink_.url(), status, words));
  }
  auto answer = std::move(*said);
  co_await pass_on(std::move(answer), &flight);
  co_return std::nullopt;
}

// Reads the stream of a request and, as long as the gateway gives event ids, the streams that take it up after a break.
async::Task<Carrier::Outcome> Carrier::take_streams(Flight& flight, http::ClientResponse response) {
  Place place;
  auto stream = std::move(response.stream);
  for (int barren = 0; barren <= kBarrenMax;) {
    auto before = place.last_event_id;
    auto read = Read::cut;
    if (stream) read = co_await take_stream(std::move(stream), place, &flight);
    if (read == Read::answered) co_return std::nullopt;
    if (read == Read::too_large) co_return blame(flight, broken("a message of it is too large"));
    bool can_resume = !place.last_event_id.empty() && flight.era == Era::sessions;
    if (flight.cancelled || flight.over.is_set() || !can_resume)
      co_return blame(flight, broken("the stream ended early"));
    barren = place.last_event_id == before ? barren + 1 : 0;
    co_await async::wait_any(place.retry_ms, flight.over);
    auto request = uplink_.get(place);
    request.cancel = &flight.over;
    auto resumed = co_await uplink_.send(std::move(request));
    if (!resumed) continue;
    if (uplink_.loses_session(resumed->status, flight.era)) co_return blame(flight, session_lost());
    if (!is_success(resumed->status)) co_return blame(flight, broken("it cannot be taken up again"));
    stream = std::move(resumed->stream);
  }
  co_return blame(flight, broken("taking it up again brings nothing"));
}

async::Task<Carrier::Read> Carrier::take_stream(std::unique_ptr<http::BodyStream> stream, Place& place,
                                                Flight* flight) {
  SseReader reader(std::move(stream));
  for (;;) {
    auto event = co_await reader.next();
    if (!event && event.error().code == Code::resource_exhausted) co_return Read::too_large;
    if (!event || !*event) co_return Read::cut;
    auto got = std::move(**event);
    if (!got.id.empty()) place.last_event_id = got.id;
    if (got.retry_ms) place.retry_ms = std::clamp<std::int64_t>(*got.retry_ms, 0, execution::kBackoffMaxMs);
    if (got.data.empty()) continue;
    auto message = parse(std::move(got.data));
    if (!message) continue;
    auto taken = std::move(*message);
    bool is_answer = flight && answers(taken, *flight);
    co_await pass_on(std::move(taken), is_answer ? flight : nullptr);
    if (is_answer) co_return Read::answered;
  }
}

async::Task<void> Carrier::pass_on(mcp::Message message, Flight* answered) {
  if (answered) note_answer(*answered, message);
  if (message.method == mcp::notification::tools_changed) tools_.forget_all();
  auto line = answered && message.id == "null" ? mcp::error_response(answered->message.id, message.error.raw())
                                               : std::string(message.document.text());
  co_await output_->say(std::move(line));
}

// Before the client sees it, so that what it sends next finds it noted.
void Carrier::note_answer(const Flight& flight, const mcp::Message& answer) {
  if (answer.kind != mcp::Message::Kind::result) return;
  if (flight.message.method == mcp::method::tools_list) tools_.learn(answer.result);
  if (flight.message.method == mcp::method::initialize) {
    hello_ = flight.message.document.text();
    uplink_.session()->revision = answer.result["protocolVersion"].string().value_or("");
  }
}

async::Task<void> Carrier::learn_tool(Flight& call) {
  std::string tool(tool_of(call));
  while (listing_ && !tools_.knows(tool) && !call.over.is_set())
    co_await async::wait_any(async::kNever, listed_, call.over);
  if (tools_.knows(tool) || call.over.is_set()) co_return;
  listing_ = true;
  listed_.reset();
  bool is_whole = co_await list_tools(call);
  listing_ = false;
  listed_.set();
  if (is_whole && !tools_.knows(tool)) tools_.learn_missing(std::move(tool));
}

async::Task<bool> Carrier::list_tools(Flight& call) {
  std::string cursor;
  for (std::size_t page = 0; page < kPagesMax; ++page) {
    auto list = parse(list_request(call, cursor));
    if (!list) co_return false;
    auto request = uplink_.post(*list, Era::stateless);
    request.cancel = &call.over;
    auto response = co_await uplink_.send(std::move(request));
    if (!response || !is_success(response->status)) co_return false;
    auto got = std::move(*response);
    auto answer = co_await read_response(std::move(got));
    if (!answer || answer->kind != mcp::Message::Kind::result) co_return false;
    tools_.learn(answer->result);
    auto next = answer->result["nextCursor"].string();
    if (!next || next->empty()) co_return true;
    cursor = *next;
  }
  co_return false;
}

void Carrier::follow() {
  auto session = uplink_.session();
  if (session->lost || std::exchange(session->followed, true)) return;
  async::spawn(loop_, follow_stream(shared_from_this(), std::move(session)));
}

// Opened again whenever it ends. A gateway that has none says 405, once.
async::Task<void> Carrier::follow_stream(std::shared_ptr<Carrier> self, std::shared_ptr<Session> session) {
  Place place;
  std::int64_t pause_ms = 0;
  while (!session->over.is_set()) {
    auto request = self->uplink_.get(place);
    request.cancel = &session->over;
    auto response = co_await self->uplink_.send(std::move(request));
    if (response && is_success(response->status)) {
      pause_ms = 0;
      auto stream = std::move(response->stream);
      co_await self->take_stream(std::move(stream), place, nullptr);
    } else if (response) {
      if (session->over.is_set()) co_return;
      if (session == self->uplink_.session() && self->uplink_.loses_session(response->status, Era::sessions)) {
        [[maybe_unused]] bool is_open = co_await self->reopen();
        co_return;
      }
      if (response->status < 500 && response->status != 429) co_return;
    }
    pause_ms = std::clamp<std::int64_t>(pause_ms * 2, place.retry_ms, execution::kBackoffMaxMs);
    co_await async::wait_any(pause_ms, session->over);
  }
}

}  // namespace bw::gateway::bridge
