// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/stateless.h"

#include <fmt/core.h>

#include <utility>

#include "base/text.h"
#include "gateway/mcp/answers.h"
#include "gateway/mcp/fields.h"
#include "gateway/mcp/identity.h"
#include "json/writer.h"
#include "mcp/param_headers.h"
#include "mcp/result.h"
#include "mcp/splice.h"

namespace bw::gateway {

namespace {

std::unexpected<mcp::Refusal> invalid_state(std::string message) {
  return rpc_error(mcp::code::invalid_params, std::move(message), R"({"reason":"invalid_request_state"})");
}

// Methods on tasks name the task in their Mcp-Name field.
std::expected<void, mcp::Refusal> check_task_name(const Ask& ask, const http::Headers& headers) {
  auto id = ask.message.params["taskId"].string();
  auto named = headers.find(mcp::field::name);
  if (!id || (named && headers.count(mcp::field::name) == 1 && mcp::decode_header_value(*named) == *id)) return {};
  json::Writer data;
  data.begin_object().key("mismatch").begin_object().member("header", named.value_or("")).member("body", *id);
  data.end_object().end_object();
  return rpc_error(mcp::code::header_mismatch, "the HTTP field Mcp-Name and `taskId` disagree", std::move(data).text());
}

}  // namespace

Stateless::Stateless(McpParts parts, const McpOptions& options, Methods& methods, Companions& companions)
    : parts_(parts),
      options_(options),
      methods_(methods),
      companions_(companions),
      listeners_(parts, options.limits),
      tasks_(parts, options.limits),
      server_info_(server_info(options.version)) {
  decoration_.server_info = server_info_;
}

http::Response Stateless::respond(std::string_view id, std::string_view method, RpcResult result) const {
  if (result) result = mcp::as_stateless(*result, method, decoration_);
  return http_response(id, result, mcp::Era::stateless);
}

RpcResult Stateless::discover() const {
  json::Writer w;
  w.begin_object().key("supportedVersions").begin_array().string(mcp::kStateless).end_array();
  w.member_raw("capabilities", server_capabilities(true)).member("instructions", server_instructions());
  return std::move(w.end_object()).text();
}

async::Task<void> Stateless::answer(Ask ask, http::Headers headers, http::ResponseWriter& writer) {
  std::string id(ask.message.id);
  std::string method(ask.message.method);
  if (method == mcp::method::listen) {
    co_await listeners_.listen(std::move(ask), writer);
    co_return;
  }
  if (is_action(method)) {
    co_await act(std::move(ask), std::move(headers), writer);
    co_return;
  }
  auto result = co_await ask_for(std::move(ask), std::move(headers));
  writer.respond(respond(id, method, std::move(result)));
}

// The methods that are no actions.
async::Task<RpcResult> Stateless::ask_for(Ask ask, http::Headers headers) {
  std::string method(ask.message.method);
  if (method == mcp::method::discover) co_return discover();
  if (auto listed = methods_.list(ask)) co_return std::move(*listed);
  if (method == mcp::method::complete) {
    auto completed = co_await methods_.complete(std::move(ask));
    co_return completed;
  }
  if (Tasks::is_method(method)) {
    if (auto same = check_task_name(ask, headers); !same) co_return std::unexpected(std::move(same).error());
    auto task = co_await tasks_.answer(std::move(ask));
    co_return task;
  }
  co_return rpc_error(mcp::code::method_not_found, fmt::format("there is no method {} here", printable(method, 128)));
}

async::Task<void> Stateless::act(Ask ask, http::Headers headers, http::ResponseWriter& writer) {
  std::string id(ask.message.id);
  std::string method(ask.message.method);
  Visit visit(parts_.visits, ask.principal);
  auto run = std::make_shared<StatelessRun>(ask.caller.log_level, ask.progress_token, options_.limits);
  auto begun = begin(run, std::move(ask), headers);
  if (!begun) {
    writer.respond(respond(id, method, std::unexpected(std::move(begun).error())));
    co_return;
  }
  co_await attend(run, std::move(id), std::move(method), visit.over(), writer);
}

// Sets the call off, or says why it cannot be.
std::expected<void, mcp::Refusal> Stateless::begin(std::shared_ptr<StatelessRun> run, Ask ask,
                                                   const http::Headers& headers) {
  auto params = ask.message.params;
  auto exposed = params["name"].string().value_or("");
  if (ask.message.method == mcp::method::tools_call && is_companion(exposed)) {
    async::spawn(parts_.loop, call_companion(std::move(run), std::move(ask)));
    return {};
  }
  auto asked = methods_.action(ask);
  if (!asked) return std::unexpected(std::move(asked).error());
  if (const auto* listed = parts_.catalogue.listed(ask.principal, exposed)) {
    auto same = mcp::check_param_fields(listed->headers, params["arguments"], fields_of(headers));
    if (!same) return same;
  }
  auto& request = asked->request;
  auto bound =
      binding(ask.principal, asked->method, fmt::format("{}\n{}", request.upstream, request.name), params["arguments"]);
  if (auto mine = unseal(*asked, bound, params); !mine) return mine;
  bool takes_tasks = request.kind == domain::ActionKind::tool && Tasks::declared(ask.capabilities);
  if (takes_tasks) request.hold_ms = 0;
  request.call.peer = run.get();
  request.call.cancelled = &run->cancelled();
  async::spawn(parts_.loop, carry_out(std::move(run), std::move(*asked), std::move(bound), takes_tasks));
  return {};
}

// Puts the upstream's own state where the client's sealed one is.
std::expected<void, mcp::Refusal> Stateless::unseal(AskedAction& asked, std::string_view bound, json::Value params) {
  auto given = params["requestState"];
  if (!given) return {};
  auto& call_params = asked.request.call.params;
  if (!given.string()) return invalid_state("`requestState` must be a string");
  auto state = sealer_.open(*given.string(), bound, parts_.clock.now_ms());
  if (!state) return invalid_state(std::move(state).error().message);
  call_params = mcp::set_member(call_params, "requestState", json::quoted(*state));
  return {};
}

// The upstream's question to the client, with its state sealed.
RpcResult Stateless::input_required(const Answer& answer, std::string_view bound) const {
  auto result = answer.reply.body;
  if (mcp::result_type(result) != "input_required")
    result = mcp::set_member(result, "resultType", "\"input_required\"");
  auto raw = mcp::get_member(result, "requestState");
  if (!raw) return result;
  auto document = json::Document::parse(std::string(*raw));
  auto state = document ? document->root().string() : std::nullopt;
  if (!state) return rpc_error(mcp::code::internal_error, "the upstream's requestState is no string");
  auto sealed = sealer_.seal(*state, parts_.clock.now_ms() + options_.limits.round_ms, bound);
  return mcp::set_member(result, "requestState", json::quoted(sealed));
}

async::Task<void> Stateless::carry_out(std::shared_ptr<StatelessRun> run, AskedAction asked, std::string bound,
                                       bool takes_tasks) {
  auto request = std::move(asked.request);
  auto answer = co_await parts_.path.act(std::move(request));
  if (answer.kind == Answer::Kind::held && takes_tasks) {
    run->finish(tasks_.created(answer));
  } else if (answer.kind == Answer::Kind::reply && answer.reply.kind == execution::Reply::Kind::input_required) {
    run->finish(input_required(answer, bound));
  } else {
    run->finish(to_rpc(answer, mcp::Era::stateless, asked.method, asked.name));
  }
}

async::Task<void> Stateless::call_companion(std::shared_ptr<StatelessRun> run, Ask ask) {
  execution::Call call{
      .progress_token = ask.progress_token, .caller = ask.caller, .peer = run.get(), .cancelled = &run->cancelled()};
  auto result = co_await companions_.call(std::move(ask), std::move(call));
  run->finish(std::move(result));
}

// Writes what the call has to say until its result, or until the client goes away, which cancels it. When the visit is over
// nobody is told the result; what was sent upstream goes on, so that its outcome is known.
async::Task<void> Stateless::attend(std::shared_ptr<StatelessRun> run, std::string id, std::string method,
                                    async::Event& over, http::ResponseWriter& writer) {
  PostAnswer answer(writer);
  for (;;) {
    auto wait_ms = run->wants_progress() ? options_.limits.progress_ms : options_.limits.keep_alive_ms;
    auto first = co_await async::wait_any(wait_ms, run->news(), writer.closed(), over);
    bool is_gone = first && *first == 1;
    while (auto notice = run->take_notice()) {
      Status sent = co_await answer.send(std::move(*notice));
      if (!sent) is_gone = true;
    }
    if (is_gone) break;
    if (auto result = run->take_result()) {
      auto response = respond(id, method, std::move(*result));
      co_await answer.end(std::move(response));
      co_return;
    }
    if (over.is_set()) {
      auto response = turned_out(id);
      co_await answer.end(std::move(response));
      co_return;
    }
    if (first) continue;
    Status sent = co_await give_sign_of_life(run, answer);
    if (!sent) break;
  }
  run->cancel();
}

// Without a progress token a silent call stays silent, unless its stream is open already: its answer may still be plain JSON.
async::Task<Status> Stateless::give_sign_of_life(std::shared_ptr<StatelessRun> run, PostAnswer& answer) {
  if (run->wants_progress()) {
    auto sign = run->sign_of_life();
    Status sent = co_await answer.send(std::move(sign));
    co_return sent;
  }
  if (!answer.is_stream()) co_return Status{};
  Status sent = co_await answer.keep_alive();
  co_return sent;
}

}  // namespace bw::gateway
