// SPDX-License-Identifier: Apache-2.0
#include "registry/keys.h"

#include <algorithm>
#include <iterator>

#include "domain/words.h"
#include "registry/fixtures.h"
#include "registry/node.h"
#include "registry/refunds.h"
#include "registry/types.h"

namespace bw::registry {
namespace {

std::vector<std::string> spelled(std::span<const std::string> words) { return {words.begin(), words.end()}; }

// `when` is all of one.
void lower_rule(Node& rule, Diagnostics&) {
  auto terms = rule.take("when");
  if (!terms) return;
  if (Node* all = rule.find("all")) {
    std::ranges::move(all->items, std::back_inserter(terms->items));
    *all = *std::move(terms);
  } else {
    rule.set("all", *std::move(terms));
  }
}

// Built at first use: the words of `domain` are not there before main() either.
struct Table {
  const std::vector<std::string> environments{"production", "staging", "sandbox"};

  // What people can ask to be told of (A3).
  const std::vector<std::string> events{"held",   "approved",  "denied", "expired", "executed",
                                        "failed", "ambiguous", "killed", "undone",  "demoted"};

  const Shape grants{
      .name = "grants",
      .doc =
          "What may be used. Nothing is granted that is not listed, and an action needs the grant of its agent and of its "
          "workflow. A pattern with `*` grants only tools of tier read; each tool above that is named.",
      .fields =
          {
              {"environments", list(word(environments)), "Environments to act in."},
              {"tools", list(pattern(Refers::tool)),
               "Tools, as `UPSTREAM/TOOL`: `desk/*` grants what reads, `desk/create_refund` one tool."},
              {"resources", list(pattern(Refers::uri)), "URIs of resources to read, for example `file:///data/*`."},
              {"prompts", list(pattern(Refers::prompt)), "Prompts, as `UPSTREAM/PROMPT`."},
          },
  };

  const Shape person{
      .name = "Person",
      .doc = "Somebody who can own, review or be told; or a bot, which can do neither.",
      .fields =
          {
              {"full_name", text(), "The name to show."},
              {"email", text(), "Where to reach them; also what their sign-in is matched by."},
              {"kind_of", word({"human", "bot"}), "A bot cannot own, review or approve.", false, "\"human\""},
              {"left",
               {.form = Type::Form::date},
               "The day they left, as 2026-11-21. Whoever has left owns nothing: name a successor everywhere first."},
          },
  };

  const Shape team{
      .name = "Team",
      .doc = "People who review or are told together. Teams and people share their names: none may be called alike.",
      .fields =
          {
              {"description", text(), "What the team does."},
              {"members", list(name(Refers::person)), "Its people.", true},
          },
  };

  const Shape agent{
      .name = "Agent",
      .doc = "An actor with an identity and rights of its own. It acts only in workflows that name it.",
      .fields =
          {
              {"description", text(), "What it is and where it runs."},
              {"owner", name(Refers::owner), "The human who answers for this agent.", true},
              {"steward", name(Refers::owner), "The human who answers for the model behind it.", true},
              {"may", object(grants), "What this agent may use."},
          },
  };

  const Shape subscription{
      .name = "subscription",
      .doc = "Somebody, and the events that they are told of. That they were told is recorded.",
      .fields =
          {
              {"who", name(Refers::party), "A person or a team.", true},
              {"on", list(word(events)), "Events of the workflow's actions.", true},
          },
  };

  const Shape hold{
      .name = "hold",
      .doc = "How a held action waits.",
      .fields =
          {
              {"budget", duration("0s", "10m"), "How long the agent's call stays open before it gets a ticket instead.",
               false, "\"45s\""},
              {"expires", duration("1s", "365d"), "How long the ticket waits for a human. Nobody answering means no.",
               false, "\"4h\""},
          },
  };

