// SPDX-License-Identifier: Apache-2.0
#include "gateway/authzen/authzen.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/turn.h"
#include "gateway/entrance.h"
#include "identity/agents.h"
#include "json/writer.h"

namespace bw::gateway {
namespace {

constexpr std::string_view kRequestId = "x-request-id";
constexpr std::size_t kLookedAtMax = 256;  // candidates judged for one page; others on the loop get their turn between

bool permits(const Opinion& said) { return said.verdict == domain::Verdict::allow && !said.changes; }

void write_decision(json::Writer& w, const Opinion& said) {
  w.begin_object().member("decision", permits(said)).key("context").begin_object();
  w.member("verdict", name(said.verdict)).optional("code", said.code).optional("reason", said.reason);
  if (said.verdict == domain::Verdict::allow && said.changes)
    w.member("obliges", "policy changes the call or its result on the way: send it through Bailiwick");
  w.key("rules").begin_array();
  for (const auto& rule : said.rules) w.string(rule);
  w.end_array().end_object().end_object();
}

bool ends(const Opinion& said, Evaluations::Until until) {
  if (until == Evaluations::Until::first_deny) return !permits(said);
  return until == Evaluations::Until::first_permit && permits(said);
}

bool fits(const std::string& asked, const std::string& own) { return asked.empty() || asked == own; }

// Whether the asker may know; what is about nobody known says nothing of anybody.
bool may_ask(const Authzen::Asker& asker, const Evaluation& evaluation) {
  if (!asker || !evaluation.unknown.empty()) return true;
  return fits(evaluation.agent, asker->agent) && fits(evaluation.workflow, asker->workflow) &&
         fits(evaluation.environment, asker->environment);
}

std::string not_own(const domain::Principal& asker) {
  return fmt::format(
      "this token asks for agent {} in workflow {} and environment {} alone; an operator asks for others, on the admin "
      "listener",
      asker.agent, asker.workflow, asker.environment);
}

bool is_own(const domain::Principal& asker, const Candidate& one) {
  return one.agent == asker.agent && one.workflow == asker.workflow && one.environment == asker.environment;
}

std::string results_json(const std::vector<std::string>& shown, const std::string& next, const std::string& reason) {
  json::Writer w;
  w.begin_object().key("page").begin_object();
  w.member("next_token", next).member("count", shown.size()).end_object();
  if (!reason.empty()) w.key("context").begin_object().member("reason", reason).end_object();
  w.key("results").begin_array();
  for (const auto& one : shown) w.raw(one);
  return std::move(w.end_array().end_object()).text();
}

http::Response refusal(const Error& error) { return http::error_response(400, error.message); }

}  // namespace

http::Response Authzen::metadata(const std::string& origin) {
  auto at = [&origin](std::string_view where) { return fmt::format("{}{}{}", origin, root, where); };
  json::Writer w;
  w.begin_object().member("policy_decision_point", origin);
  w.member("access_evaluation_endpoint", at("evaluation"));
  w.member("access_evaluations_endpoint", at("evaluations"));
  w.member("search_subject_endpoint", at("search/subject"));
  w.member("search_resource_endpoint", at("search/resource"));
  w.member("search_action_endpoint", at("search/action")).end_object();
  return http::json_response(200, std::move(w).text());
}

async::Task<http::Response> Authzen::answer(http::Request request, Asker asker) {
  http::Response response;
  if (request.method != "POST") {
    response = http::error_response(405, "only POST");
    response.headers.set("allow", "POST");
  } else if (!declares_json(request.headers)) {
    response = http::error_response(400, "Content-Type must be application/json");
  } else {
    auto answering = answer_at(request.path().substr(root.size()), std::move(request.body), std::move(asker));
    if (answering) {
      response = co_await std::move(*answering);
    } else {
      response = http::error_response(
          404,
          "AuthZEN here: POST /access/v1/ and evaluation, evaluations, search/subject, search/resource, search/action");
    }
  }
  if (auto id = request.headers.find(kRequestId)) response.headers.set(kRequestId, *id);
  co_return response;
}

std::optional<async::Task<http::Response>> Authzen::answer_at(std::string_view where, std::string body, Asker asker) {
  if (where == "evaluation") return evaluate(std::move(body), false, std::move(asker));
  if (where == "evaluations") return evaluate(std::move(body), true, std::move(asker));
  if (where == "search/subject") return search(std::move(body), Search::For::subject, std::move(asker));
  if (where == "search/resource") return search(std::move(body), Search::For::resource, std::move(asker));
  if (where == "search/action") return search(std::move(body), Search::For::action, std::move(asker));
  return std::nullopt;
}

async::Task<http::Response> Authzen::evaluate(std::string body, bool may_batch, Asker asker) {
  auto evaluations = read_evaluations(std::move(body), may_batch);
  if (!evaluations) co_return refusal(evaluations.error());
  bool is_foreign = !evaluations->is_batch && !may_ask(asker, *evaluations->items.front());
  if (is_foreign) co_return http::error_response(403, not_own(*asker));
  json::Writer w;
  if (evaluations->is_batch) w.begin_object().key("evaluations").begin_array();
  for (auto& evaluation : evaluations->items) {
    Opinion said;
    if (evaluation) {
      said = co_await ask(std::move(*evaluation), asker);
    } else {
      said = {.code = "invalid", .reason = evaluation.error().message};
    }
    write_decision(w, said);
    if (ends(said, evaluations->until)) break;
  }
  if (evaluations->is_batch) w.end_array().end_object();
  co_return http::json_response(200, std::move(w).text());
}

async::Task<http::Response> Authzen::search(std::string body, Search::For what, Asker asker) {
  auto asked = read_search(std::move(body), what);
  if (!asked) co_return refusal(asked.error());
  if (!may_ask(asker, asked->evaluation)) co_return http::error_response(403, not_own(*asker));
  auto page = page_of(*asked);
  if (!page) co_return refusal(page.error());
  Search search = *asked;
  if (what != Search::For::subject) name_subject(search.evaluation, asker);
  auto all = candidates(*live_().snapshot, search);
  if (asker) std::erase_if(all, [&asker](const Candidate& one) { return !is_own(*asker, one); });
  std::vector<std::string> found;
  std::size_t looked_at = 0;
  std::string last = page->after, next;
  for (auto one = std::ranges::upper_bound(all, last, {}, &Candidate::key); one != all.end(); ++one, ++looked_at) {
    bool is_full = std::cmp_equal(found.size(), page->results_max) || looked_at == kLookedAtMax;
    if (is_full) {
      next = next_token(*asked, *page, last);
      break;
    }
    last = one->key;
    bool is_permitted = co_await permitted(*one, search.evaluation.arguments, asker);
    if (is_permitted) found.push_back(std::move(one->shown));
  }
  co_return http::json_response(200, results_json(found, next, search.evaluation.unknown));
}

// In which workflow and environment, or why that cannot be said.
void Authzen::name_subject(Evaluation& evaluation, const Asker& asker) const {
  if (!evaluation.unknown.empty()) return;
  auto principal = principal_of(evaluation, asker);
  if (!principal) {
    evaluation.unknown = principal.error().message;
    return;
  }
  evaluation.workflow = principal->workflow;
  evaluation.environment = principal->environment;
}

async::Task<bool> Authzen::permitted(const Candidate& one, std::string arguments, const Asker& asker) {
  co_await async::next_turn();
  domain::Principal principal{one.agent, one.workflow, one.environment, asker ? asker->token : ""};
  Opinion said = co_await ask_as(std::move(principal), one.tool, std::move(arguments));
  co_return permits(said);
}

// Whose call it would be: the asker's, or the one that the registry makes of what the evaluation names.
Result<domain::Principal> Authzen::principal_of(const Evaluation& evaluation, const Asker& asker) const {
  if (asker) return *asker;
  identity::Claims wanted{
      .agent = evaluation.agent, .workflow = evaluation.workflow, .environment = evaluation.environment};
  BW_TRY(auto claims, identity::complete_claims(*live_().snapshot, std::move(wanted)));
  return domain::Principal{claims.agent, claims.workflow, claims.environment, ""};
}

async::Task<Opinion> Authzen::ask(Evaluation evaluation, Asker asker) {
  if (!evaluation.unknown.empty()) co_return Opinion{.code = "unknown", .reason = evaluation.unknown};
  if (!may_ask(asker, evaluation)) co_return Opinion{.code = "forbidden", .reason = not_own(*asker)};
  auto principal = principal_of(evaluation, asker);
  if (!principal) co_return Opinion{.code = "unknown", .reason = principal.error().message};
  Opinion said = co_await ask_as(std::move(*principal), std::move(evaluation.tool), std::move(evaluation.arguments));
  co_return said;
}

async::Task<Opinion> Authzen::ask_as(domain::Principal principal, std::string tool, std::string arguments) {
  Request request{.principal = std::move(principal), .name = std::move(tool), .arguments = std::move(arguments)};
  Opinion said = co_await path_.ask(std::move(request));
  co_return said;
}

}  // namespace bw::gateway
