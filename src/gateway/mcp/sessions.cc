// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/sessions.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "crypto/random.h"
#include "gateway/mcp/answers.h"
#include "gateway/mcp/identity.h"
#include "gateway/mcp/stream_reader.h"
#include "json/writer.h"
#include "mcp/result.h"

namespace bw::gateway {

namespace {

http::Response accepted() { return {.status = 202}; }

}  // namespace

Sessions::Sessions(McpParts parts, const McpOptions& options, Methods& methods, Companions& companions)
    : parts_(parts), options_(options), methods_(methods), companions_(companions), burst_(*this) {
  parts_.changes.add(*this);
}

Sessions::~Sessions() { parts_.changes.remove(*this); }

Sessions::Found Sessions::find(const domain::Principal& principal, const http::Headers& headers) const {
  auto named = headers.find(mcp::field::session);
  if (!named)
    return std::unexpected(refuse(400, mcp::code::server_error, "Mcp-Session-Id is missing; initialize first"));
  auto at = sessions_.find(*named);
  if (headers.count(mcp::field::session) != 1 || at == sessions_.end() || at->second->is_leaving() ||
      !at->second->belongs_to(principal)) {
    return std::unexpected(refuse(404, mcp::code::session_not_found, "there is no such session; initialize again"));
  }
  auto revision = headers.find(mcp::field::protocol_version);
  if (revision && !mcp::is_session_revision(*revision)) {
    return std::unexpected(refuse(400, mcp::code::server_error, "this protocol version is not spoken in a session"));
  }
  return at->second;
}

async::Task<void> Sessions::post(Ask ask, http::Headers headers, http::ResponseWriter& writer) {
  if (ask.message.is_request() && ask.message.method == mcp::method::initialize) {
    writer.respond(open(ask));
    co_return;
  }
  auto found = find(ask.principal, headers);
  if (!found) {
    writer.respond(std::move(found).error());
    co_return;
  }
  auto session = std::move(*found);
  session->touch(ask.principal);
  if (ask.message.is_response()) session->answered(ask.message);
  if (ask.message.kind == mcp::Message::Kind::notification) take_notification(*session, ask.message);
  if (!ask.message.is_request()) {
    writer.respond(accepted());
    co_return;
  }
  if (ask.run.empty()) ask.run = session->run();
  ask.caller = session->caller();
  ask.capabilities = session->hello().capabilities;
  if (is_action(ask.message.method)) {
    co_await act(std::move(session), std::move(ask), form_of(headers), writer);
    co_return;
  }
  std::string id(ask.message.id);
  Visit visit(parts_.visits, ask.principal);
  auto result = co_await ask_for(session, std::move(ask));
  if (result) result = mcp::as_session(*result);
  auto form = form_of(headers);
  if (form != Form::events) {
    writer.respond(http_response(id, result, mcp::Era::sessions));
    co_return;
  }
  CallAnswer answer{.session = session, .stream = session->open_stream(), .id = id, .form = form};
  answer.stream->push(rpc_response(id, result), options_.limits);
  answer.stream->finish();
  co_await answer_call(std::move(answer), visit, options_.limits, writer);
}

http::Response Sessions::open(const Ask& ask) {
  auto params = ask.message.params;
  auto requested = params["protocolVersion"].string();
  auto capabilities = params["capabilities"];
  auto client_info = params["clientInfo"];
  bool is_whole =
      requested && capabilities.is(json::Kind::object) && (!client_info || client_info.is(json::Kind::object));
  if (!is_whole) {
    auto wrong =
        rpc_error(mcp::code::invalid_params, "initialize needs `protocolVersion`, `capabilities` and `clientInfo`");
    return http_response(ask.message.id, wrong, mcp::Era::sessions);
  }
  if (!make_room(ask.principal)) return refuse(503, mcp::code::server_error, "too many open sessions; end one first");
  Session::Hello hello{.revision = std::string(mcp::negotiate(*requested)),
                       .capabilities = std::string(capabilities.raw()),
                       .client_info = std::string(client_info.raw())};
  auto id = to_base64url(crypto::random_bytes(24));
  auto session = std::make_shared<Session>(id, ask.principal, std::move(hello), parts_, options_.limits);
  json::Writer w;
  w.begin_object().member("protocolVersion", session->hello().revision);
  w.member_raw("capabilities", server_capabilities(false)).member_raw("serverInfo", server_info(options_.version));
  w.member("instructions", server_instructions()).end_object();
  sessions_.emplace(id, std::move(session));
  auto response = http_response(ask.message.id, std::move(w).text(), mcp::Era::sessions);
  response.headers.set(mcp::field::session, id);
  return response;
}

// The session that was idle longest makes room for another one of its agent, or of anybody when there are too many in all.
bool Sessions::make_room(const domain::Principal& principal) {
  auto evict_one_of = [&](auto counts) {
    auto oldest = sessions_.end();
    for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
      if (!counts(*at->second) || at->second->is_busy()) continue;
      if (oldest == sessions_.end() || at->second->used_ms() < oldest->second->used_ms()) oldest = at;
    }
    if (oldest == sessions_.end()) return false;
    oldest->second->end();
    sessions_.erase(oldest);
    return true;
  };
  auto is_agents = [&](const Session& session) { return session.principal().agent == principal.agent; };
  auto of_agent = std::ranges::count_if(sessions_, [&](const auto& entry) { return is_agents(*entry.second); });
  if (static_cast<std::size_t>(of_agent) >= options_.limits.sessions_per_agent_max) return evict_one_of(is_agents);
  if (sessions_.size() < options_.limits.sessions_max) return true;
  return evict_one_of([](const Session&) { return true; });
}