  const Shape workflow{
      .name = "Workflow",
      .doc = "A job that agents do, with the one human who is accountable for it.",
      .fields =
          {
              {"description", text(), "What the job is."},
              {"accountable", name(Refers::owner), "The one human who answers for what this workflow does.", true},
              {"system_owner", name(Refers::owner),
               "Owner of the systems it acts on, where neither tool nor upstream names one."},
              {"risk_owner", name(Refers::owner),
               "Owner of the risk of its one-way doors, where neither tool nor upstream names one."},
              {"agents", list(name(Refers::agent)), "The agents that work in it.", true},
              {"autonomy", word(spelled(domain::autonomy_names())),
               "How much it may do without a human. What is above becomes a proposal.", false, "\"propose-only\""},
              {"consulted", list_of(subscription, "who"), "Who is asked for their view, and on which events."},
              {"informed", list_of(subscription, "who"), "Who is told, and on which events."},
              {"reviewers", list(name(Refers::party)),
               "People and teams who decide held actions when a rule names nobody. Without them it is the accountable human."},
              {"may", object(grants), "What this workflow may use, whichever agent works in it."},
              {"hold", object(hold), "How held actions wait.", false, "{}"},
          },
  };

  const Shape secret{.name = "secret",
                     .doc = "Where the secret is read when it is needed. It never stands in the registry.",
                     .fields =
                         {
                             {"file", text(), "Path of a file that holds the secret and nothing else."},
                             {"env", {.form = Type::Form::variable}, "A variable of Bailiwick's own environment."},
                         },
                     .exactly_one = true};

  const Shape credential{
      .name = "credential",
      .doc = "How Bailiwick proves itself to the upstream. Agents never see it.",
      .fields =
          {
              {"header", text(), "For a `url`: the header that carries the secret, for example `Authorization`."},
              {"prefix", text(), "Put before the secret in the header, for example `\"Bearer \"`."},
              {"env",
               {.form = Type::Form::variable},
               "For a `command`: the variable that carries the secret into the child process."},
              {"from", object(secret), "Where the secret is.", true},
          },
  };

  const Shape tool{
      .name = "tool",
      .doc = "What a tool of the upstream does to the world. A tool that is not listed cannot be called.",
      .fields =
          {
              {"tier", word(spelled(domain::tier_names())), "The most that the tool can do, weakest first.", true},
              {"reversible", {.form = Type::Form::boolean}, "Whether what it did can be taken back.", false, "false"},
              {"touches", list(word(spelled(domain::touch_names()))),
               "What makes it a one-way door even where it can be taken back."},
              {"undo", name(Refers::tool), "The tool that takes it back, as `UPSTREAM/TOOL`."},
              {"system_owner", name(Refers::owner), "Before the upstream's."},
              {"risk_owner", name(Refers::owner), "Before the upstream's."},
              {"accountable", name(Refers::owner), "For this tool, instead of the workflow's accountable human."},
              {"hold_shape", word({"wait", "ticket"}),
               "How a held call is answered: kept open for the workflow's hold budget, or with a ticket at once.",
               false, "\"wait\""},
              {"labels", list(text()),
               "Put on every run that called it, for rules to look for in `run.labels`: `untrusted` where others write what it "
               "answers."},
              {"subject", any_of(text()),
               "Where its arguments name the person that they speak of, as `args.customer` or a list of such paths: what is recorded "
               "of a call is found by that name when it is to be erased."},
              {"description", text(), "For an external tool: what it does, for the people who review it."},
              {"input_schema",
               {.form = Type::Form::json},
               "For an external tool: JSON Schema of its arguments, an object. Rules are checked against it."},
              {"output_schema",
               {.form = Type::Form::json},
               "For an external tool: JSON Schema of what its agents report that it answered."},
          },
  };

