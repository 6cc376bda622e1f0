// SPDX-License-Identifier: Apache-2.0
#include "admin/authzen.h"

#include "gateway/entrance.h"
#include "identity/agents.h"
#include "json/writer.h"

namespace bw::admin {
namespace {

constexpr std::string_view kRequestId = "x-request-id";

bool permits(const gateway::Opinion& said) { return said.verdict == domain::Verdict::allow && !said.changes; }

void write_decision(json::Writer& w, const gateway::Opinion& said) {
  w.begin_object().member("decision", permits(said)).key("context").begin_object();
  w.member("verdict", name(said.verdict)).optional("code", said.code).optional("reason", said.reason);
  if (said.verdict == domain::Verdict::allow && said.changes)
    w.member("obliges", "policy changes the call or its result on the way: send it through Bailiwick");
  w.key("rules").begin_array();
  for (const auto& rule : said.rules) w.string(rule);
  w.end_array().end_object().end_object();
}

bool ends(const gateway::Opinion& said, Questions::Until until) {
  if (until == Questions::Until::first_deny) return !permits(said);
  return until == Questions::Until::first_permit && permits(said);
}

}  // namespace

http::Response Authzen::metadata(const std::string& origin) {
  json::Writer w;
  w.begin_object().member("policy_decision_point", origin);
  w.member("access_evaluation_endpoint", origin + "/access/v1/evaluation");
  w.member("access_evaluations_endpoint", origin + "/access/v1/evaluations").end_object();
  return http::json_response(200, std::move(w).text());
}

async::Task<http::Response> Authzen::answer(http::Request request) {
  bool is_one = request.path() == "/access/v1/evaluation", is_batch = request.path() == "/access/v1/evaluations";
  http::Response response;
  if (!is_one && !is_batch) {
    response = http::error_response(404, "AuthZEN here: POST /access/v1/evaluation and /access/v1/evaluations");
  } else if (request.method != "POST") {
    response = http::error_response(405, "only POST");
    response.headers.set("allow", "POST");
  } else if (!gateway::declares_json(request.headers)) {
    response = http::error_response(400, "Content-Type must be application/json");
  } else {
    response = co_await evaluate(std::move(request.body), is_batch);
  }
  if (auto id = request.headers.find(kRequestId)) response.headers.set(kRequestId, *id);
  co_return response;
}

async::Task<http::Response> Authzen::evaluate(std::string body, bool may_batch) {
  auto questions = read_questions(std::move(body), may_batch);
  if (!questions) co_return http::error_response(400, questions.error().message);
  json::Writer w;
  if (questions->is_batch) w.begin_object().key("evaluations").begin_array();
  for (auto& question : questions->items) {
    gateway::Opinion said;
    if (question) {
      said = co_await ask(std::move(*question));
    } else {
      said = {.code = "invalid", .reason = question.error().message};
    }
    write_decision(w, said);
    if (ends(said, questions->until)) break;
  }
  if (questions->is_batch) w.end_array().end_object();
  co_return http::json_response(200, std::move(w).text());
}

async::Task<gateway::Opinion> Authzen::ask(Question question) {
  if (!question.unknown.empty()) co_return gateway::Opinion{.code = "unknown", .reason = question.unknown};
  identity::Claims wanted{
      .agent = std::move(question.agent), .workflow = question.workflow, .environment = question.environment};
  auto claims = identity::complete_claims(*control_.live().snapshot, std::move(wanted));
  if (!claims) co_return gateway::Opinion{.code = "unknown", .reason = claims.error().message};
  gateway::Request request{.principal = {claims->agent, claims->workflow, claims->environment, ""},
                           .name = std::move(question.tool),
                           .arguments = std::move(question.arguments)};
  gateway::Opinion said = co_await path_.ask(std::move(request));
  co_return said;
}

}  // namespace bw::admin