void Sessions::take_notification(Session& session, const mcp::Message& message) {
  if (message.method == mcp::notification::cancelled) session.cancel_call(message.params["requestId"].raw());
  if (message.method == mcp::notification::roots_changed) {
    for (auto* upstream : parts_.upstreams.all()) upstream->roots_changed(session.id());
  }
}

// The methods that are no actions.
async::Task<RpcResult> Sessions::ask_for(std::shared_ptr<Session> session, Ask ask) {
  std::string method(ask.message.method);
  if (method == mcp::method::ping) co_return std::string("{}");
  if (method == mcp::method::set_level) co_return set_level(*session, ask);
  if (auto listed = methods_.list(ask)) co_return std::move(*listed);
  if (method == mcp::method::complete) {
    auto completed = co_await methods_.complete(std::move(ask));
    co_return completed;
  }
  if (method == mcp::method::resources_subscribe || method == mcp::method::resources_unsubscribe) {
    auto subscribed = co_await subscribe(std::move(session), std::move(ask));
    co_return subscribed;
  }
  co_return rpc_error(mcp::code::method_not_found, fmt::format("there is no method {} here", printable(method, 128)));
}

RpcResult Sessions::set_level(Session& session, const Ask& ask) {
  auto level = ask.message.params["level"].string();
  if (!level || !mcp::log_severity(*level)) return rpc_error(mcp::code::invalid_params, "`level` is no log level");
  session.log_level = *level;
  return std::string("{}");
}

async::Task<RpcResult> Sessions::subscribe(std::shared_ptr<Session> session, Ask ask) {
  auto given = ask.message.params["uri"].string();
  if (!given) co_return rpc_error(mcp::code::invalid_params, "`uri` must be a string");
  std::string uri(*given);
  if (ask.message.method == mcp::method::resources_unsubscribe) {
    co_await session->unsubscribe(std::move(uri));
    co_return std::string("{}");
  }
  auto upstream = parts_.catalogue.upstream_of_resource(ask.principal, uri);
  if (upstream.empty()) co_return rpc_error(mcp::code::resource_not_found, fmt::format("Resource {} not found", uri));
  auto subscribed = co_await session->subscribe(std::move(upstream), std::move(uri));
  if (!subscribed) co_return rpc_error(mcp::code::internal_error, subscribed.error().message);
  co_return std::string("{}");
}

async::Task<void> Sessions::act(std::shared_ptr<Session> session, Ask ask, Form form, http::ResponseWriter& writer) {
  std::string id(ask.message.id);
  Visit visit(parts_.visits, ask.principal);
  auto stream = session->open_stream();
  auto call = std::make_shared<SessionCall>(session, stream, form != Form::json, ask.progress_token, options_.limits);
  std::expected<AskedAction, mcp::Refusal> asked;
  bool is_own =
      ask.message.method == mcp::method::tools_call && is_companion(ask.message.params["name"].string().value_or(""));
  if (!is_own) asked = methods_.action(ask);
  if (asked && !session->begin_call(id, call)) {
    asked = rpc_error(mcp::code::invalid_request, "too many calls in flight, or a call with this id is");
  }
  if (!asked) {
    session->drop_stream(*stream);
    writer.respond(http_response(id, std::unexpected(std::move(asked).error()), mcp::Era::sessions));
    co_return;
  }
  CallAnswer answer{.session = session, .stream = stream, .call = call, .id = id, .form = form};
  if (is_own) {
    async::spawn(parts_.loop, call_companion(session, stream, call, std::move(ask), std::move(id)));
  } else {
    asked->request.call.peer = call.get();
    asked->request.call.cancelled = &call->cancelled();
    async::spawn(parts_.loop, carry_out(session, stream, call, std::move(*asked), std::move(id)));
  }
  co_await answer_call(std::move(answer), visit, options_.limits, writer);
}

