// SPDX-License-Identifier: Apache-2.0
#include "admin/api.h"

#include <fmt/format.h>

#include "admin/body.h"
#include "admin/erasure_views.h"
#include "admin/outlets.h"
#include "admin/receipt.h"
#include "admin/shadow_views.h"
#include "admin/upstream_views.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "json/writer.h"

namespace bw::admin {
namespace {

using Reply = Result<View>;

// "/v1/why/act_1" has the parts "v1", "why", "act_1", percent-decoded.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> out;
  for (auto part : split(path.substr(std::min<std::size_t>(1, path.size())), '/'))
    out.push_back(http::percent_decode(part).value_or(""));
  return out;
}

void write_committed(json::Writer& w, const admission::Committed& committed) {
  w.member("entry", static_cast<std::int64_t>(committed.seq))
      .member("leaf", committed.leaf_hash)
      .member("at", format_time(committed.at_ms));
}

// The usual answer to a change: what was done, and the entry that proves it.
View done(const admission::Committed& committed, std::string sentence) {
  json::Writer w;
  w.begin_object().member("done", sentence);
  write_committed(w, committed);
  w.key("tickets").begin_array();
  for (const auto& ticket : committed.tickets) w.string(ticket);
  w.end_array().end_object();
  return {std::move(w).text(), fmt::format("{} (entry {})\n", sentence, committed.seq)};
}

View plan_view(const gateway::Control::Applied& applied) {
  json::Writer w;
  w.begin_object()
      .member("digest", applied.digest)
      .member("changed", applied.changed)
      .optional("diagnostics", applied.diagnostics);
  w.member("widens", applied.plan.widens()).key("changes").begin_array();
  for (const auto& change : applied.plan.changes) {
    w.begin_object()
        .member("what", name(change.what))
        .member("kind", change.kind)
        .member("name", change.name)
        .optional("path", change.path);
    w.optional("before", change.before).optional("after", change.after).optional("widens", change.widens).end_object();
  }
  w.end_array().end_object();
  std::string text = applied.diagnostics;
  text += applied.changed ? registry::format(applied.plan) : std::string("no difference to what runs\n");
  return {std::move(w).text(), std::move(text)};
}

class Api final : public http::Handler {
 public:
  explicit Api(ApiParts parts) : parts_(std::move(parts)) {}

  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override {
    auto path = parts_of(request.path());
    if (path.size() == 1 && request.method == "GET" && path[0] != "v1" && path[0] != "checkpoint") {
      http::Response probe = co_await open_route(path[0]);
      writer.respond(std::move(probe));
      co_return;
    }
    if (request.path() == gateway::Authzen::metadata_path && request.method == "GET") {
      writer.respond(gateway::Authzen::metadata(parts_.url()));
      co_return;
    }
    bool is_page = request.method == "GET" && notary::Pages::serves(request.path());
    if (is_page && !notary::Pages::is_private(request.path())) {
      http::Response page = co_await parts_.pages.page(std::string(request.path()));
      writer.respond(std::move(page));
      co_return;
    }
    if (!authorised(request)) {
      auto refusal = http::error_response(
          401, "the admin API needs the operator's token: it is in DATA/operator.token; the CLI reads it by itself");
      refusal.headers.set("www-authenticate", "Bearer");
      writer.respond(std::move(refusal));
      co_return;
    }
    if (is_page) {
      http::Response page = co_await parts_.pages.page(std::string(request.path()));
      writer.respond(std::move(page));
      co_return;
    }
    if (request.path().starts_with(gateway::Authzen::root)) {
      gateway::Authzen::Asker anybody;
      http::Response answered = co_await parts_.authzen.answer(std::move(request), std::move(anybody));
      writer.respond(std::move(answered));
      co_return;
    }
    bool as_text = http::query_value(request.query(), "format") == "text";
    Reply reply = co_await route(std::move(path), std::move(request));
    writer.respond(to_response(std::move(reply), as_text));
  }

