// SPDX-License-Identifier: Apache-2.0
//
// What people change on a running server: tokens, held actions, switches, contents.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands/areas.h"
#include "http/message.h"
#include "json/writer.h"

namespace bw::cli {
namespace {

// Something that is on or off for a scope.
CLI::App* declare_change_of_scope(Line& line, CLI::App& parent, const char* name, const char* what, const char* scopes,
                                  const char* path, bool on) {
  CLI::App* sub = line.add_remote(parent, name, what, [&line, path, on] {
    json::Writer w;
    w.begin_object()
        .member("scope", line.scope)
        .member("on", on)
        .member("reason", line.reason)
        .member("by", line.by)
        .end_object();
    return show(cli::change(line.remote, path, w.text()));
  });
  sub->add_option("SCOPE", line.scope, scopes)->required();
  sub->add_option("--reason", line.reason, "why, for the record");
  sub->add_option("--by", line.by, "who does it (BAILIWICK_USER)")->capture_default_str();
  return sub;
}

int reconcile_action(Line& line) {
  if (line.subject.empty()) return line.ask_for(Query("/v1/ambiguous"));
  json::Writer w;
  w.begin_object().member("outcome", line.outcome).member("by", line.by).member("reason", line.reason).end_object();
  return show(
      cli::change(line.remote, fmt::format("/v1/actions/{}/reconcile", http::percent_encode(line.subject)), w.text()));
}

void declare_decision(Line& line, const char* verb, const char* what) {
  CLI::App* decide = line.add_remote(line.app, verb, what, [&line, verb] {
    json::Writer w;
    w.begin_object().member("by", line.by).member("reason", line.reason).end_object();
    return show(
        cli::change(line.remote, fmt::format("/v1/reviews/{}/{}", http::percent_encode(line.subject), verb), w.text()));
  });
  decide->add_option("TICKET", line.subject, "tkt_…")->required();
  decide->add_option("--reason", line.reason, "why, for the record")->required();
  decide->add_option("--by", line.by, "the person who decides (BAILIWICK_USER)")->capture_default_str();
}

void declare_switch(Line& line, const char* name, const char* what, bool on) {
  CLI::App* sub = declare_change_of_scope(
      line, line.app, name, what, "everything, upstream:NAME, tool:UPSTREAM/NAME, workflow:NAME, agent:NAME or run:ID",
      "/v1/switches", on);
  if (on) sub->get_option("--reason")->required();
}

void declare_erase(Line& line) {
  CLI::App* erase = line.add_remote(
      line.app, "erase", "erase all contents that speak of somebody; entries and receipts stay", [&line] {
        json::Writer w;
        w.begin_object().member("subject", line.subject).member("reason", line.reason).member("by", line.by);
        w.member("dry_run", line.dry_run).end_object();
        return show(cli::change(line.remote, "/v1/erasures", w.text()));
      });
  erase->add_option("--subject", line.subject, "as the arguments name them, where the registry says `subject`")
      ->required();
  erase->add_option("--reason", line.reason, "why, for the record; without the name, because it stays")->required();
  erase->add_flag("--dry-run", line.dry_run, "only say what would be erased, and what would stay");
  erase->add_option("--by", line.by, "who erases (BAILIWICK_USER)")->capture_default_str();
}

void declare_prune(Line& line) {
  CLI::App* prune = line.add_remote(line.app, "prune",
                                    "erase contents whose time is over now; the server does so by itself", [&line] {
                                      json::Writer w;
                                      w.begin_object().member("dry_run", line.dry_run).end_object();
                                      return show(cli::change(line.remote, "/v1/prune", w.text()));
                                    });
  prune->add_flag("--dry-run", line.dry_run, "only say what would be erased, and what would stay");
}

void declare_legal_hold(Line& line, CLI::App& parent, const char* name, const char* what, bool on) {
  CLI::App* sub = declare_change_of_scope(line, parent, name, what,
                                          "everything, or upstream:, tool:, workflow:, agent: or run: and a name",
                                          "/v1/legal-holds", on);
  sub->get_option("--reason")->required();
}

}  // namespace

void declare_tokens(Line& line) {
  CLI::App* token = line.app.add_subcommand("token", "agents' tokens");
  token->require_subcommand(1);
  CLI::App* issue = line.add_remote(*token, "issue", "make a short-lived token and print it", [&line] {
    json::Writer w;
    w.begin_object()
        .member("agent", line.agent)
        .optional("workflow", line.workflow)
        .optional("environment", line.environment_name);
    w.member("ttl", line.ttl).member("by", line.by).end_object();
    return show(cli::change(line.remote, "/v1/tokens", w.text()));
  });
  issue->add_option("--agent", line.agent, "for which agent")->required();
  issue->add_option("--workflow", line.workflow, "in which workflow; may be left out when it is in one only");
  issue->add_option("--environment", line.environment_name,
                    "in which environment; may be left out when there is one only");
  issue->add_option("--ttl", line.ttl, "how long it is good, up to 31d")->capture_default_str();
  issue->add_option("--by", line.by, "who issues it")->capture_default_str();
  CLI::App* revoke = line.add_remote(*token, "revoke", "end a token, or all of an agent, at once", [&line] {
    json::Writer w;
    w.begin_object()
        .optional("token", line.subject)
        .optional("agent", line.agent)
        .member("reason", line.reason)
        .member("by", line.by)
        .end_object();
    return show(cli::change(line.remote, "/v1/tokens/revoke", w.text()));
  });
  revoke->add_option("TOKEN", line.subject, "its id, tok_…");
  revoke->add_option("--agent", line.agent, "every token of this agent");
  revoke->add_option("--reason", line.reason, "why");
  revoke->add_option("--by", line.by, "who revokes it")->capture_default_str();
  CLI::App* list = line.add_remote(*token, "list", "tokens that were issued",
                                   [&line] { return line.ask_for(Query("/v1/tokens").add("agent", line.agent)); });
  list->add_option("--agent", line.agent, "of this agent only");
}

void declare_reviews(Line& line) {
  CLI::App* reviews = line.add_remote(line.app, "reviews", "held actions that wait for a person", [&line] {
    return line.ask_for(Query("/v1/reviews")
                            .add("all", line.all ? "1" : "")
                            .add("agent", line.agent)
                            .add("limit", line.limit)
                            .add("cursor", line.cursor));
  });
  reviews->add_flag("--all", line.all, "also those that ended");
  reviews->add_option("--agent", line.agent, "of this agent only");
  line.add_page(reviews);
  declare_decision(line, "approve", "let a held action run, once");
  declare_decision(line, "deny", "refuse a held action");
  CLI::App* reconcile =
      line.add_remote(line.app, "reconcile", "say what an ambiguous action did, or list those that wait for it",
                      [&line] { return reconcile_action(line); });
  reconcile->add_option("ACTION", line.subject, "act_…; without it the list");
  reconcile->add_option("--outcome", line.outcome, "succeeded or not_executed");
  reconcile->add_option("--reason", line.reason, "how you know");
  reconcile->add_option("--by", line.by, "who found out")->capture_default_str();
}

void declare_switches(Line& line) {
  declare_switch(line, "kill", "stop everything in a scope, now", true);
  declare_switch(line, "unkill", "let a scope run again", false);
  line.add_remote(line.app, "switches", "every switch that was ever set",
                  [&line] { return line.ask_for(Query("/v1/switches")); });
}

void declare_erasure(Line& line) {
  CLI::App* redact = line.add_remote(
      line.app, "redact", "erase contents of an action for good; its entries and receipts stay", [&line] {
        json::Writer w;
        w.begin_object()
            .member("fields", join(line.fields, ","))
            .member("reason", line.reason)
            .member("by", line.by)
            .end_object();
        return show(cli::change(line.remote, fmt::format("/v1/actions/{}/redact", http::percent_encode(line.subject)),
                                w.text()));
      });
  redact->add_option("ACTION", line.subject, "act_…")->required();
  redact
      ->add_option("--field", line.fields,
                   "args, out, why, checks, text or reviewers (may be repeated); without it all but the last two")
      ->delimiter(',');
  redact->add_option("--reason", line.reason, "why, for the record")->required();
  redact->add_option("--by", line.by, "who erases (BAILIWICK_USER)")->capture_default_str();
  declare_erase(line);
  declare_prune(line);
  CLI::App* holds = line.app.add_subcommand("legal-hold", "what may not be erased");
  holds->require_subcommand(1);
  declare_legal_hold(line, *holds, "set", "from now on nothing in the scope is erased", true);
  declare_legal_hold(line, *holds, "clear", "what is in the scope may be erased again", false);
  line.add_remote(*holds, "list", "every legal hold that was ever set",
                  [&line] { return line.ask_for(Query("/v1/legal-holds")); });
}

}  // namespace bw::cli
