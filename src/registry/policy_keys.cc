// SPDX-License-Identifier: Apache-2.0
#include "registry/policy_keys.h"

#include <algorithm>
#include <iterator>

#include "domain/words.h"
#include "registry/decision_source.h"
#include "registry/fixtures.h"
#include "registry/node.h"
#include "registry/refunds.h"
#include "registry/shared_keys.h"
#include "registry/types.h"

namespace bw::registry {
namespace {

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

// Built at first use, as the table of the other kinds is.
struct PolicyTable {
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
              {"environment", any_of(word(environments())), "Environments."},
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
              {"tightens",
               {.form = Type::Form::boolean},
               "On a hold: it counts only where a rule allows the action, or holds it anyway. Otherwise a hold stands by itself, also "
               "where nothing is allowed."},
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
              {"environment", word(environments()), "Where; otherwise the upstream's."},
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

  const Shape breaker{
      .name = "breaker",
      .doc =
          "When a source that keeps failing is no longer asked. What it would be asked for is unavailable at once, until one question finds it "
          "back.",
      .fields =
          {
              {"failures", whole(1, 1000),
               "After so many in a row: no connection, no answer in time, a status of 500 or more.", false, "5"},
              {"open", duration("1s", "1h"), "For how long, before one question tries again.", false, "\"10s\""},
          },
  };

  const Shape fact{
      .name = "fact",
      .doc =
          "A value that policy uses and that did not come from the agent: looked up in a tool that reads, at a URL, in OPA or in a "
          "file. Give one of `tool`, `url`, `opa` and `file`.",
      .fields =
          {
              {"tool", name(Refers::tool),
               "The tool to ask, of tier read. Bailiwick asks as itself, not as the agent."},
              {"url", text(), "A URL that answers GET with JSON: `https://…`, or `http://…` on this machine."},
              {"opa", text(),
               "A document of OPA's Data API, `https://HOST:PORT/v1/data/PATH`, which is asked by POST; `result` is what it is."},
              {"file", text(),
               "A file in the registry's folder, read anew for each look-up: JSON, or YAML if it is called `….data.yaml`."},
              {"arguments",
               {.form = Type::Form::expression, .many = Type::Many::named, .keys = Spelling::tool},
               "CEL over the action: arguments of the tool, the query of the URL, or the `input` of OPA."},
              {"credential",
               {.form = Type::Form::object,
                .many = Type::Many::one_or_list,
                .shape = &credential_shape(),
                .ordered = true},
               "How Bailiwick proves itself to the URL or to OPA, by `header`. A tool's upstream has its own."},
              {"value", expression(), "CEL over `result`, and over the action as rules see it.", true},
              {"type", word({"bool", "int", "double", "string"}), "Type of the value.", true},
              {"timeout", duration("1ms", "1m"), "How long the look-up may take.", false, "\"2s\""},
              {"max_age", duration("0s", "30d"), "How long a value may be used again.", false, "\"0s\""},
              {"breaker", object(breaker), "Of `opa`: when it is no longer asked."},
          },
  };

  const Shape facts{.name = "Facts",
                    .doc = "Facts by name, used in rules as `facts.NAME`.",
                    .fields = {{"facts", named(fact, Spelling::identifier), "The facts.", true}}};

  const Shape decision_source{
      .name = "DecisionSource",
      .doc =
          "An OPA server that is asked too, and can only be stricter than the rules: what they allow it may hold or deny, what they "
          "hold it may deny. Whatever keeps it from answering denies. It is rewritten into Facts and a Policy of the same name, which "
          "are what is judged, hashed and printed by `bailiwick policy lower`.",
      .fields =
          {
              {"description", text(), "Whose server it is, and what it decides."},
              {"opa", text(),
               "The document that decides, in OPA's Data API: `https://HOST:PORT/v1/data/PATH`, or `http://…` on this machine.",
               true},
              {"match", object(match), "Which actions it is asked about. Nothing given means every action."},
              {"credential",
               {.form = Type::Form::object,
                .many = Type::Many::one_or_list,
                .shape = &credential_shape(),
                .ordered = true},
               "How Bailiwick proves itself to it, by `header`."},
              {"timeout", duration("1ms", "10s"), "How long it may take; after that the action is denied.", false,
               "\"250ms\""},
              {"breaker", object(breaker), "When it is no longer asked."},
              {"value", expression(),
               "CEL over `result`, OPA's document, for the word that it means: allow, hold or deny. Without it: the document is true or "
               "false, or one of these words, or has one as its `decision`."},
              {"approve", object(approve), "Who decides what it holds, and by when."},
              {"fixtures", named(given, Spelling::name), "Of the policy."},
              {"tests", list_of(test, "name"), "Of the policy."},
          },
      .becomes = become_decision_source};

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

const PolicyTable& table() {
  static const PolicyTable table;
  return table;
}

}  // namespace

const std::vector<const Shape*>& policy_kinds() {
  static const std::vector<const Shape*> all{&table().policy, &table().refunds, &table().decision_source,
                                             &table().facts, &table().meters};
  return all;
}

}  // namespace bw::registry
