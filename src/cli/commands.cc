// SPDX-License-Identifier: Apache-2.0
//
// The command line: what each command takes, and which function does it. docs/reference/cli.md says the same for people.
#include "cli/commands.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>
#include <string>

#include "base/text.h"
#include "cli/audit.h"
#include "cli/author.h"
#include "cli/bridge.h"
#include "cli/exit_code.h"
#include "cli/folder.h"
#include "cli/hook.h"
#include "cli/ledger.h"
#include "cli/local.h"
#include "cli/remote.h"
#include "cli/replay.h"
#include "cli/run_replay.h"
#include "cli/serve.h"
#include "cli/serve_run.h"
#include "cli/templates.h"
#include "cli/version.h"
#include "cli/witness.h"
#include "http/message.h"
#include "json/writer.h"

namespace bw::cli {
namespace {

std::string environment(const char* name, std::string otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? std::string(value) : std::move(otherwise);
}

std::string login_name() {
  const passwd* user = ::getpwuid(::geteuid());
  return user ? user->pw_name : "";
}

// A query out of the options that were given.
class Query {
 public:
  explicit Query(std::string path) : text_(std::move(path)) {}
  Query& add(std::string_view name, const std::string& value) {
    if (value.empty()) return *this;
    text_ += fmt::format("{}{}={}", text_.contains('?') ? '&' : '?', name, http::percent_encode(value));
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Everything the options are read into. One object, alive while the command runs.
struct Line {
  Remote remote;
  ServeOptions serve;
  TestOptions test;
  ProveOptions prove;
  ReplayOptions replay;
  RunReplayOptions run_replay;
  std::string by = environment("BAILIWICK_USER", environment("USER", login_name()));
  std::string reason, subject, folder, agent, workflow, run, tool, verdict, outcome, since, limit, cursor;
  VerifyOptions verify;
  AuditOptions audit;
  WitnessOptions witness;
  HookOptions hook;
  std::string kind, out;
  std::vector<std::string> fields;
  std::string environment_name, ttl = "1h", token, author, message, name, url, mcp_run, scope;
  bool all = false, json = false, dry_run = false;
  std::function<int()> command;
};

class Commands {
 public:
  Commands()
      : app_("Bailiwick: every action of an agent happens in somebody's bailiwick, and leaves a receipt.",
             "bailiwick") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", fmt::format("bailiwick {}", version));
    app_.failure_message(CLI::FailureMessage::simple);
    line_.remote.url = environment("BAILIWICK_ADMIN", line_.remote.url);
    line_.remote.data = environment("BAILIWICK_DATA", line_.remote.data);
    declare_server();
    declare_registry();
    declare_authors();
    declare_comparisons();
    declare_shadow();
    declare_tokens();
    declare_reviews();
    declare_switches();
    declare_erasure();
    declare_answers();
    declare_ledger();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? done : usage;
    }
    return line_.command();
  }

 private:
  CLI::App* add(CLI::App& parent, const char* name, const char* what, std::function<int()> command) {
    CLI::App* sub = parent.add_subcommand(name, what);
    // Also called, and last, for a command of which a subcommand was given.
    sub->callback([this, sub, command] {
      if (sub->get_subcommands().empty()) line_.command = command;
    });
    return sub;
  }

  // A command that asks the running server.
  CLI::App* add_remote(CLI::App& parent, const char* name, const char* what, std::function<int()> command) {
    CLI::App* sub = add(parent, name, what, std::move(command));
    sub->add_option("--admin", line_.remote.url, "the server's admin address (BAILIWICK_ADMIN)")->capture_default_str();
    sub->add_option("--data", line_.remote.data, "the server's data folder, for the operator's token (BAILIWICK_DATA)")
        ->capture_default_str();
    sub->add_flag("--json", line_.remote.json, "print JSON");
    return sub;
  }

  int ask_for(const Query& query) { return show(ask(line_.remote, query.text())); }

