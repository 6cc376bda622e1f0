// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/methods.h"

#include <fmt/core.h>

#include <utility>
#include <vector>

#include "base/text.h"
#include "gateway/mcp/answers.h"
#include "gateway/mcp/companions.h"
#include "gateway/mcp/page.h"
#include "json/writer.h"
#include "mcp/splice.h"

namespace bw::gateway {

namespace {

using domain::ActionKind;

std::unexpected<mcp::Refusal> invalid(std::string message) {
  return rpc_error(mcp::code::invalid_params, std::move(message));
}

std::vector<std::string_view> views(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

// Of the caller's `_meta` what is meant for the upstream: not the protocol's own keys, and not ours.
void append_meta(json::Writer& w, json::Value params) {
  bool open = false;
  for (auto [key, value] : params["_meta"].members()) {
    bool own = key.starts_with("io.modelcontextprotocol/") || key.starts_with("dev.bailiwick/");
    if (own || key == mcp::meta::progress_token) continue;
    if (!std::exchange(open, true)) w.key("_meta").begin_object();
    w.member_raw(key, value.raw());
  }
  if (open) w.end_object();
}

// What a further round of a call adds. The upstream's own state takes the place of the sealed one later.
void append_round(json::Writer& w, json::Value params) {
  if (auto responses = params["inputResponses"]) w.member_raw("inputResponses", responses.raw());
  if (auto state = params["requestState"]) w.member_raw("requestState", state.raw());
}

AskedAction begin(const Ask& ask, ActionKind kind, std::string_view name) {
  AskedAction asked{.method = std::string(ask.message.method), .name = std::string(name)};
  asked.request.principal = ask.principal;
  asked.request.run = ask.run;
  asked.request.kind = kind;
  asked.request.arguments = "{}";
  asked.request.call.method = asked.method;
  asked.request.call.progress_token = ask.progress_token;
  asked.request.call.caller = ask.caller;
  return asked;
}

std::string local_name(std::string_view name) { return std::string(name.substr(name.find('/') + 1)); }

// Nothing of that name: said by the path's answer in the same words (answers.cc).
std::unexpected<mcp::Refusal> not_found(std::string_view what, std::string_view name) {
  return invalid(fmt::format("{} {} not found", what, name));
}

}  // namespace

bool is_action(std::string_view method) {
  return method == mcp::method::tools_call || method == mcp::method::resources_read ||
         method == mcp::method::prompts_get;
}

std::optional<RpcResult> Methods::list(const Ask& ask) {
  auto method = ask.message.method;
  auto params = ask.message.params;
  if (method == mcp::method::tools_list) return tools(ask);
  if (method == mcp::method::resources_list) {
    auto all = catalogue_.resources(ask.principal);
    return page("resources", views(all), params, limits_.page_items);
  }
  if (method == mcp::method::resources_templates_list) {
    auto all = catalogue_.resource_templates(ask.principal);
    return page("resourceTemplates", views(all), params, limits_.page_items);
  }
  if (method == mcp::method::prompts_list) {
    auto all = catalogue_.prompts(ask.principal);
    return page("prompts", views(all), params, limits_.page_items);
  }
  return std::nullopt;
}

RpcResult Methods::tools(const Ask& ask) {
  auto listed = catalogue_.tools(ask.principal);
  std::vector<std::string_view> items;
  items.reserve(listed.size() + companion_definitions().size());
  for (const auto* tool : listed) items.push_back(tool->definition);
  if (tickets_.can_hold(ask.principal)) {
    for (auto definition : companion_definitions()) items.push_back(definition);
  }
  return page("tools", items, ask.message.params, limits_.page_items);
}

std::expected<AskedAction, mcp::Refusal> Methods::action(const Ask& ask) {
  if (ask.message.method == mcp::method::tools_call) return tool_call(ask);
  if (ask.message.method == mcp::method::resources_read) return resource_read(ask);
  return prompt_get(ask);
}

std::expected<AskedAction, mcp::Refusal> Methods::tool_call(const Ask& ask) {
  auto params = ask.message.params;
  auto exposed = params["name"].string();
  if (!exposed) return invalid("`name` must be a string");
  auto arguments = params["arguments"];
  if (arguments && !arguments.is(json::Kind::object)) return invalid("`arguments` must be an object");
  auto name = catalogue_.exposed_to_name(ask.principal, *exposed);
  if (name.empty()) return not_found("Tool", *exposed);
  auto asked = begin(ask, ActionKind::tool, *exposed);
  asked.request.name = name;
  if (arguments) asked.request.arguments = arguments.raw();
  json::Writer w;
  w.begin_object().member("name", local_name(name)).member_raw("arguments", asked.request.arguments);
  append_round(w, params);
  append_meta(w, params);
  asked.request.call.params = std::move(w.end_object()).text();
  return asked;
}

std::expected<AskedAction, mcp::Refusal> Methods::resource_read(const Ask& ask) {
  auto params = ask.message.params;
  auto uri = params["uri"].string();
  if (!uri) return invalid("`uri` must be a string");
  auto asked = begin(ask, ActionKind::resource, *uri);
  asked.request.name = *uri;
  asked.request.upstream = catalogue_.upstream_of_resource(ask.principal, *uri);
  if (asked.request.upstream.empty()) asked.request.upstream = catalogue_.any_upstream_of_resource(*uri);
  if (asked.request.upstream.empty()) {
    json::Writer data;
    data.begin_object().member("uri", *uri).end_object();
    int code = ask.era == mcp::Era::sessions ? mcp::code::resource_not_found : mcp::code::invalid_params;
    return rpc_error(code, fmt::format("Resource {} not found", *uri), std::move(data).text());
  }
  json::Writer w;
  w.begin_object().member("uri", *uri);
  append_round(w, params);
  append_meta(w, params);
  asked.request.call.params = std::move(w.end_object()).text();
  return asked;
}

std::expected<AskedAction, mcp::Refusal> Methods::prompt_get(const Ask& ask) {
  auto params = ask.message.params;
  auto exposed = params["name"].string();
  if (!exposed) return invalid("`name` must be a string");
  auto arguments = params["arguments"];
  if (arguments && !arguments.is(json::Kind::object)) return invalid("`arguments` must be an object");
  auto name = catalogue_.exposed_to_prompt(ask.principal, *exposed);
  if (name.empty()) name = catalogue_.any_prompt(*exposed);
  if (name.empty()) return not_found("Prompt", *exposed);
  auto asked = begin(ask, ActionKind::prompt, *exposed);
  asked.request.name = name;
  if (arguments) asked.request.arguments = arguments.raw();
  json::Writer w;
  w.begin_object().member("name", local_name(name));
  if (arguments) w.member_raw("arguments", arguments.raw());
  append_round(w, params);
  append_meta(w, params);
  asked.request.call.params = std::move(w.end_object()).text();
  return asked;
}

// No action: it suggests words for an argument of what the caller may use anyway. It obeys the same grants.
async::Task<RpcResult> Methods::complete(Ask ask) {
  auto params = ask.message.params;
  auto ref = params["ref"];
  auto type = ref["type"].string().value_or("");
  if (!params["argument"].is(json::Kind::object)) co_return invalid("`argument` must be an object");
  std::string upstream;
  std::string own_ref(ref.raw());
  if (type == "ref/prompt") {
    auto exposed = ref["name"].string().value_or("");
    auto name = catalogue_.exposed_to_prompt(ask.principal, exposed);
    if (name.empty()) co_return not_found("Prompt", exposed);
    upstream = name.substr(0, name.find('/'));
    own_ref = mcp::set_member(own_ref, "name", json::quoted(local_name(name)));
  } else if (type == "ref/resource") {
    auto uri = ref["uri"].string().value_or("");
    upstream = catalogue_.upstream_of_template(ask.principal, uri);
    if (upstream.empty()) upstream = catalogue_.upstream_of_resource(ask.principal, uri);
    if (upstream.empty()) co_return not_found("Resource", uri);
  } else {
    co_return invalid("`ref` must be a ref/prompt or a ref/resource");
  }
  auto* at = upstreams_.find(upstream);
  if (at == nullptr) co_return rpc_error(mcp::code::internal_error, "the upstream cannot be reached at present");
  execution::Call call{.method = std::string(mcp::method::complete), .caller = ask.caller};
  json::Writer w;
  w.begin_object().member_raw("ref", own_ref).member_raw("argument", params["argument"].raw());
  if (params["context"].is(json::Kind::object)) w.member_raw("context", params["context"].raw());
  call.params = std::move(w.end_object()).text();
  auto result = co_await at->call(std::move(call));
  if (!result) co_return rpc_error(mcp::code::internal_error, "the upstream cannot be reached at present");
  if (result->kind == execution::Reply::Kind::result) co_return std::move(result->body);
  Answer answer{.kind = Answer::Kind::reply, .reply = std::move(*result)};
  co_return to_rpc(answer, ask.era, mcp::method::complete, {});
}

}  // namespace bw::gateway
