// SPDX-License-Identifier: Apache-2.0
#include "gateway/hook/hook.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "crypto/hash.h"
#include "gateway/run_name.h"
#include "json/document.h"
#include "json/writer.h"

namespace bw::gateway::hook {
namespace {

constexpr std::int64_t kConnectMs = 3'000;
constexpr std::int64_t kAnswerMs = 10'000;           // beside the time to wait for a person
constexpr std::size_t kResponseBytesMax = 1U << 20;  // of what a tool answered; more is left out of the report
constexpr json::Limits kAnswerLimits{.bytes_max = 8U << 20};

Said decision(std::string_view word, std::string_view reason, std::string_view input = {}) {
  json::Writer w;
  w.begin_object().key("hookSpecificOutput").begin_object().member("hookEventName", "PreToolUse");
  w.member("permissionDecision", word).member("permissionDecisionReason", reason);
  if (!input.empty()) w.member_raw("updatedInput", input);
  w.end_object().end_object();
  return {.out = std::move(w).text()};
}

std::string run_of(const Event& event) {
  return is_run_name(event.session) ? event.session : to_hex(crypto::sha256(event.session)).substr(0, 32);
}

std::string held(json::Value answer) {
  return fmt::format(
      "NOT EXECUTED — waiting for approval: {}\nTicket: {}\nNothing has happened. Go on with something else, and make exactly "
      "this call again later: once a person has approved it, it is let through. Do not attempt by another route what waits here.",
      answer["reason"].string().value_or(""), answer["ticket"].string().value_or(""));
}

// What a use of a tool that was not let go is answered with.
Said refused(const http::ClientResponse& response) {
  auto document = json::Document::parse(response.body, kAnswerLimits);
  auto root = document ? document->root() : json::Value();
  auto verdict = root["verdict"].string();
  if (verdict == "hold") return decision("deny", held(root));
  if (verdict == "deny")
    return decision("deny", fmt::format("NOT EXECUTED — denied: {}", root["reason"].string().value_or("")));
  auto why = root["error"].string().value_or("");
  return decision("deny", fmt::format("NOT EXECUTED — Bailiwick answered with status {}{}{}", response.status,
                                      why.empty() ? "" : ": ", why));
}

}  // namespace

std::string turn_down(std::string_view why) { return decision("deny", fmt::format("NOT EXECUTED — {}", why)).out; }

async::Task<Said> Hook::take(Event event) {
  if (event.kind == Event::Kind::before) {
    Said said = co_await before(std::move(event));
    co_return said;
  }
  Said said = co_await after(std::move(event));
  co_return said;
}

async::Task<http::ClientResult> Hook::post(std::string path, std::string body, std::int64_t wait_ms) {
  http::ClientRequest request;
  request.method = "POST";
  request.url = options_.origin + "/decision/v1/" + path;
  request.headers.set("authorization", "Bearer " + options_.token);
  request.headers.set("content-type", "application/json");
  request.body = std::move(body);
  request.body_bytes_max = kAnswerLimits.bytes_max;
  request.connect_ms_max = kConnectMs;
  request.response_ms_max = request.body_idle_ms_max = kAnswerMs + wait_ms;
  http::ClientResult answer = co_await client_.send(std::move(request));
  co_return answer;
}

async::Task<http::ClientResult> Hook::report(std::string action, std::string outcome, std::string result,
                                             std::string error) {
  json::Writer w;
  w.begin_object().member("outcome", outcome);
  if (!result.empty()) w.member_raw("result", result);
  w.optional("error", error).end_object();
  http::ClientResult answer = co_await post("actions/" + action + "/outcome", std::move(w).text(), 0);
  co_return answer;
}

async::Task<Said> Hook::before(Event event) {
  if (Status opened = uses_.open(); !opened) co_return Said{.out = turn_down(opened.error().message)};
  json::Writer w;
  w.begin_object().member("tool", fmt::format("{}/{}", options_.upstream, event.tool));
  w.member_raw("arguments", event.input).member("run", run_of(event)).member("hold_ms", options_.wait_ms).end_object();
  http::ClientResult answer = co_await post("actions", std::move(w).text(), options_.wait_ms);
  if (!answer) {
    co_return Said{.out = turn_down(fmt::format("Bailiwick gives no answer at {}: {}; what it cannot allow is not done",
                                                options_.origin, answer.error().message))};
  }
  if (answer->status != 200) co_return refused(*answer);
  Said said = co_await let_go(std::move(event), std::move(answer->body));
  co_return said;
}

// The intent is recorded. What keeps the agent from carrying it out as it was let go is reported at once.
async::Task<Said> Hook::let_go(Event event, std::string answer) {
  auto document = json::Document::parse(std::move(answer), kAnswerLimits);
  auto root = document ? document->root() : json::Value();
  auto action = root["action"].string();
  if (root["verdict"].string() != "allow" || !action || !root["arguments"].is(json::Kind::object))
    co_return Said{.out = turn_down("Bailiwick's answer cannot be read")};
  std::string id(*action), arguments(root["arguments"].raw());
  std::string obstacle;
  if (root["meta"]) obstacle = "policy stamps this, and a hook has no place for a stamp";
  if (Status kept = uses_.remember(event, id); obstacle.empty() && !kept) obstacle = kept.error().message;
  if (!obstacle.empty()) {
    std::string outcome = "failed";
    [[maybe_unused]] http::ClientResult reported =
        co_await report(std::move(id), std::move(outcome), {}, "not carried out: " + obstacle);
    uses_.forget(event);
    co_return Said{.out = turn_down(obstacle)};
  }
  if (arguments != event.input)
    co_return decision(options_.grants ? "allow" : "ask", "policy changed the arguments", arguments);
  if (options_.grants) co_return decision("allow", root["reason"].string().value_or("allowed by policy"));
  co_return Said{};
}

async::Task<Said> Hook::after(Event event) {
  auto action = uses_.action_of(event);
  if (!action)
    co_return Said{
        .error = fmt::format("nothing was asked about this use of {}, so there is nothing to report", event.tool),
        .code = 1};
  bool failed = event.kind == Event::Kind::failed;
  std::string result = std::move(event.response);
  if (result.size() > kResponseBytesMax) {
    json::Writer w;
    w.begin_object().member("left_out_bytes", result.size()).end_object();
    result = std::move(w).text();
  }
  std::string outcome = failed ? "failed" : "succeeded";
  std::string error = event.error;
  http::ClientResult answer = co_await report(*action, std::move(outcome), std::move(result), std::move(error));
  if (!answer)
    co_return Said{.error = fmt::format("the outcome of {} is not reported: {}", *action, answer.error().message),
                   .code = 1};
  uses_.forget(event);
  if (answer->status == 200) co_return Said{};
  co_return Said{.error = fmt::format("the outcome of {} was not taken: {}", *action, answer->body), .code = 1};
}

}  // namespace bw::gateway::hook