  void declare_server() {
    CLI::App* serve = add(app_, "serve", "run the gateway", [this] { return cli::serve(line_.serve); });
    serve->add_option("--registry", line_.serve.registry, "folder of the registry")->required();
    serve->add_option("--data", line_.serve.data, "folder of the ledger and keys; made when missing")->required();
    serve->add_option("--agents", line_.serve.agents, "address for agents; port 0 picks one")->capture_default_str();
    serve->add_option("--admin", line_.serve.admin, "address for people; port 0 picks one")->capture_default_str();
    serve->add_option("--tls-certificate", line_.serve.tls_certificate, "PEM file: agents connect over TLS");
    serve->add_option("--tls-key", line_.serve.tls_key, "PEM file");
    serve->add_option("--host", line_.serve.hosts,
                      "a name that agents reach it by; names of this machine itself always are (may be repeated)");
    serve->add_flag("--plain-on-network", line_.serve.plain_on_network,
                    "allow an address beyond loopback without TLS (something else encrypts)");
    serve->add_option("--log-level", line_.serve.log_level, "debug, info, warn or error")->capture_default_str();
    serve->add_option("--origin", line_.serve.origin, "name of a new ledger in its checkpoints, as example.com/ledger");
    serve->add_option("--head", line_.serve.heads,
                      "a further file for the newest checkpoint, best on another disk (may be repeated)");
    serve->add_option("--witness", line_.serve.witnesses,
                      "URL,KEY of a witness that signs each checkpoint too (may be repeated)");
    serve->add_option("--publish", line_.serve.outlets,
                      "a URL that each checkpoint is sent to, or git:DIR to commit and push it (may be repeated)");
    CLI::App* bridge = add(app_, "mcp", "speak MCP on standard input and output for a running gateway",
                           [this] { return mcp_bridge(line_.url, line_.token, line_.mcp_run); });
    line_.url = environment("BAILIWICK_URL", "http://127.0.0.1:7070/mcp");
    line_.token = environment("BAILIWICK_TOKEN", "");
    bridge->add_option("--url", line_.url, "the gateway's MCP endpoint (BAILIWICK_URL)")->capture_default_str();
    bridge->add_option("--token", line_.token, "the agent's token (better in BAILIWICK_TOKEN)");
    line_.mcp_run = environment("BAILIWICK_RUN", "");
    bridge->add_option("--run", line_.mcp_run, "name of the run that its calls belong to (BAILIWICK_RUN)");
    CLI::App* hook = add(app_, "hook", "answer a coding agent's hook: ask before it uses a tool, report after",
                         [this] { return cli::hook(line_.hook); });
    line_.hook.url = line_.url;
    hook->add_option("--url", line_.hook.url, "an address on the agents' listener (BAILIWICK_URL)")
        ->capture_default_str();
    hook->add_option("--token-file", line_.hook.token_file, "file with the agent's token; else BAILIWICK_TOKEN");
    hook->add_option("--upstream", line_.hook.upstream, "the external upstream that declares the agent's own tools")
        ->capture_default_str();
    hook->add_option("--wait", line_.hook.wait, "how long to wait for a person, such as 45s; at most 10m")
        ->capture_default_str();
    hook->add_option("--folder", line_.hook.folder,
                     "where it keeps what is under way; else below XDG_RUNTIME_DIR, or /tmp");
    hook->add_flag("--grants", line_.hook.grants, "what is allowed needs no question of the agent's own any more");
  }