 private:
  static http::Response to_response(Reply reply, bool as_text) {
    if (!reply) return http::error_response(http_status(reply.error().code), reply.error().message);
    if (!as_text) return http::json_response(200, std::move(reply->json));
    http::Response response;
    response.headers.set("content-type", "text/plain; charset=utf-8");
    response.body = std::move(reply->text);
    return response;
  }

  bool authorised(const http::Request& request) const {
    auto header = request.headers.find("authorization").value_or("");
    constexpr std::string_view scheme = "Bearer ";
    return header.starts_with(scheme) &&
           crypto::constant_time_equal(header.substr(scheme.size()), parts_.operator_token);
  }

  async::Task<http::Response> open_route(std::string path) {
    http::Response response;
    response.headers.set("content-type", "text/plain; charset=utf-8");
    if (path == "healthz") {
      response.body = "ok\n";
    } else if (path == "readyz") {
      std::string why = parts_.not_ready();
      response.status = why.empty() ? 200 : 503;
      response.body = why.empty() ? "ready\n" : why + "\n";
    } else if (path == "metrics") {
      auto read = [this] { return parts_.records.counts(); };
      Result<admission::Counts> counts = co_await async::offload(parts_.pool, std::move(read));
      response.status = counts ? 200 : 503;
      response.headers.set("content-type", "text/plain; version=0.0.4");
      response.body = counts ? metrics(*counts, parts_.upstreams, parts_.pins) + metrics(parts_.outlets) +
                                   metrics(parts_.shadow) + metrics(parts_.pruning.told())
                             : counts.error().message + "\n";
    } else {
      response = http::error_response(404, "no such page; the API is under /v1");
    }
    co_return response;
  }

  async::Task<Reply> route(std::vector<std::string> path, http::Request request) {
    if (path.size() < 2 || path[0] != "v1") co_return fail(Code::not_found, "no such page; the API is under /v1");
    if (request.method == "GET") {
      Reply answer = co_await ask(std::move(path), std::string(request.query()));
      co_return answer;
    }
    if (request.method == "POST") {
      Reply answer = co_await change(std::move(path), std::move(request.body));
      co_return answer;
    }
    co_return fail(Code::invalid_argument, "only GET and POST");
  }

  // Questions. What reads the records runs on the pool; what looks at the loop's own state answers here.
  async::Task<Reply> ask(std::vector<std::string> path, std::string query) {
    const std::string& what = path[1];
    if (what == "upstreams")
      co_return upstreams(parts_.upstreams, parts_.control.live(), parts_.pins, parts_.clock.now_ms());
    if (what == "pins") co_return pins(parts_.pins);
    if (what == "outlets") co_return outlets(parts_.outlets);
    if (what == "shadow") co_return shadow(parts_.shadow);
    if (what == "plan") {
      auto planned = co_await parts_.control.plan();
      if (!planned) co_return fail(std::move(planned).error());
      if (planned->digest.empty()) co_return fail(Code::invalid_argument, planned->diagnostics);
      co_return plan_view(*planned);
    }
    std::string subject = path.size() > 2 ? path[2] : "";
    if (what == "receipts") {
      std::string entry = http::query_value(query, "entry").value_or("");
      auto make = [this, subject, entry] { return receipt(parts_.records, parts_.checkpoints, subject, entry); };
      Reply made = co_await async::offload(parts_.pool, std::move(make));
      co_return made;
    }
    Sight sight{parts_.records, parts_.control.live(), parts_.clock.now_ms()};
    auto work = [sight, what, subject, query] {
      Parameter parameter = [&query](std::string_view name) { return http::query_value(query, name).value_or(""); };
      return look(sight, what, subject, parameter);
    };
    Reply reply = co_await async::offload(parts_.pool, std::move(work));
    co_return reply;
  }

