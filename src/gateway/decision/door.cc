// SPDX-License-Identifier: Apache-2.0
#include "gateway/decision/door.h"

#include <utility>

#include "base/text.h"
#include "gateway/decision/answers.h"
#include "gateway/decision/bodies.h"
#include "gateway/run_name.h"
#include "json/writer.h"

namespace bw::gateway {
namespace {

constexpr std::int64_t kAwaitMs = 45'000;  // below the 60 s that many clients allow
constexpr std::size_t kIdBytesMax = 128;

// Of "/decision/v1/actions/act_1/outcome" "actions", "act_1", "outcome". An id needs no escapes.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  if (!path.starts_with(DecisionDoor::root)) return parts;
  for (auto part : split(path.substr(DecisionDoor::root.size()), '/')) parts.emplace_back(part);
  return parts;
}

http::Response malformed(const Error& error) {
  return refusal_response(error.code == Code::resource_exhausted ? 413 : 400, "invalid", error.message);
}

http::Response no_such_page() {
  return refusal_response(
      404, "unknown",
      "the decision API has POST actions, actions/ID/outcome, tickets/ID/await, tickets/ID/withdraw and "
      "GET tickets");
}

// As the path's other callers say what is to be sent.
execution::Call call_of(const std::string& tool, const std::string& arguments) {
  json::Writer w;
  w.begin_object().member("name", tool.substr(tool.find('/') + 1)).member_raw("arguments", arguments).end_object();
  return {.method = "tools/call", .params = std::move(w).text()};
}

}  // namespace

async::Task<void> DecisionDoor::handle(http::Request request, http::ResponseWriter& writer) {
  auto principal = entrance_.admit(request.headers);
  if (!principal) {
    const TurnedAway& why = principal.error();
    auto response = refusal_response(why.status, why.status == 401 ? "unauthenticated" : "forbidden", why.message);
    if (!why.challenge.empty()) response.headers.set("www-authenticate", why.challenge);
    writer.respond(std::move(response));
    co_return;
  }
  http::Response response = co_await answer(std::move(request), std::move(*principal), writer.closed());
  writer.respond(std::move(response));
}

async::Task<http::Response> DecisionDoor::answer(http::Request request, domain::Principal principal,
                                                 async::Event& closed) {
  std::vector<std::string> where = parts_of(request.path());
  if (where == std::vector<std::string>{"tickets"} && request.method == "GET") {
    http::Response listed = co_await open_tickets(std::move(principal));
    co_return listed;
  }
  if (request.method != "POST") {
    auto refused = refusal_response(405, "invalid", "only POST, and GET for tickets");
    refused.headers.set("allow", "GET, POST");
    co_return refused;
  }
  if (!declares_json(request.headers) && !request.body.empty())
    co_return refusal_response(415, "invalid", "Content-Type must be application/json");
  http::Response posted = co_await post(std::move(where), std::move(request), std::move(principal), closed);
  co_return posted;
}

async::Task<http::Response> DecisionDoor::post(std::vector<std::string> where, http::Request request,
                                               domain::Principal principal, async::Event& closed) {
  bool is_proposal = where == std::vector<std::string>{"actions"};
  bool is_about_one = where.size() == 3 && !where[1].empty() && where[1].size() <= kIdBytesMax;
  if (is_proposal) {
    http::Response proposed = co_await propose(std::move(request), std::move(principal), closed);
    co_return proposed;
  }
  if (is_about_one && where[0] == "actions" && where[2] == "outcome") {
    http::Response reported = co_await report(std::move(where[1]), std::move(request.body), std::move(principal));
    co_return reported;
  }
  if (is_about_one && where[0] == "tickets" && where[2] == "await") {
    http::Response awaited = co_await await(std::move(where[1]), std::move(request.body), std::move(principal), closed);
    co_return awaited;
  }
  if (is_about_one && where[0] == "tickets" && where[2] == "withdraw") {
    http::Response withdrawn = co_await withdraw(std::move(where[1]), std::move(principal));
    co_return withdrawn;
  }
  co_return no_such_page();
}

async::Task<http::Response> DecisionDoor::propose(http::Request request, domain::Principal principal,
                                                  async::Event& closed) {
  auto proposal = read_proposal(std::move(request.body));
  if (!proposal) co_return malformed(proposal.error());
  auto named = request.headers.find(kRunField);
  if (proposal->run.empty() && named) {
    if (!is_run_name(*named))
      co_return refusal_response(400, "invalid", "the name of a run has at most 128 of A-Z a-z 0-9 _ . : -");
    proposal->run = *named;
  }
  Request asked{.by = CarriedOutBy::agent, .name = std::move(proposal->tool), .hold_ms = proposal->hold_ms};
  asked.run = proposal->run.empty() ? run_of_token(principal.token) : run_of_agent(principal.agent, proposal->run);
  asked.principal = std::move(principal);
  asked.call = call_of(asked.name, proposal->arguments);
  asked.call.cancelled = &closed;
  asked.arguments = std::move(proposal->arguments);
  Answer decided = co_await path_.act(std::move(asked));
  co_return verdict_response(decided);
}

async::Task<http::Response> DecisionDoor::report(std::string action, std::string body, domain::Principal principal) {
  auto said = read_report(std::move(body));
  if (!said) co_return malformed(said.error());
  Answer taken = co_await path_.report(std::move(principal), std::move(action), std::move(*said));
  co_return report_response(taken);
}

async::Task<http::Response> DecisionDoor::await(std::string ticket, std::string body, domain::Principal principal,
                                                async::Event& closed) {
  auto hold_ms = read_hold(std::move(body));
  if (!hold_ms) co_return malformed(hold_ms.error());
  execution::Call call;
  call.cancelled = &closed;
  Answer decided = co_await path_.await(std::move(principal), std::move(ticket), CarriedOutBy::agent, std::move(call),
                                        *hold_ms < 0 ? kAwaitMs : *hold_ms);
  co_return verdict_response(decided);
}

async::Task<http::Response> DecisionDoor::withdraw(std::string ticket, domain::Principal principal) {
  Answer done = co_await path_.withdraw(std::move(principal), std::move(ticket));
  co_return withdraw_response(done);
}

async::Task<http::Response> DecisionDoor::open_tickets(domain::Principal principal) {
  auto open = co_await tickets_.open(std::move(principal));
  if (!open) co_return refusal_response(503, "unavailable", open.error().message);
  co_return tickets_response(*open);
}

}  // namespace bw::gateway