  void declare_registry() {
    CLI::App* init = add(app_, "init", "write a working registry from a template",
                         [this] { return cli::init(line_.name, line_.folder); });
    init->add_option("TEMPLATE", line_.name, "one of: " + join(template_names(), ", "))->required();
    init->add_option("DIR", line_.folder, "a new or empty folder")->required();
    CLI::App* check = add(app_, "check", "validate a registry: everything that is wrong, with file and line",
                          [this] { return cli::check(line_.folder); });
    check->add_option("DIR", line_.folder, "folder of the registry")->required();
    add_remote(app_, "plan", "what applying the server's registry folder would change",
               [this] { return ask_for(Query("/v1/plan")); });
    CLI::App* apply =
        add_remote(app_, "apply", "make the server's registry folder live", [this] { return apply_registry(); });
    apply->add_option("--author", line_.author, "who applies it")->default_str(line_.by);
    apply->add_option("--message,-m", line_.message, "why");
    CLI::App* snapshots = add_remote(app_, "snapshots", "registries that were live, or one of them", [this] {
      return ask_for(
          Query(line_.subject.empty() ? "/v1/snapshots" : "/v1/snapshots/" + http::percent_encode(line_.subject)));
    });
    snapshots->add_option("DIGEST", line_.subject, "its first digits");
    add_remote(app_, "upstreams", "health of each upstream, and what is wrong with it",
               [this] { return ask_for(Query("/v1/upstreams")); });
    add_remote(app_, "outlets", "where checkpoints are published, and whether they arrive",
               [this] { return ask_for(Query("/v1/outlets")); });
    CLI::App* pins = app_.add_subcommand("pins", "tool definitions that changed");
    pins->require_subcommand(1);
    add_remote(*pins, "list", "tools in quarantine, before and after", [this] { return ask_for(Query("/v1/pins")); });
    CLI::App* accept = add_remote(*pins, "accept", "accept a changed definition", [this] {
      json::Writer w;
      w.begin_object().member("tool", line_.tool).member("by", line_.by).end_object();
      return show(cli::change(line_.remote, "/v1/pins", w.text()));
    });
    accept->add_option("TOOL", line_.tool, "UPSTREAM/TOOL")->required();
    accept->add_option("--by", line_.by, "who has read it")->capture_default_str();
  }

  void declare_authors() {
    CLI::App* test =
        add(app_, "test", "run the tests that stand beside policies", [this] { return cli::test(line_.test); });
    test->add_option("DIR", line_.test.folder, "folder of the registry")->required();
    test->add_flag("--mutate", line_.test.mutate, "put small mistakes into each rule; every one must make a test fail");
    test->add_option("--junit", line_.test.junit, "also write JUnit XML into this file");
    test->add_flag("--json", line_.test.json, "print JSON");
    CLI::App* prove =
        add(app_, "prove", "prove the invariants that policies declare, or show a request that breaks them",
            [this] { return cli::prove(line_.prove); });
    prove->add_option("DIR", line_.prove.folder, "folder of the registry")->required();
    prove->add_option("--work", line_.prove.work, "units of work after which one question to the solver is given up")
        ->capture_default_str()
        ->check(CLI::Range(1'000U, 1'000'000'000U));
    prove->add_option("--junit", line_.prove.junit, "also write JUnit XML into this file");
    prove->add_flag("--json", line_.prove.json, "print JSON");
  }

  void declare_comparisons() {
    CLI::App* explain = add(app_, "explain", "one imagined request: every rule, condition and value",
                            [this] { return cli::explain(line_.folder, line_.subject, line_.json); });
    explain->add_option("REQUEST", line_.subject, "a file of JSON as a test's `given`; - for standard input")
        ->required();
    explain->add_option("--registry", line_.folder, "folder of the registry")->required();
    explain->add_flag("--json", line_.json, "print JSON");
    CLI::App* diff = add(app_, "diff", "which decisions differ between two registries, with a request that shows it",
                         [this] { return cli::diff(line_.folder, line_.subject, line_.json); });
    diff->add_option("OLD", line_.folder, "folder of the registry as it is")->required();
    diff->add_option("NEW", line_.subject, "folder of the registry as it would be")->required();
    diff->add_flag("--json", line_.json, "print JSON");
    CLI::App* policy = app_.add_subcommand("policy", "policy as it is hashed");
    policy->require_subcommand(1);
    CLI::App* lower = add(*policy, "lower", "print the policies with all sugar rewritten, as they are hashed",
                          [this] { return cli::lower(line_.folder); });
    lower->add_option("DIR", line_.folder, "folder of the registry")->required();
    CLI::App* replay = add(app_, "replay", "recorded actions judged again by another registry",
                           [this] { return cli::replay(line_.replay); });
    replay->add_option("--policy", line_.replay.policy, "folder of the registry to judge by")->required();
    replay->add_option("--data", line_.replay.data, "the data folder, of a stopped or running server (BAILIWICK_DATA)")
        ->default_val(environment("BAILIWICK_DATA", "data"));
    replay->add_option("--from", line_.replay.from, "a time, or how long ago: 30d");
    replay->add_option("--to", line_.replay.to, "up to this time");
    replay->add_option(
        "--fail-on", line_.replay.fail_on,
        "end with 1 when this is met: 'deny->allow>0', 'any->hold>100', 'not-replayed>0' (may be repeated)");
    replay->add_option("--threads", line_.replay.threads, "how many; without it one per core, at most eight")
        ->check(CLI::Range(1U, 64U));
    replay->add_flag("--json", line_.replay.json, "print JSON");
  }