  static Reply look(const Sight& sight, const std::string& what, const std::string& subject,
                    const Parameter& parameter) {
    if (what == "why") return why(sight, subject);
    if (what == "can") return can(sight, subject);
    if (what == "actions") return actions(sight, parameter);
    if (what == "runs") return runs(sight, parameter);
    if (what == "reviews") return reviews(sight, parameter);
    if (what == "switches") return switches(sight);
    if (what == "legal-holds") return legal_holds(sight);
    if (what == "tokens") return tokens(sight, parameter("agent"));
    if (what == "snapshots") return subject.empty() ? snapshots(sight) : snapshot(sight, subject);
    if (what == "meters") return meters(sight);
    if (what == "ambiguous") return ambiguous(sight);
    return fail(Code::not_found, fmt::format("no question `{}`", printable(what, 40)));
  }

  async::Task<Reply> change(std::vector<std::string> path, std::string body) {
    auto changing = change_of(path, std::move(body));
    if (!changing) co_return fail(Code::not_found, fmt::format("no change `{}`", printable(path[1], 40)));
    Reply reply = co_await std::move(*changing);
    co_return reply;
  }

  // What `path` asks to have done; nothing happens before it is awaited.
  std::optional<async::Task<Reply>> change_of(const std::vector<std::string>& path, std::string body) {
    const std::string& what = path[1];
    if (what == "apply") return apply(std::move(body));
    if (what == "switches") return set_switch(std::move(body));
    if (what == "legal-holds") return set_legal_hold(std::move(body));
    if (what == "erasures") return forget(std::move(body));
    if (what == "prune") return prune(std::move(body));
    if (what == "actions" && path.size() == 4 && path[3] == "redact") return redact(path[2], std::move(body));
    if (what == "tokens" && path.size() == 2) return issue(std::move(body));
    if (what == "tokens") return revoke(std::move(body));
    if (what == "pins") return accept_pin(std::move(body));
    if (what == "shadow" && path.size() == 2) return begin_shadow(std::move(body));
    if (what == "shadow" && path.size() == 3 && path[2] == "stop") return end_shadow(std::move(body));
    if (what == "reviews" && path.size() == 4) return decide(path[2], path[3], std::move(body));
    if (what == "actions" && path.size() == 4 && path[3] == "reconcile") return reconcile(path[2], std::move(body));
    return std::nullopt;
  }

  async::Task<Reply> apply(std::string text) {
    BW_CO_TRY(Body body, Body::read(std::move(text), {"author", "message"}));
    auto applied = co_await parts_.control.apply(body.text("author"), body.text("message"));
    if (!applied) co_return fail(std::move(applied).error());
    if (applied->digest.empty()) co_return fail(Code::invalid_argument, applied->diagnostics);
    View view = plan_view(*applied);
    if (applied->changed)
      view.text += fmt::format("applied {} (entry {})\n", applied->digest.substr(0, 16), applied->committed.seq);
    co_return view;
  }

  async::Task<Reply> set_switch(std::string text) {
    BW_CO_TRY(Body body, Body::read(std::move(text), {"scope", "on", "reason", "by"}));
    BW_CO_TRY(domain::Scope scope, domain::parse_scope(body.text("scope")));
    bool on = body.flag("on", true);
    std::string shown = to_string(scope);
    auto committed = co_await parts_.control.set_switch(std::move(scope), on, body.text("by"), body.text("reason"));
    if (!committed) co_return fail(std::move(committed).error());
    std::string sentence =
        fmt::format("{} {}", shown, on ? "is killed: nothing in it is admitted from now on" : "runs again");
    if (!committed->tickets.empty()) sentence += fmt::format("; {} waiting tickets died", committed->tickets.size());
    co_return done(*committed, std::move(sentence));
  }