async::Task<void> Sessions::carry_out(std::shared_ptr<Session> session, std::shared_ptr<SessionStream> stream,
                                      std::shared_ptr<SessionCall> call, AskedAction asked, std::string id) {
  auto request = std::move(asked.request);
  auto upstream = request.name.substr(0, request.name.find('/'));
  if (request.kind == domain::ActionKind::resource) upstream = request.upstream;
  auto answer = co_await parts_.path.act(std::move(request));
  if (answer.kind == Answer::Kind::reply) session->follow(upstream);
  auto result = to_rpc(answer, mcp::Era::sessions, asked.method, asked.name);
  settle(*session, *stream, *call, id, result);
}

async::Task<void> Sessions::call_companion(std::shared_ptr<Session> session, std::shared_ptr<SessionStream> stream,
                                           std::shared_ptr<SessionCall> call, Ask ask, std::string id) {
  execution::Call made{
      .progress_token = ask.progress_token, .caller = ask.caller, .peer = call.get(), .cancelled = &call->cancelled()};
  auto result = co_await companions_.call(std::move(ask), std::move(made));
  settle(*session, *stream, *call, id, result);
}

// A request that its client has cancelled gets no response.
void Sessions::settle(Session& session, SessionStream& stream, const SessionCall& call, std::string_view id,
                      const RpcResult& result) {
  if (!call.is_cancelled()) {
    auto text = result ? RpcResult(mcp::as_session(*result)) : result;
    stream.push(rpc_response(id, text), options_.limits);
  }
  stream.finish();
  session.end_call(id);
}

async::Task<void> Sessions::get(domain::Principal principal, http::Headers headers, http::ResponseWriter& writer) {
  auto found = find(principal, headers);
  if (!found) {
    writer.respond(std::move(found).error());
    co_return;
  }
  auto session = std::move(*found);
  session->touch(principal);
  if (form_of(headers) == Form::json) {
    writer.respond(refuse(406, mcp::code::server_error, "GET opens a stream: accept text/event-stream"));
    co_return;
  }
  auto stream = session->standing();
  auto after = stream->read();
  if (auto resumed = headers.find(mcp::field::last_event_id)) {
    auto id = parse_event_id(*resumed);
    stream = id ? session->stream(id->stream) : nullptr;
    if (stream == nullptr) {
      writer.respond(refuse(400, mcp::code::server_error, "there is nothing to resume after this Last-Event-ID"));
      co_return;
    }
    after = id->number;
  }
  Visit visit(parts_.visits, std::move(principal));
  co_await read_stream(std::move(session), std::move(stream), after, visit, options_.limits, writer);
}

http::Response Sessions::end(const domain::Principal& principal, const http::Headers& headers) {
  auto found = find(principal, headers);
  if (!found) return std::move(found).error();
  (*found)->end();
  sessions_.erase((*found)->id());
  return {.status = 200};
}

Sessions::Burst::Burst(Sessions& sessions) : async::Timer(sessions.parts_.loop), sessions_(sessions) {}

void Sessions::Burst::add(std::string_view method) {
  if (methods_.empty()) arm(sessions_.options_.limits.burst_ms);
  if (std::ranges::find(methods_, method) == methods_.end()) methods_.emplace_back(method);
}

void Sessions::Burst::expired() {
  for (const auto& method : std::exchange(methods_, {})) {
    for (const auto& [id, session] : sessions_.sessions_) session->list_changed(method);
  }
}

void Sessions::sweep() {
  auto now_ms = parts_.clock.now_ms();
  std::erase_if(sessions_, [&](const auto& entry) {
    auto& session = *entry.second;
    bool is_over = !session.is_busy() && now_ms - session.used_ms() > options_.limits.session_idle_ms;
    if (is_over) session.end();
    return is_over || session.is_leaving();
  });
}

}  // namespace bw::gateway