  void declare_shadow() {
    CLI::App* shadow = app_.add_subcommand("shadow", "a candidate registry beside the one that decides");
    shadow->require_subcommand(1);
    CLI::App* start = add_remote(*shadow, "start", "from now on, decide again by a candidate what the server decides",
                                 [this] { return start_shadow(); });
    start->add_option("--policy", line_.folder, "folder of the candidate registry")->required();
    start->add_option("--by", line_.by, "who starts it (BAILIWICK_USER)")->capture_default_str();
    add_remote(*shadow, "report", "what the candidate would have said so far",
               [this] { return ask_for(Query("/v1/shadow")); });
    CLI::App* stop = add_remote(*shadow, "stop", "end it, and print its report", [this] { return stop_shadow(); });
    stop->add_option("--by", line_.by, "who ends it (BAILIWICK_USER)")->capture_default_str();
  }

  int stop_shadow() {
    json::Writer w;
    w.begin_object().member("by", line_.by).end_object();
    return show(cli::change(line_.remote, "/v1/shadow/stop", w.text()));
  }

  int start_shadow() {
    auto folder = open_good_folder(line_.folder);
    if (!folder) return fails(folder.error());
    json::Writer w;
    w.begin_object().member("by", line_.by).key("files").begin_object();
    for (const auto& [name, text] : folder->loaded.sources) w.member(name, text);
    w.end_object().end_object();
    return show(cli::change(line_.remote, "/v1/shadow", w.text()));
  }

  int apply_registry() {
    json::Writer w;
    w.begin_object()
        .member("author", line_.author.empty() ? line_.by : line_.author)
        .member("message", line_.message)
        .end_object();
    return show(cli::change(line_.remote, "/v1/apply", w.text()));
  }

  void declare_tokens() {
    CLI::App* token = app_.add_subcommand("token", "agents' tokens");
    token->require_subcommand(1);
    CLI::App* issue = add_remote(*token, "issue", "make a short-lived token and print it", [this] {
      json::Writer w;
      w.begin_object()
          .member("agent", line_.agent)
          .optional("workflow", line_.workflow)
          .optional("environment", line_.environment_name);
      w.member("ttl", line_.ttl).member("by", line_.by).end_object();
      return show(cli::change(line_.remote, "/v1/tokens", w.text()));
    });
    issue->add_option("--agent", line_.agent, "for which agent")->required();
    issue->add_option("--workflow", line_.workflow, "in which workflow; may be left out when it is in one only");
    issue->add_option("--environment", line_.environment_name,
                      "in which environment; may be left out when there is one only");
    issue->add_option("--ttl", line_.ttl, "how long it is good, up to 31d")->capture_default_str();
    issue->add_option("--by", line_.by, "who issues it")->capture_default_str();
    CLI::App* revoke = add_remote(*token, "revoke", "end a token, or all of an agent, at once", [this] {
      json::Writer w;
      w.begin_object()
          .optional("token", line_.subject)
          .optional("agent", line_.agent)
          .member("reason", line_.reason)
          .member("by", line_.by)
          .end_object();
      return show(cli::change(line_.remote, "/v1/tokens/revoke", w.text()));
    });
    revoke->add_option("TOKEN", line_.subject, "its id, tok_…");
    revoke->add_option("--agent", line_.agent, "every token of this agent");
    revoke->add_option("--reason", line_.reason, "why");
    revoke->add_option("--by", line_.by, "who revokes it")->capture_default_str();
    CLI::App* list = add_remote(*token, "list", "tokens that were issued",
                                [this] { return ask_for(Query("/v1/tokens").add("agent", line_.agent)); });
    list->add_option("--agent", line_.agent, "of this agent only");
  }