  async::Task<Reply> set_legal_hold(std::string text) {
    BW_CO_TRY(Body body, Body::read(std::move(text), {"scope", "on", "reason", "by"}));
    BW_CO_TRY(domain::Scope scope, domain::parse_scope(body.text("scope")));
    bool on = body.flag("on", true);
    std::string shown = to_string(scope);
    auto committed = co_await parts_.control.set_legal_hold(std::move(scope), on, body.text("by"), body.text("reason"));
    if (!committed) co_return fail(std::move(committed).error());
    co_return done(*committed, fmt::format("{} {}", shown,
                                           on ? "is under a legal hold: nothing in it is erased"
                                              : "is under no legal hold of its own any more"));
  }

  // "args,out"; without words what a person may have said or seen, not what was asked to be decided, and by whom.
  static Result<ledger::Fields> fields_to_erase(const std::string& words) {
    ledger::Fields fields;
    for (auto word : split(words.empty() ? "args,out,why,checks" : std::string_view(words), ',')) {
      auto field = ledger::parse_field(trim(word));
      if (!field || field == ledger::Field::subject)
        return fail(
            Code::invalid_argument,
            fmt::format("fields: `{}` is none of args, out, why, checks, text and reviewers", printable(word, 64)));
      fields.add(*field);
    }
    return fields;
  }

  async::Task<Reply> redact(std::string action, std::string text) {
    BW_CO_TRY(Body body, Body::read(std::move(text), {"fields", "reason", "by"}));
    BW_CO_TRY(ledger::Fields fields, fields_to_erase(body.text("fields")));
    auto committed = co_await parts_.control.redact(action, fields, body.text("by"), body.text("reason"));
    if (!committed) co_return fail(std::move(committed).error());
    if (committed->leaf_hash.empty())
      co_return fail(Code::failed_precondition, fmt::format("{} has none of these contents, or no more", action));
    co_return done(*committed, fmt::format("contents of {} entries of {} are erased", committed->erased, action));
  }

  async::Task<Reply> forget(std::string text) {
    BW_CO_TRY(Body body, Body::read(std::move(text), {"subject", "reason", "by", "dry_run"}));
    BW_CO_TRY(std::string subject, body.required("subject"));
    bool only_look = body.flag("dry_run", false);
    auto forgotten =
        co_await parts_.erasures.forget(std::move(subject), body.text("by"), body.text("reason"), only_look);
    if (!forgotten) co_return fail(std::move(forgotten).error());
    co_return forgotten_view(*forgotten, only_look);
  }

  async::Task<Reply> prune(std::string text) {
    BW_CO_TRY(Body body, Body::read(std::move(text), {"dry_run"}));
    bool only_look = body.flag("dry_run", false);
    auto pruned = co_await parts_.pruning.sweep(only_look);
    if (!pruned) co_return fail(std::move(pruned).error());
    co_return pruned_view(*pruned, only_look);
  }

  async::Task<Reply> issue(std::string text) {
    BW_CO_TRY(Body body, Body::read(std::move(text), {"agent", "workflow", "environment", "ttl", "by"}));
    BW_CO_TRY(std::string agent, body.required("agent"));
    std::string ttl = body.text("ttl");
    BW_CO_TRY(std::int64_t ttl_ms, parse_duration_ms(ttl.empty() ? "1h" : ttl));
    identity::Claims wanted{
        .agent = std::move(agent), .workflow = body.text("workflow"), .environment = body.text("environment")};
    auto issued = co_await parts_.control.issue_token(std::move(wanted), ttl_ms, body.text("by"));
    if (!issued) co_return fail(std::move(issued).error());
    json::Writer w;
    w.begin_object()
        .member("token", issued->token)
        .member("id", issued->claims.id)
        .member("agent", issued->claims.agent);
    w.member("workflow", issued->claims.workflow)
        .member("environment", issued->claims.environment)
        .member("expires_at", format_time(issued->claims.expires_at_ms));
    write_committed(w, issued->committed);
    co_return View{std::move(w.end_object()).text(), issued->token + "\n"};
  }