  const Shape upstream{
      .name = "Upstream",
      .doc =
          "An MCP server that agents reach through Bailiwick: a `url`, or a `command` that is run as a child process. Or, "
          "with `external`, tools that agents carry out themselves. Give one of the three.",
      .fields =
          {
              {"description", text(), "What it is."},
              {"url", text(), "Where it listens: `https://…`, or `http://…` on this machine."},
              {"command", text(), "The program to run. It gets no shell."},
              {"external",
               {.form = Type::Form::boolean},
               "Its tools are carried out by the agents themselves, outside of Bailiwick: they ask the decision API before, and "
               "report the outcome to it after.",
               false,
               "false"},
              {"args",
               {.form = Type::Form::text, .many = Type::Many::list, .ordered = true},
               "Arguments of the command."},
              {"env",
               {.form = Type::Form::text, .many = Type::Many::named, .keys = Spelling::variable},
               "Variables for the command. Secrets go into `credential`."},
              {"cwd", text(), "Folder to run the command in."},
              {"environment", word(environments), "Which environment its effects land in.", true},
              {"prefix",
               {.form = Type::Form::text, .most = 32},
               "Put before the names of its tools and prompts where agents see them; `\"\"` for nothing. Without it: its name and "
               "`_`."},
              {"credential",
               {.form = Type::Form::object, .many = Type::Many::one_or_list, .shape = &credential, .ordered = true},
               "How Bailiwick proves itself to it."},
              {"system_owner", name(Refers::owner),
               "The human who answers for this system. Whatever writes or executes needs one, here or on the tool."},
              {"risk_owner", name(Refers::owner), "The human who answers for the risk of its one-way doors."},
              {"timeout", duration("1ms", "1h"),
               "How long one call may take; of an external tool, how long its report may take. Without an answer nobody knows "
               "what happened, and the action is ambiguous.",
               false, "\"30s\""},
              {"sessions", word({"shared", "per_agent"}), "Whether agents share a session with it.", false,
               "\"per_agent\""},
              {"concurrency", whole(1, 100'000), "Calls at once. Without it there is no cap but the meters."},
              {"tools", named(tool, Spelling::tool), "Its tools, by name."},
              {"resources", list(pattern(Refers::uri)), "URIs of its resources that may be read."},
              {"prompts",
               {.form = Type::Form::pattern, .many = Type::Many::list, .least = 1},
               "Names of its prompts that may be used."},
              {"labels", list(text()), "Put on every run that used anything of it, beside those of its tools."},
          },
  };

  const Shape match{
      .name = "match",
      .doc =
          "Which actions are meant: every key that is given must fit. Nothing given means every action. `*` stands for any run of characters.",
      .fields =
          {
              {"tool", any_of(pattern(Refers::tool)), "`UPSTREAM/TOOL`"},
              {"resource", any_of(pattern(Refers::uri)), "URI"},
              {"prompt", any_of(pattern(Refers::prompt)), "`UPSTREAM/PROMPT`"},
              {"upstream", any_of(pattern(Refers::upstream)), "Upstreams."},
              {"agent", any_of(pattern(Refers::agent)), "Agents."},
              {"workflow", any_of(pattern(Refers::workflow)), "Workflows."},
              {"environment", any_of(word(environments)), "Environments."},
              {"tier", any_of(word(spelled(domain::tier_names()))), "Tiers."},
          },
  };

  const Shape approve{
      .name = "approve",
      .doc = "Who decides a held action, and by when.",
      .fields =
          {
              {"from", list(name(Refers::party)),
               "People and teams who may decide. Without it: the workflow's reviewers."},
              {"expires", duration("1s", "365d"), "How long it may wait at most. Without it: the workflow's."},
              {"criteria", text(), "What the reviewer should look at."},
          },
  };

  const Shape redact{
      .name = "redact",
      .doc =
          "Fields of a tool's result that the agent does not get. A result that cannot be looked into, such as plain text or an "
          "image, is withheld as a whole.",
      .fields =
          {
              {"fields", list(text()), "Paths like `customer.email`; `*` is any member, and lists are walked through.",
               true},
              {"as", word({"mask", "drop"}), "Whether something stands in their place.", false, "\"mask\""},
          },
  };

  const Shape mutate{
      .name = "mutate",
      .doc =
          "Arguments as they are sent. What is sent is what rules judge, what a reviewer sees and what an approval binds.",
      .fields =
          {
              {"set",
               {.form = Type::Form::json, .many = Type::Many::named, .keys = Spelling::tool},
               "Arguments and their values.",
               true},
          },
  };

  const Shape cap{
      .name = "cap",
      .doc = "An upper bound of one argument. An argument that is missing or no number denies.",
      .fields =
          {
              {"argument", text(), "Its name.", true},
              {"at", {.form = Type::Form::json}, "The largest number that may be sent.", true},
              {"over", word({"deny", "lower"}), "What happens to more than that.", false, "\"deny\""},
          },
  };

  const Shape sample{
      .name = "sample",
      .doc =
          "A part of the actions that would pass is held. Which ones follows from what the action is, so that asking again "
          "changes nothing.",
      .fields = {{"percent", whole(1, 100), "How many of a hundred.", true}},
  };

  const Shape stamp{
      .name = "stamp",
      .doc = "What the upstream is told, as `dev.bailiwick/stamp` in the call's `_meta`.",
      .fields = {{"with", list(word({"action", "run", "agent", "workflow", "accountable"})), "What to tell.", true}},
  };

  const Shape undo{
      .name = "undo",
      .doc = "Requires that the tool has an `undo`; an action that has none is denied.",
      .fields = {{"within", duration("1s", "365d"), "For how long it is meant to be possible, for the record."}},
  };

  const Shape notify{
      .name = "notify",
      .doc = "Who is told of the decision: a line in the log for now, and the record.",
      .fields =
          {
              {"to", list(name(Refers::party)), "People and teams.", true},
              {"message", text(), "What they are told besides the action itself."},
          },
  };

  const Shape log{
      .name = "log",
      .doc = "A line in the log of the server. Arguments and results are never in it.",
      .fields =
          {
              {"message", text(), "What it says.", true},
              {"level", word({"info", "warn"}), "How loud.", false, "\"info\""},
          },
  };

  const Shape obligation{
      .name = "obligation",
      .doc = "What must also happen when the rule counts. What cannot be carried out denies the action.",
      .fields =
          {
              {"approve", object(approve), "Who decides; only on `effect: hold`."},
              {"redact", object(redact), "Leave fields out of what the agent gets, and of the record."},
              {"mutate", object(mutate), "Set arguments before the action is sent."},
              {"cap", object(cap), "Keep a number among the arguments from being larger."},
              {"sample", object(sample), "Hold a part of what is allowed, for people to look at."},
              {"stamp", object(stamp), "Tell the upstream what this action is, in `_meta`."},
              {"undo", object(undo), "Only what can be taken back may pass."},
              {"notify", object(notify), "Tell people."},
              {"log", object(log), "Write a line to the log."},
          },
      .exactly_one = true};

  const Shape rule{
      .name = "rule",
      .doc =
          "One sentence of policy. It counts when it matches and `when` and all of `all` are true, one of `any` is, and none of "
          "`unless` is. Of the rules that count the strictest wins: deny before hold before allow; when none counts the action is "
          "denied. Order means nothing. An error in an expression never relaxes: the allow does not count, the hold or deny does.",
      .fields =
          {
              {"id",
               {.form = Type::Form::text, .least = 1, .most = 128},
               "Its name in decisions and tests, unique in the registry.",
               true},
              {"match", object(match), "Which actions it speaks of."},
              {"when", one_or_more_expressions(),
               "CEL over `args.*`, `tool.name`, `agent.name`, `workflow.name`, `environment`, `facts.*`, `now`, and `run` with what it "
               "did before."},
              {"all", expressions(), "All of these."},
              {"any", expressions(), "At least one of these."},
              {"unless", one_or_more_expressions(), "None of these."},
              {"effect", word(spelled(domain::verdict_names())), "What it says of the action.", true},
              {"oblige",
               {.form = Type::Form::object, .many = Type::Many::list, .shape = &obligation, .ordered = true},
               "What must also happen."},
              {"reason", text(), "Shown to the agent and its developer: what to do differently."},
              {"unattended", text(),
               "On an allow: why a one-way door may pass without a human. Without this sentence it is held."},
          },
      .lower = lower_rule};

  const Shape given{
      .name = "given",
      .doc = "The action that a test imagines.",
      .fields =
          {
              {"tool", name(Refers::tool), "`UPSTREAM/TOOL`"},
              {"resource", text(), "URI"},
              {"prompt", text(), "`UPSTREAM/PROMPT`"},
              {"args", {.form = Type::Form::json}, "Its arguments."},
              {"agent", name(Refers::agent), "Who asks."},
              {"workflow", name(Refers::workflow), "For which workflow."},
              {"environment", word(environments), "Where; otherwise the upstream's."},
              {"facts",
               {.form = Type::Form::json, .many = Type::Many::named, .keys = Spelling::identifier},
               "Values of facts; a fact that is not given is unavailable."},
              {"meters",
               {.form = Type::Form::json, .many = Type::Many::named, .keys = Spelling::identifier},
               "What meters count already, as numbers: an action that policy allows and for which one has no room left is denied."},
              {"run",
               {.form = Type::Form::json},
               "What the run did before: `{called: {crm/lookup: 1}, returned: {crm/lookup: {email: a@b.example}}, labels: "
               "[untrusted]}`, or `unknown`. Without it: nothing."},
              {"now", {.form = Type::Form::time}, "As 2026-11-21T03:41:27Z."},
              {"like", text(),
               "Name of a fixture of this policy, for all that is not said here; within `args`, `facts`, `meters` and `run`, member by "
               "member."},
          },
  };

  const Shape test{
      .name = "test",
      .doc = "An imagined action, and what policy must say of it.",
      .fields =
          {
              {"name", text(), "A sentence that says what must hold, unique in the policy.", true},
              {"given", object(given), "The action.", true},
              {"expect", word(spelled(domain::verdict_names())), "What policy must say.", true},
              {"rule", name(Refers::rule), "A rule that must have decided it."},
              {"meter", text(), "With `expect: deny`: a meter that must have had no room for it."},
          },
  };

  const Shape invariant{
      .name = "invariant",
      .doc =
          "What must be true of every decision, whichever rules there are: proven by `bailiwick prove`. It speaks of the actions "
          "that match and make all of `when` true; where `when` cannot be evaluated it does not speak, where `must` cannot it is "
          "broken.",
      .fields =
          {
              {"name", text(), "A sentence that says what must hold, unique in the policy.", true},
              {"match", object(match), "Which actions it speaks of."},
              {"when", one_or_more_expressions(), "CEL, as in rules: which of these actions."},
              {"must", expression(),
               "CEL over the same, and over what was decided: `verdict`, `approvers` (people and teams of whom any one may approve; "
               "empty where no rule names any), `obligations` (their kinds).",
               true},
          },
  };

  const Shape policy{
      .name = "Policy",
      .doc = "Rules, with the tests that show what they mean.",
      .fields =
          {
              {"description", text(), "What these rules are for."},
              {"rules", list_of(rule, "id"), "In any order."},
              {"invariants", list_of(invariant, "name"), "Proven by `bailiwick prove`."},
              {"fixtures", named(given, Spelling::name), "Actions, or parts of them, that tests refer to by `like`."},
              {"tests", list_of(test, "name"), "Run by `bailiwick test`."},
          },
      .lower = use_fixtures,
  };

  const Shape refunds{
      .name = "Refunds",
      .doc =
          "Terms for paying money back, in the words of whoever writes them. They are rewritten into a Policy and Meters of the same "
          "name, which is what is judged, hashed and printed by `bailiwick policy lower`.",
      .fields =
          {
              {"description", text(), "What these terms are for."},
              {"tool", name(Refers::tool), "The tool that pays, as `UPSTREAM/TOOL`.", true},
              {"amount", expression(), "CEL for what one call pays, for example `args.amount_usd`.", true},
              {"auto_up_to", whole(1, 1'000'000'000),
               "Up to this much is paid without a human: rule `NAME.auto`. Without it nothing is."},
              {"unattended", text(),
               "Why that needs no human. Without this sentence it is held, money being a one-way door."},
              {"human_if", expressions(),
               "CEL: if any of these holds or cannot be evaluated, a human decides, whatever the amount. Rule `NAME.human`, as for "
               "more than `auto_up_to`."},
              {"approve", object(approve), "Which human, and by when."},
              {"never_above", whole(1, 1'000'000'000), "More than this is denied: rule `NAME.never`."},
              {"a_day", whole(1, 1'000'000'000), "The most that is paid in any 24 hours: meter `NAME_a_day`."},
              {"customer", expression(), "CEL for whom a call pays, for example `args.customer`."},
              {"a_day_each", whole(1, 1'000'000'000),
               "The most that one `customer` is paid in any 24 hours: meter `NAME_a_day_each`."},
              {"invariants", list_of(invariant, "name"), "Of the policy."},
              {"fixtures", named(given, Spelling::name), "Of the policy."},
              {"tests", list_of(test, "name"), "Of the policy."},
          },
      .becomes = become_refunds};

  const Shape fact{
      .name = "fact",
      .doc =
          "A value that policy uses and that did not come from the agent: looked up in a tool that reads, at a URL or in a "
          "file. Give one of `tool`, `url` and `file`.",
      .fields =
          {
              {"tool", name(Refers::tool),
               "The tool to ask, of tier read. Bailiwick asks as itself, not as the agent."},
              {"url", text(), "A URL that answers GET with JSON: `https://…`, or `http://…` on this machine."},
              {"file", text(),
               "A file in the registry's folder, read anew for each look-up: JSON, or YAML if it is called `….data.yaml`."},
              {"arguments",
               {.form = Type::Form::expression, .many = Type::Many::named, .keys = Spelling::tool},
               "CEL over the action: arguments of the tool, or the query of the URL."},
              {"credential",
               {.form = Type::Form::object, .many = Type::Many::one_or_list, .shape = &credential, .ordered = true},
               "How Bailiwick proves itself to the URL, by `header`. A tool's upstream has its own."},
              {"value", expression(), "CEL over `result`, and over the action as rules see it.", true},
              {"type", word({"bool", "int", "double", "string"}), "Type of the value.", true},
              {"timeout", duration("1ms", "1m"), "How long the look-up may take.", false, "\"2s\""},
              {"max_age", duration("0s", "30d"), "How long a value may be used again.", false, "\"0s\""},
          },
  };

  const Shape facts{.name = "Facts",
                    .doc = "Facts by name, used in rules as `facts.NAME`.",
                    .fields = {{"facts", named(fact, Spelling::identifier), "The facts.", true}}};

  const Shape meter{
      .name = "meter",
      .doc = "A counter over actions with a limit. What is in flight counts, so that it is never passed.",
      .fields =
          {
              {"match", object(match), "Which actions it counts."},
              {"sum", expression(), "CEL for the whole number that one action adds. Without it each action counts 1."},
              {"per", list(word({"agent", "workflow", "run", "tool", "upstream", "environment"})),
               "One count for each combination of these. Without it: one for all."},
              {"by", expression(),
               "CEL for a text of at most 256 bytes that is counted apart, for example `args.customer`; beside `per`. It stays in "
               "the ledger: an id, not an address."},
              {"window", duration("1s", "365d"), "Never more than the limit in any span this long."},
              {"in_flight",
               {.form = Type::Form::boolean},
               "Instead of a window: counts what runs at this moment.",
               false,
               "false"},
              {"limit", whole(0, 9'007'199'254'740'991), "The most that it may reach.", true},
          },
  };

  const Shape meters{
      .name = "Meters",
      .doc = "Meters by name. Each limit is checked, and its room reserved, in the very commit that admits an action.",
      .fields = {{"meters", named(meter, Spelling::identifier), "The meters.", true}}};
};

const Table& table() {
  static const Table table;
  return table;
}

}  // namespace

const std::vector<const Shape*>& kinds() {
  static const std::vector<const Shape*> all = [] {
    const Table& t = table();
    return std::vector<const Shape*>{&t.person, &t.team,    &t.agent, &t.workflow, &t.upstream,
                                     &t.policy, &t.refunds, &t.facts, &t.meters};
  }();
  return all;
}

const std::vector<std::string>& kind_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const Shape* kind : kinds()) out.push_back(kind->name);
    return out;
  }();
  return names;
}

const Shape* find_kind(std::string_view name) {
  auto at = std::ranges::find(kinds(), name, [](const Shape* kind) -> std::string_view { return kind->name; });
  return at == kinds().end() ? nullptr : *at;
}

const Field* Shape::find(std::string_view key) const {
  auto at = std::ranges::find(fields, key, [](const Field& field) -> std::string_view { return field.key; });
  return at == fields.end() ? nullptr : &*at;
}

}  // namespace bw::registry