  void declare_reviews() {
    CLI::App* reviews = add_remote(app_, "reviews", "held actions that wait for a person", [this] {
      return ask_for(Query("/v1/reviews")
                         .add("all", line_.all ? "1" : "")
                         .add("agent", line_.agent)
                         .add("limit", line_.limit)
                         .add("cursor", line_.cursor));
    });
    reviews->add_flag("--all", line_.all, "also those that ended");
    reviews->add_option("--agent", line_.agent, "of this agent only");
    add_page(reviews);
    declare_decision("approve", "let a held action run, once");
    declare_decision("deny", "refuse a held action");
  }

  void declare_decision(const char* verb, const char* what) {
    CLI::App* decide = add_remote(app_, verb, what, [this, verb] {
      json::Writer w;
      w.begin_object().member("by", line_.by).member("reason", line_.reason).end_object();
      return show(cli::change(line_.remote, fmt::format("/v1/reviews/{}/{}", http::percent_encode(line_.subject), verb),
                              w.text()));
    });
    decide->add_option("TICKET", line_.subject, "tkt_…")->required();
    decide->add_option("--reason", line_.reason, "why, for the record")->required();
    decide->add_option("--by", line_.by, "the person who decides (BAILIWICK_USER)")->capture_default_str();
  }

  void declare_switches() {
    declare_switch("kill", "stop everything in a scope, now", true);
    declare_switch("unkill", "let a scope run again", false);
    add_remote(app_, "switches", "every switch that was ever set", [this] { return ask_for(Query("/v1/switches")); });
  }

  void declare_switch(const char* name, const char* what, bool on) {
    CLI::App* sub = declare_change_of_scope(
        app_, name, what, "everything, upstream:NAME, tool:UPSTREAM/NAME, workflow:NAME, agent:NAME or run:ID",
        "/v1/switches", on);
    if (on) sub->get_option("--reason")->required();
  }

  // Something that is on or off for a scope.
  CLI::App* declare_change_of_scope(CLI::App& parent, const char* name, const char* what, const char* scopes,
                                    const char* path, bool on) {
    CLI::App* sub = add_remote(parent, name, what, [this, path, on] {
      json::Writer w;
      w.begin_object()
          .member("scope", line_.scope)
          .member("on", on)
          .member("reason", line_.reason)
          .member("by", line_.by)
          .end_object();
      return show(cli::change(line_.remote, path, w.text()));
    });
    sub->add_option("SCOPE", line_.scope, scopes)->required();
    sub->add_option("--reason", line_.reason, "why, for the record");
    sub->add_option("--by", line_.by, "who does it (BAILIWICK_USER)")->capture_default_str();
    return sub;
  }

