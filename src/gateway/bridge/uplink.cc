// SPDX-License-Identifier: Apache-2.0
#include "gateway/bridge/uplink.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "execution/limits.h"
#include "gateway/bridge/limits.h"
#include "gateway/run_name.h"
#include "mcp/header_value.h"

namespace bw::gateway::bridge {
namespace {

// What changes nothing at the gateway may be sent again when a kept connection turns out dead.
bool is_repeatable(std::string_view method) {
  using namespace mcp::method;
  return method == discover || method == ping || method == tools_list || method == resources_list ||
         method == resources_templates_list || method == prompts_list;
}

// The stateless fields repeat what the body says; a body that says nonsense is the gateway's to refuse.
void add_stateless_fields(http::Headers& headers, const mcp::Message& message) {
  auto version = message.params["_meta"][mcp::meta::protocol_version].string().value_or(mcp::kStateless);
  headers.add(mcp::field::protocol_version, http::is_field_value(version) ? version : mcp::kStateless);
  headers.add(mcp::field::method, message.method);
  auto member = mcp::name_member(message.method);
  auto name = member.empty() ? std::nullopt : message.params[member].string();
  if (name) headers.add(mcp::field::name, mcp::encode_header_value(*name));
}

}  // namespace

bool is_type(const http::Headers& headers, std::string_view type) {
  auto value = headers.find("content-type").value_or("");
  return lower_ascii(trim(value.substr(0, value.find(';')))) == type;
}

bool is_success(int status) { return status >= 200 && status < 300; }

std::shared_ptr<Session> Uplink::begin_session() { return std::exchange(session_, std::make_shared<Session>()); }

http::ClientRequest Uplink::prepare(std::string method) const {
  http::ClientRequest request;
  request.method = std::move(method);
  request.url = options_.url;
  request.headers.add("user-agent", "bailiwick-mcp");
  request.headers.add("authorization", "Bearer " + options_.token);
  if (!options_.run.empty()) request.headers.add(kRunField, options_.run);
  return request;
}

void Uplink::add_session(http::ClientRequest& request, const Session& session) const {
  if (!session.id.empty()) request.headers.add(mcp::field::session, session.id);
  if (!session.revision.empty()) request.headers.add(mcp::field::protocol_version, session.revision);
}

http::ClientRequest Uplink::post(const mcp::Message& message, mcp::Era era) const {
  auto request = prepare("POST");
  request.headers.add("content-type", "application/json");
  request.headers.add("accept", "application/json, text/event-stream");
  if (era == mcp::Era::stateless) add_stateless_fields(request.headers, message);
  else add_session(request, *session_);
  request.body = message.document.text();
  request.idempotent = message.is_request() && is_repeatable(message.method);
  request.stream = true;
  request.response_ms_max = execution::kLongMs;  // the client's own patience decides
  request.body_idle_ms_max = execution::kStreamIdleMs;
  return request;
}

http::ClientRequest Uplink::get(const Place& place) const {
  auto request = prepare("GET");
  request.headers.add("accept", "text/event-stream");
  add_session(request, *session_);
  if (!place.last_event_id.empty()) request.headers.add(mcp::field::last_event_id, place.last_event_id);
  request.idempotent = true;
  request.stream = true;
  request.response_ms_max = execution::kStreamIdleMs;
  request.body_idle_ms_max = execution::kStreamIdleMs;
  return request;
}

http::ClientRequest Uplink::end(const Session& session) const {
  auto request = prepare("DELETE");
  add_session(request, session);
  request.connect_ms_max = kFarewellMs;
  request.response_ms_max = kFarewellMs;
  request.body_idle_ms_max = kFarewellMs;
  return request;
}

async::Task<http::ClientResult> Uplink::send(http::ClientRequest request) {
  tried_ = true;
  auto response = co_await client_.send(std::move(request));
  if (response) reached_ = true;
  co_return response;
}

bool Uplink::loses_session(int status, mcp::Era era) {
  if (status != 404 || era != mcp::Era::sessions || session_->id.empty()) return false;
  if (!session_->lost) log::warn("the gateway does not know our session any more: it was restarted, or we were idle");
  session_->lose();
  return true;
}

async::Task<void> Uplink::tell(mcp::Message message, mcp::Era era) {
  if (era == mcp::Era::sessions && session_->lost) co_return;
  auto request = post(message, era);
  request.stream = false;
  request.body_bytes_max = execution::kRefusalBytesMax;
  request.response_ms_max = kNoteMs;
  request.body_idle_ms_max = kNoteMs;
  auto response = co_await send(std::move(request));
  auto what = message.method.empty() ? std::string_view("an answer of the client") : message.method;
  if (!response) {
    log::warn("{} did not reach the gateway at {}: {}", printable(what), options_.url, response.error().message);
  } else if (!is_success(response->status) && !loses_session(response->status, era)) {
    log::warn("the gateway refuses {} with status {}", printable(what), response->status);
  }
}

async::Task<void> Uplink::end_session(std::shared_ptr<Session> session) {
  bool lost = session->lost;
  session->over.set();
  if (session->id.empty() || lost) co_return;
  auto request = end(*session);
  auto response = co_await send(std::move(request));
  if (!response) log::debug("could not end the session: {}", response.error().message);
}

}  // namespace bw::gateway::bridge
