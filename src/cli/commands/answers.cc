// SPDX-License-Identifier: Apache-2.0
//
// What happened, and why.
#include "cli/commands/areas.h"
#include "cli/run_replay.h"
#include "cli/serve_run.h"
#include "http/message.h"

namespace bw::cli {
namespace {

void declare_run_replay(Line& line, CLI::App& runs) {
  auto& options = line.run_replay;
  CLI::App* replay = line.add(runs, "replay", "a recorded run, step by step; decided again", [&line] {
    return line.run_replay.serve.empty() ? cli::replay_run(line.run_replay) : cli::serve_run(line.run_replay);
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

}  // namespace

void declare_answers(Line& line) {
  CLI::App* why =
      line.add_remote(line.app, "why", "who owned it, what was allowed, which rule, who approved, how to reverse it",
                      [&line] { return line.ask_for(Query("/v1/why/" + http::percent_encode(line.subject))); });
  why->add_option("ID", line.subject, "an action, a ticket or a run")->required();
  CLI::App* can =
      line.add_remote(line.app, "can", "every action an agent can take, on what conditions, and who owns each",
                      [&line] { return line.ask_for(Query("/v1/can/" + http::percent_encode(line.subject))); });
  can->add_option("AGENT", line.subject, "its name")->required();
  CLI::App* actions = line.add_remote(line.app, "actions", "the latest actions", [&line] {
    return line.ask_for(Query("/v1/actions")
                            .add("agent", line.agent)
                            .add("workflow", line.workflow)
                            .add("run", line.run)
                            .add("tool", line.tool)
                            .add("verdict", line.verdict)
                            .add("outcome", line.outcome)
                            .add("since", line.since)
                            .add("limit", line.limit)
                            .add("cursor", line.cursor));
  });
  actions->add_option("--agent", line.agent, "of this agent");
  actions->add_option("--workflow", line.workflow, "in this workflow");
  actions->add_option("--run", line.run, "of this run");
  actions->add_option("--tool", line.tool, "UPSTREAM/TOOL");
  actions->add_option("--verdict", line.verdict, "allow, hold or deny");
  actions->add_option("--outcome", line.outcome, "succeeded, failed, not_executed, input_required or ambiguous");
  actions->add_option("--since", line.since, "a time, or how long ago: 2h");
  line.add_page(actions);
  CLI::App* runs = line.add_remote(line.app, "runs", "the latest runs", [&line] {
    return line.ask_for(Query("/v1/runs")
                            .add("agent", line.agent)
                            .add("workflow", line.workflow)
                            .add("since", line.since)
                            .add("limit", line.limit)
                            .add("cursor", line.cursor));
  });
  runs->add_option("--agent", line.agent, "of this agent");
  runs->add_option("--workflow", line.workflow, "in this workflow");
  runs->add_option("--since", line.since, "a time, or how long ago: 2h");
  line.add_page(runs);
  declare_run_replay(line, *runs);
  line.add_remote(line.app, "meters", "what each meter has counted",
                  [&line] { return line.ask_for(Query("/v1/meters")); });
}

}  // namespace bw::cli