  async::Task<Reply> revoke(std::string text) {
    BW_CO_TRY(Body body, Body::read(std::move(text), {"token", "agent", "reason", "by"}));
    std::string of =
        body.text("token").empty() ? "every token of agent " + body.text("agent") : "token " + body.text("token");
    auto committed =
        co_await parts_.control.revoke(body.text("token"), body.text("agent"), body.text("by"), body.text("reason"));
    if (!committed) co_return fail(std::move(committed).error());
    co_return done(*committed, of + " is revoked");
  }

  async::Task<Reply> begin_shadow(std::string text) {
    auto read = [this, text = std::move(text)] { return read_shadow_wish(parts_.records, text); };
    Result<ShadowWish> wish = co_await async::offload(parts_.pool, std::move(read));
    if (!wish) co_return fail(std::move(wish).error());
    auto started = co_await parts_.shadow.start(std::move(wish->live), std::move(wish->by));
    if (!started) co_return fail(std::move(started).error());
    co_return shadow_view(*started);
  }

  async::Task<Reply> end_shadow(std::string text) {
    BW_CO_TRY(Body body, Body::read(std::move(text), {"by"}));
    BW_CO_TRY(std::string by, body.required("by"));
    auto stopped = co_await parts_.shadow.stop(std::move(by));
    if (!stopped) co_return fail(std::move(stopped).error());
    co_return shadow_view(*stopped);
  }

  async::Task<Reply> accept_pin(std::string text) {
    BW_CO_TRY(Body body, Body::read(std::move(text), {"tool", "by"}));
    BW_CO_TRY(std::string tool, body.required("tool"));
    auto committed = co_await parts_.control.accept_pin(parts_.pins, tool, body.text("by"));
    if (!committed) co_return fail(std::move(committed).error());
    co_return done(*committed, fmt::format("the definition of {} is accepted", tool));
  }

  async::Task<Reply> decide(std::string ticket, std::string verb, std::string text) {
    if (verb != "approve" && verb != "deny")
      co_return fail(Code::not_found, "a review is answered with approve or deny");
    BW_CO_TRY(Body body, Body::read(std::move(text), {"by", "reason"}));
    bool approve = verb == "approve";
    auto committed = co_await parts_.control.decide(ticket, approve, body.text("by"), body.text("reason"));
    if (!committed) co_return fail(std::move(committed).error());
    co_return done(
        *committed,
        fmt::format("{} {}", ticket,
                    approve ? "is approved: the waiting call goes on, or the next identical one does" : "is denied"));
  }

  async::Task<Reply> reconcile(std::string action, std::string text) {
    BW_CO_TRY(Body body, Body::read(std::move(text), {"outcome", "by", "reason"}));
    auto outcome = domain::parse_outcome(body.text("outcome"));
    bool known = outcome == domain::Outcome::succeeded || outcome == domain::Outcome::not_executed;
    if (!known) co_return fail(Code::invalid_argument, "outcome: expected succeeded or not_executed");
    auto committed = co_await parts_.control.reconcile(action, *outcome, body.text("by"), body.text("reason"));
    if (!committed) co_return fail(std::move(committed).error());
    co_return done(*committed, fmt::format("{} is reconciled as {}", action, name(*outcome)));
  }

  ApiParts parts_;
};

}  // namespace

int http_status(Code code) {
  switch (code) {
    case Code::invalid_argument: return 400;
    case Code::unauthenticated: return 401;
    case Code::permission_denied: return 403;
    case Code::not_found: return 404;
    case Code::already_exists:
    case Code::failed_precondition: return 409;
    case Code::resource_exhausted: return 429;
    case Code::deadline_exceeded: return 504;
    case Code::cancelled: return 499;
    case Code::unavailable: return 503;
    case Code::data_loss:
    case Code::internal: return 500;
  }
  return 500;
}

std::unique_ptr<http::Handler> make_api(ApiParts parts) { return std::make_unique<Api>(std::move(parts)); }

}  // namespace bw::admin
