// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/answers.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "gateway/companion_names.h"
#include "json/document.h"
#include "json/writer.h"
#include "mcp/result.h"
#include "mcp/splice.h"

namespace bw::gateway {

namespace {

using domain::Outcome;

constexpr std::string_view kReceipt = "dev.bailiwick/receipt";
constexpr std::string_view kDecision = "dev.bailiwick/decision";
constexpr std::string_view kApproval = "dev.bailiwick/approval";

constexpr json::Limits kResultLimits{.bytes_max = 64U << 20, .depth_max = 64, .values_max = 2'000'000};

// Codes that name no rule of somebody's policy.
bool is_rule(std::string_view code) {
  static constexpr std::array kOwn = {"killed",      "revoked", "ambiguous",   "ticket",    "meter",
                                      "quarantined", "misfit",  "unavailable", "unknown",   "not_granted",
                                      "no_rule",     "invalid", "no_reviewer", "withdrawn", "denied",
                                      "expired",     "lapsed",  "cancelled"};
  return !code.empty() && std::ranges::find(kOwn, code) == kOwn.end();
}

std::string receipt(const Receipt& receipt) {
  json::Writer w;
  w.begin_object().member("action", receipt.action).member("run", receipt.run);
  if (!receipt.leaf.empty()) w.member("entry", static_cast<std::int64_t>(receipt.entry)).member("leaf", receipt.leaf);
  if (receipt.replayed) w.member("replayed", true);
  return std::move(w.end_object()).text();
}

std::string decision(const Answer& answer) {
  json::Writer w;
  w.begin_object().member("verdict", "deny").member("code", answer.code).member("reason", answer.message);
  if (answer.retry_after_ms > 0) w.member("retryAfterMs", answer.retry_after_ms);
  return std::move(w.end_object()).text();
}

std::string approval(const Answer& answer) {
  json::Writer w;
  w.begin_object().member("ticket", answer.receipt.ticket).member("state", "held").optional("rule", answer.code);
  w.optional("digest", answer.digest);
  if (answer.expires_at_ms > 0) w.member("expiresAt", format_time(answer.expires_at_ms));
  if (answer.retry_after_ms > 0) w.member("retryAfterMs", answer.retry_after_ms);
  if (answer.obstacle) w.member_raw("obstacle", to_json(*answer.obstacle));
  return std::move(w.end_object()).text();
}

// The members of `_meta` that go with an answer of ours.
std::string meta(const Answer& answer) {
  json::Writer w;
  w.begin_object();
  if (!answer.receipt.action.empty()) w.member_raw(kReceipt, receipt(answer.receipt));
  if (answer.kind == Answer::Kind::denied) w.member_raw(kDecision, decision(answer));
  if (answer.kind == Answer::Kind::held) w.member_raw(kApproval, approval(answer));
  return std::move(w.end_object()).text();
}

std::string denied_text(const Answer& answer) {
  bool says_which = answer.message.contains(answer.code);  // what policy says does
  if (is_rule(answer.code) && says_which) return fmt::format("NOT EXECUTED — denied: {}", answer.message);
  if (is_rule(answer.code)) return fmt::format("NOT EXECUTED — denied by rule {}: {}", answer.code, answer.message);
  return fmt::format("NOT EXECUTED — denied ({}): {}", answer.code, answer.message);
}

std::string held_text(const Answer& answer) {
  auto text =
      fmt::format("NOT EXECUTED — waiting for approval: {}\nTicket: {}\n", answer.message, answer.receipt.ticket);
  if (answer.expires_at_ms > 0) text += fmt::format("It expires at {}.\n", format_time(answer.expires_at_ms));
  if (answer.obstacle)
    text += fmt::format(
        "As things are now, it would be refused even once it is approved ({}): {}\nThat may change until a person decides. Wait on "
        "with {}, or take the call back with {}.\n",
        answer.obstacle->code, answer.obstacle->reason, companion::await, companion::withdraw);
  text += fmt::format(
      "Nothing has happened yet. Call {} with this ticket, as often as it says that it is still waiting: once a person has "
      "approved, exactly this call is carried out and you get its result. Do not attempt by another route what waits here.",
      companion::await);
  return text;
}

std::string failed_text(const Answer& answer) {
  if (answer.outcome == Outcome::not_executed) {
    return fmt::format("NOT EXECUTED — {}\nNothing happened upstream; it is safe to call again later.", answer.message);
  }
  if (answer.outcome == Outcome::ambiguous) {
    return fmt::format(
        "OUTCOME UNKNOWN — {}\nThe call was sent and no answer came: it may or may not have taken effect. Do not repeat it "
        "blindly; find out what happened first, or ask a person.",
        answer.message);
  }
  return fmt::format("FAILED — {}", answer.message);
}

RpcResult read_error(const Answer& answer, mcp::Era era) {
  // -32001 means "no such session" where there are sessions.
  int code = era == mcp::Era::stateless ? -32001 : mcp::code::internal_error;
  return rpc_error(code, not_done(answer), meta(answer));
}

RpcResult unknown_thing(std::string_view method, std::string_view name, mcp::Era era) {
  if (method == mcp::method::resources_read) {
    int code = era == mcp::Era::sessions ? mcp::code::resource_not_found : mcp::code::invalid_params;
    json::Writer data;
    data.begin_object().member("uri", name).end_object();
    return rpc_error(code, fmt::format("Resource {} not found", name), std::move(data).text());
  }
  auto what = method == mcp::method::prompts_get ? "Prompt" : "Tool";
  return rpc_error(mcp::code::invalid_params, fmt::format("{} {} not found", what, name));
}

// An upstream's error as the caller's era spells it.
RpcResult upstream_error(const std::string& body, mcp::Era era) {
  auto document = json::Document::parse(body, kResultLimits);
  auto code = document ? document->root()["code"].integer() : std::nullopt;
  if (!code) return rpc_error(mcp::code::internal_error, "the upstream answered with an error that cannot be read");
  auto root = document->root();
  int number = static_cast<int>(*code);
  if (era == mcp::Era::stateless && number == mcp::code::resource_not_found) number = mcp::code::invalid_params;
  // These two speak of one hop of HTTP, and this caller's hop was in order.
  bool of_hop = number == mcp::code::header_mismatch || number == mcp::code::unsupported_version;
  if (of_hop || (number == mcp::code::missing_capability && era == mcp::Era::sessions))
    number = mcp::code::internal_error;
  // An upstream that does not know the method is no statement about the gateway's endpoint.
  if (era == mcp::Era::stateless && number == mcp::code::method_not_found) number = mcp::code::internal_error;
  return rpc_error(number, std::string(root["message"].string().value_or("")), std::string(root["data"].raw()));
}

// A reply to `method` that is a result.
RpcResult upstream_result(const Answer& answer, std::string_view method) {
  const auto& body = answer.reply.body;
  if (mcp::result_type(body) != "complete") {
    return rpc_error(mcp::code::internal_error, "the upstream answered in a form that cannot be passed on");
  }
  if (method == mcp::method::tools_call && !mcp::get_member(body, "content")) {
    // What was read or asked through a ticket: the content of another method, shown to a tool's caller.
    return mcp::set_meta(text_result(body, answer.reply.is_error), kReceipt, receipt(answer.receipt));
  }
  return mcp::set_meta(body, kReceipt, receipt(answer.receipt));
}

}  // namespace

std::string text_result(std::string_view text, bool is_error, std::string_view meta) {
  json::Writer w;
  w.begin_object().key("content").begin_array();
  w.begin_object().member("type", "text").member("text", text).end_object();
  w.end_array().member("isError", is_error);
  if (!meta.empty()) w.member_raw("_meta", meta);
  return std::move(w.end_object()).text();
}

std::string not_done(const Answer& answer) {
  switch (answer.kind) {
    case Answer::Kind::denied: return denied_text(answer);
    case Answer::Kind::held: return held_text(answer);
    case Answer::Kind::failed: return failed_text(answer);
    case Answer::Kind::withdrawn: return "NOT EXECUTED — the caller went away";
    case Answer::Kind::reply:
    case Answer::Kind::admitted:
    case Answer::Kind::reported: break;  // of what agents carry out themselves: no tool of this door
  }
  return {};
}

RpcResult to_rpc(const Answer& answer, mcp::Era era, std::string_view method, std::string_view name) {
  if (answer.kind == Answer::Kind::reply) {
    if (answer.reply.kind == execution::Reply::Kind::error) return upstream_error(answer.reply.body, era);
    return upstream_result(answer, method);
  }
  if (answer.kind == Answer::Kind::denied) {
    if (answer.code == "unknown" || answer.code == "not_granted") return unknown_thing(method, name, era);
    if (answer.code == "invalid") return rpc_error(mcp::code::invalid_params, answer.message);
  }
  if (method != mcp::method::tools_call) return read_error(answer, era);
  return text_result(not_done(answer), true, meta(answer));
}

}  // namespace bw::gateway
