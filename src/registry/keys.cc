// SPDX-License-Identifier: Apache-2.0
#include "registry/keys.h"

#include <algorithm>
#include <iterator>

#include "domain/words.h"
#include "registry/policy_keys.h"
#include "registry/shared_keys.h"
#include "registry/types.h"

namespace bw::registry {
namespace {

// Built at first use: the words of `domain` are not there before main() either.
struct Table {
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
              {"environments", list(word(environments())), "Environments to act in."},
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

  const Shape periods{
      .name = "periods",
      .doc = "Contents that are kept for another time than the rest of an action's.",
      .fields =
          {
              {"args", retained(), "What was to be sent."},
              {"out", retained(), "What came back."},
              {"why", retained(), "The words of people, refusals and errors."},
              {"checks", retained(), "The explanation of the decision."},
              {"text", retained(), "The held request, and on what terms it waits."},
              {"reviewers", retained(), "Who might decide a held request. Without a time of their own they stay."},
          },
  };

  const Shape retention{
      .name = "Retention",
      .doc =
          "A class of contents: how long what was sent, what came back, words and explanations are kept at least, counted from the "
          "entry that they belong to. Then they are erased, and the entries stay. Without a class they stay too.",
      .fields =
          {
              {"description", text(), "Why that long."},
              {"keep", retained(), "How long.", true},
              {"fields", object(periods), "Contents with a time of their own."},
              {"default",
               {.form = Type::Form::boolean},
               "Of what has no class by its tool or workflow. One class may be it.",
               false,
               "false"},
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
              {"retention", name(Refers::retention),
               "How long contents of its actions are kept, where the tool does not say."},
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
              {"retention", name(Refers::retention),
               "How long contents of its actions are kept; before the workflow's."},
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
              {"environment", word(environments()), "Which environment its effects land in.", true},
              {"prefix",
               {.form = Type::Form::text, .most = 32},
               "Put before the names of its tools and prompts where agents see them; `\"\"` for nothing. Without it: its name and "
               "`_`."},
              {"credential",
               {.form = Type::Form::object,
                .many = Type::Many::one_or_list,
                .shape = &credential_shape(),
                .ordered = true},
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
};

const Table& table() {
  static const Table table;
  return table;
}

}  // namespace

const std::vector<const Shape*>& kinds() {
  static const std::vector<const Shape*> all = [] {
    const Table& t = table();
    std::vector<const Shape*> out{&t.person, &t.team, &t.agent, &t.workflow, &t.upstream};
    std::ranges::copy(policy_kinds(), std::back_inserter(out));
    out.push_back(&t.retention);
    return out;
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
