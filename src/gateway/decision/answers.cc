// SPDX-License-Identifier: Apache-2.0
#include "gateway/decision/answers.h"

#include "base/clock.h"
#include "json/writer.h"

namespace bw::gateway {
namespace {

void write_receipt(json::Writer& w, const Receipt& receipt) {
  w.optional("action", receipt.action).optional("run", receipt.run);
  if (!receipt.leaf.empty()) w.member("entry", static_cast<std::int64_t>(receipt.entry)).member("leaf", receipt.leaf);
  if (receipt.replayed) w.member("replayed", true);
}

http::Response allow(const Answer& answer) {
  json::Writer w;
  w.begin_object().member("verdict", "allow").optional("reason", answer.message);
  w.member_raw("arguments", answer.arguments);
  if (!answer.meta.empty()) w.member_raw("meta", answer.meta);
  w.member("report_by", format_time(answer.report_by_ms)).optional("ticket", answer.receipt.ticket);
  write_receipt(w, answer.receipt);
  return http::json_response(200, std::move(w.end_object()).text());
}

http::Response hold(const Answer& answer) {
  json::Writer w;
  w.begin_object().member("verdict", "hold").member("ticket", answer.receipt.ticket).optional("rule", answer.code);
  w.member("reason", answer.message).optional("digest", answer.digest);
  if (answer.expires_at_ms > 0) w.member("expires_at", format_time(answer.expires_at_ms));
  if (answer.retry_after_ms > 0) w.member("retry_after_ms", answer.retry_after_ms);
  if (answer.obstacle) w.member_raw("obstacle", to_json(*answer.obstacle));
  write_receipt(w, answer.receipt);
  return http::json_response(409, std::move(w.end_object()).text());
}

// A tool that was not granted reads like one that does not exist, so its refusal has no action to show.
http::Response deny(const Answer& answer) {
  bool is_unknown = answer.code == "unknown" || answer.code == "not_granted";
  json::Writer w;
  w.begin_object().member("verdict", "deny").member("code", is_unknown ? "unknown" : answer.code);
  w.member("reason", answer.message);
  if (answer.retry_after_ms > 0) w.member("retry_after_ms", answer.retry_after_ms);
  if (!is_unknown) {
    w.optional("ticket", answer.receipt.ticket);
    write_receipt(w, answer.receipt);
  }
  int status = answer.code == "unavailable" ? 503 : 403;
  return http::json_response(status, std::move(w.end_object()).text());
}

int status_of(std::string_view code) {
  if (code == "unknown") return 404;
  if (code == "unavailable") return 503;
  return code == "invalid" ? 400 : 409;
}

}  // namespace

http::Response refusal_response(int status, std::string_view code, std::string_view message) {
  json::Writer w;
  w.begin_object().member("error", message).member("code", code).end_object();
  return http::json_response(status, std::move(w).text());
}

http::Response verdict_response(const Answer& answer) {
  if (answer.kind == Answer::Kind::admitted) return allow(answer);
  if (answer.kind == Answer::Kind::held) return hold(answer);
  if (answer.code == "invalid") return refusal_response(400, answer.code, answer.message);
  return deny(answer);
}

http::Response report_response(const Answer& answer) {
  if (answer.kind != Answer::Kind::reported)
    return refusal_response(status_of(answer.code), answer.code, answer.message);
  json::Writer w;
  w.begin_object().member("outcome", name(answer.outcome));
  write_receipt(w, answer.receipt);
  return http::json_response(200, std::move(w.end_object()).text());
}

http::Response withdraw_response(const Answer& answer) {
  if (answer.code != "withdrawn") return refusal_response(404, answer.code, answer.message);
  json::Writer w;
  w.begin_object().member("ticket", answer.receipt.ticket).member("state", "withdrawn");
  write_receipt(w, answer.receipt);
  return http::json_response(200, std::move(w.end_object()).text());
}

http::Response tickets_response(const std::vector<Ticket>& open) {
  json::Writer w;
  w.begin_object().key("tickets").begin_array();
  for (const auto& ticket : open) {
    w.begin_object().member("ticket", ticket.id).member("action", ticket.action).member("tool", ticket.name);
    w.member("state", domain::name(ticket.state)).member("created_at", format_time(ticket.created_ms));
    w.member("expires_at", format_time(ticket.expires_ms)).end_object();
  }
  return http::json_response(200, std::move(w.end_array().end_object()).text());
}

}  // namespace bw::gateway