  void declare_answers() {
    CLI::App* why =
        add_remote(app_, "why", "who owned it, what was allowed, which rule, who approved, how to reverse it",
                   [this] { return ask_for(Query("/v1/why/" + http::percent_encode(line_.subject))); });
    why->add_option("ID", line_.subject, "an action, a ticket or a run")->required();
    CLI::App* can = add_remote(app_, "can", "every action an agent can take, on what conditions, and who owns each",
                               [this] { return ask_for(Query("/v1/can/" + http::percent_encode(line_.subject))); });
    can->add_option("AGENT", line_.subject, "its name")->required();
    CLI::App* actions = add_remote(app_, "actions", "the latest actions", [this] {
      return ask_for(Query("/v1/actions")
                         .add("agent", line_.agent)
                         .add("workflow", line_.workflow)
                         .add("run", line_.run)
                         .add("tool", line_.tool)
                         .add("verdict", line_.verdict)
                         .add("outcome", line_.outcome)
                         .add("since", line_.since)
                         .add("limit", line_.limit)
                         .add("cursor", line_.cursor));
    });
    actions->add_option("--agent", line_.agent, "of this agent");
    actions->add_option("--workflow", line_.workflow, "in this workflow");
    actions->add_option("--run", line_.run, "of this run");
    actions->add_option("--tool", line_.tool, "UPSTREAM/TOOL");
    actions->add_option("--verdict", line_.verdict, "allow, hold or deny");
    actions->add_option("--outcome", line_.outcome, "succeeded, failed, not_executed, input_required or ambiguous");
    actions->add_option("--since", line_.since, "a time, or how long ago: 2h");
    add_page(actions);
    CLI::App* runs = add_remote(app_, "runs", "the latest runs", [this] {
      return ask_for(Query("/v1/runs")
                         .add("agent", line_.agent)
                         .add("workflow", line_.workflow)
                         .add("since", line_.since)
                         .add("limit", line_.limit)
                         .add("cursor", line_.cursor));
    });
    runs->add_option("--agent", line_.agent, "of this agent");
    runs->add_option("--workflow", line_.workflow, "in this workflow");
    runs->add_option("--since", line_.since, "a time, or how long ago: 2h");
    add_page(runs);
    declare_run_replay(*runs);
    add_remote(app_, "meters", "what each meter has counted", [this] { return ask_for(Query("/v1/meters")); });
  }

  void declare_run_replay(CLI::App& runs) {
    auto& options = line_.run_replay;
    CLI::App* replay = add(runs, "replay", "a recorded run, step by step; decided again", [this] {
      return line_.run_replay.serve.empty() ? cli::replay_run(line_.run_replay) : cli::serve_run(line_.run_replay);
    });
    replay->add_option("RUN", options.run, "its name")->required();
    CLI::Option* by = replay->add_option(
        "--policy", options.policy,
        "decide each step again: `then` by the registry of that moment, `now` by the live one, or a folder");
    replay
        ->add_option(
            "--serve", options.serve,
            "an address on this machine: serve what was answered then to an agent under test; port 0 picks one; `stdio` serves "
            "on standard input and output")
        ->excludes(by);
    replay->add_option("--report", options.report, "with --serve: a file for how it ended, as JSON");
    replay->add_option("--data", options.data, "the data folder, of a stopped or running server (BAILIWICK_DATA)")
        ->default_val(environment("BAILIWICK_DATA", "data"));
    replay->add_flag("--json", options.json, "print JSON");
  }

  void add_page(CLI::App* sub) {
    sub->add_option("--limit", line_.limit, "rows, up to 1000");
    sub->add_option("--cursor", line_.cursor, "where the page before ended");
  }

  void declare_erasure() {
    CLI::App* redact =
        add_remote(app_, "redact", "erase contents of an action for good; its entries and receipts stay", [this] {
          json::Writer w;
          w.begin_object()
              .member("fields", join(line_.fields, ","))
              .member("reason", line_.reason)
              .member("by", line_.by)
              .end_object();
          return show(cli::change(line_.remote,
                                  fmt::format("/v1/actions/{}/redact", http::percent_encode(line_.subject)), w.text()));
        });
    redact->add_option("ACTION", line_.subject, "act_…")->required();
    redact
        ->add_option("--field", line_.fields,
                     "args, out, why, checks, text or reviewers (may be repeated); without it all but the last two")
        ->delimiter(',');
    redact->add_option("--reason", line_.reason, "why, for the record")->required();
    redact->add_option("--by", line_.by, "who erases (BAILIWICK_USER)")->capture_default_str();
    declare_erase();
    declare_prune();
    CLI::App* holds = app_.add_subcommand("legal-hold", "what may not be erased");
    holds->require_subcommand(1);
    declare_legal_hold(*holds, "set", "from now on nothing in the scope is erased", true);
    declare_legal_hold(*holds, "clear", "what is in the scope may be erased again", false);
    add_remote(*holds, "list", "every legal hold that was ever set",
               [this] { return ask_for(Query("/v1/legal-holds")); });
  }

  void declare_erase() {
    CLI::App* erase =
        add_remote(app_, "erase", "erase all contents that speak of somebody; entries and receipts stay", [this] {
          json::Writer w;
          w.begin_object().member("subject", line_.subject).member("reason", line_.reason).member("by", line_.by);
          w.member("dry_run", line_.dry_run).end_object();
          return show(cli::change(line_.remote, "/v1/erasures", w.text()));
        });
    erase->add_option("--subject", line_.subject, "as the arguments name them, where the registry says `subject`")
        ->required();
    erase->add_option("--reason", line_.reason, "why, for the record; without the name, because it stays")->required();
    erase->add_flag("--dry-run", line_.dry_run, "only say what would be erased, and what would stay");
    erase->add_option("--by", line_.by, "who erases (BAILIWICK_USER)")->capture_default_str();
  }

  void declare_prune() {
    CLI::App* prune =
        add_remote(app_, "prune", "erase contents whose time is over now; the server does so by itself", [this] {
          json::Writer w;
          w.begin_object().member("dry_run", line_.dry_run).end_object();
          return show(cli::change(line_.remote, "/v1/prune", w.text()));
        });
    prune->add_flag("--dry-run", line_.dry_run, "only say what would be erased, and what would stay");
  }

  void declare_legal_hold(CLI::App& parent, const char* name, const char* what, bool on) {
    CLI::App* sub = declare_change_of_scope(parent, name, what,
                                            "everything, or upstream:, tool:, workflow:, agent: or run: and a name",
                                            "/v1/legal-holds", on);
    sub->get_option("--reason")->required();
  }

  void declare_ledger() {
    CLI::App* reconcile =
        add_remote(app_, "reconcile", "say what an ambiguous action did, or list those that wait for it",
                   [this] { return reconcile_action(); });
    reconcile->add_option("ACTION", line_.subject, "act_…; without it the list");
    reconcile->add_option("--outcome", line_.outcome, "succeeded or not_executed");
    reconcile->add_option("--reason", line_.reason, "how you know");
    reconcile->add_option("--by", line_.by, "who found out")->capture_default_str();
    CLI::App* receipt =
        add_remote(app_, "receipt", "an entry with its proof, to be verified by anybody who has the key",
                   [this] { return save_receipt(); });
    receipt->add_option("ID", line_.subject, "an action, or the number of an entry")->required();
    receipt->add_option("--entry", line_.kind, "which entry of the action: intent, outcome, …; without it the newest");
    receipt->add_option("--out", line_.out, "write it to this file");
    declare_verify();
    declare_audit();
    declare_keys();
  }

  int save_receipt() {
    auto answer =
        ask(line_.remote, Query("/v1/receipts/" + http::percent_encode(line_.subject)).add("entry", line_.kind).text());
    return answer && !line_.out.empty() ? write_out(line_.out, *answer) : show(answer);
  }

  void declare_verify() {
    auto& options = line_.verify;
    CLI::App* verify =
        add(app_, "verify", "prove that a ledger, a receipt or two checkpoints add up, or name what does not",
            [this] { return cli::verify(line_.verify); });
    verify->add_option("--data", options.data, "the data folder, of a stopped or running server")
        ->default_val(environment("BAILIWICK_DATA", "data"));
    verify->add_option("--head", options.heads,
                       "a file with a checkpoint that the ledger must continue (may be repeated)");
    verify->add_option("--receipt", options.receipt, "a receipt, offline");
    verify->add_option("--checkpoints", options.checkpoints, "two checkpoints: does the later continue the earlier?")
        ->expected(2)
        ->option_text("FILES");
    verify->add_option("--tiles", options.tiles, "a folder of tiles, offline");
    verify->add_option("--export", options.exported, "a folder that `audit export` wrote, offline");
    verify->add_option("--key", options.keys,
                       "the ledger's public key, or a file of them (may be repeated); else those of the data folder");
    verify->add_flag("--json", options.json, "print JSON");
  }

  void declare_audit() {
    auto& options = line_.audit;
    CLI::App* audit = app_.add_subcommand("audit", "evidence for people who have not the ledger");
    audit->require_subcommand(1);
    CLI::App* out = add(*audit, "export", "write what the ledger says of a period as a folder that proves itself",
                        [this] { return cli::audit_export(line_.audit); });
    out->add_option("--from", options.from, "a time, or how long ago: 30d; else the beginning");
    out->add_option("--to", options.to, "up to this time; else now");
    out->add_option("--workflow", options.workflow, "of this workflow only");
    out->add_flag("--conceal", options.conceal,
                  "show only hashes of other workflows' entries; then nothing proves that they are of others");
    out->add_option("--out", options.out, "a new or empty folder")->capture_default_str();
    out->add_option("--data", options.data, "the data folder, of a stopped or running server")
        ->default_val(environment("BAILIWICK_DATA", "data"));
    out->add_flag("--json", options.json, "print JSON");
  }

  void declare_keys() {
    CLI::App* rebuild =
        add(app_, "rebuild", "make every table of a stopped ledger anew from its entries, and verify it",
            [this] { return cli::rebuild(line_.verify); });
    rebuild->add_option("--head", line_.verify.heads,
                        "a file with a checkpoint that the ledger must continue (may be repeated)");
    CLI::App* tiles = add(app_, "tiles", "write a ledger as static files that others can serve and verify",
                          [this] { return cli::export_tiles(line_.verify.data, line_.folder); });
    tiles->add_option("DIR", line_.folder, "a new or empty folder")->required();
    CLI::App* witness =
        add(app_, "witness", "sign checkpoints of other machines' ledgers, each only when it continues the last",
            [this] { return cli::witness(line_.witness); });
    witness->add_option("--folder", line_.witness.folder, "its key, and what it signed; made when missing")->required();
    witness->add_option("--name", line_.witness.name, "of a new witness, as witness.example.com");
    witness->add_option("--log", line_.witness.logs, "the key of a ledger, or a file of them (may be repeated)")
        ->required();
    witness->add_option("--listen", line_.witness.listen, "address; port 0 picks one")->capture_default_str();
    CLI::App* key = app_.add_subcommand("key", "the keys that sign checkpoints");
    key->require_subcommand(1);
    CLI::App* show = add(*key, "show", "the public keys", [this] { return cli::show_keys(line_.verify.data); });
    CLI::App* more =
        add(*key, "add", "add a key: from now on all of them sign", [this] { return cli::add_key(line_.verify.data); });
    CLI::App* drop = add(*key, "drop", "drop the oldest key, when all who verify know a newer one",
                         [this] { return cli::drop_key(line_.verify.data); });
    CLI::App* content_key = app_.add_subcommand("content-key", "the key that contents are sealed under");
    content_key->require_subcommand(1);
    CLI::App* which = add(*content_key, "show", "its id, and that of the old one while a rotation is not finished",
                          [this] { return cli::show_content_keys(line_.verify.data); });
    CLI::App* rotate =
        add(*content_key, "rotate", "put contents of a stopped ledger under a fresh key, and drop the old one",
            [this] { return cli::rotate_content_keys(line_.verify.data); });
    for (CLI::App* sub : {rebuild, tiles, show, more, drop, which, rotate}) {
      sub->add_option("--data", line_.verify.data, "the data folder, of a stopped or running server")
          ->default_val(environment("BAILIWICK_DATA", "data"));
    }
  }

  int reconcile_action() {
    if (line_.subject.empty()) return ask_for(Query("/v1/ambiguous"));
    json::Writer w;
    w.begin_object().member("outcome", line_.outcome).member("by", line_.by).member("reason", line_.reason).end_object();
    return show(cli::change(line_.remote, fmt::format("/v1/actions/{}/reconcile", http::percent_encode(line_.subject)),
                            w.text()));
  }

  CLI::App app_;
  Line line_;
};

}  // namespace

int run(int argc, char** argv) { return Commands().run(argc, argv); }

}  // namespace bw::cli
