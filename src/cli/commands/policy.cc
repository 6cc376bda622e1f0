// SPDX-License-Identifier: Apache-2.0
//
// What authors of policy ask of their rules, and of what was recorded.
#include "cli/author.h"
#include "cli/commands/areas.h"
#include "cli/folder.h"
#include "cli/local.h"
#include "cli/replay.h"
#include "json/writer.h"

namespace bw::cli {
namespace {

int start_shadow(Line& line) {
  auto folder = open_good_folder(line.folder);
  if (!folder) return fails(folder.error());
  json::Writer w;
  w.begin_object().member("by", line.by).key("files").begin_object();
  for (const auto& [name, text] : folder->loaded.sources) w.member(name, text);
  w.end_object().end_object();
  return show(cli::change(line.remote, "/v1/shadow", w.text()));
}

int stop_shadow(Line& line) {
  json::Writer w;
  w.begin_object().member("by", line.by).end_object();
  return show(cli::change(line.remote, "/v1/shadow/stop", w.text()));
}

}  // namespace

void declare_authors(Line& line) {
  CLI::App* test =
      line.add(line.app, "test", "run the tests that stand beside policies", [&line] { return cli::test(line.test); });
  test->add_option("DIR", line.test.folder, "folder of the registry")->required();
  test->add_flag("--mutate", line.test.mutate, "put small mistakes into each rule; every one must make a test fail");
  test->add_option("--junit", line.test.junit, "also write JUnit XML into this file");
  test->add_flag("--json", line.test.json, "print JSON");
  CLI::App* prove =
      line.add(line.app, "prove", "prove the invariants that policies declare, or show a request that breaks them",
               [&line] { return cli::prove(line.prove); });
  prove->add_option("DIR", line.prove.folder, "folder of the registry")->required();
  prove->add_option("--work", line.prove.work, "units of work after which one question to the solver is given up")
      ->capture_default_str()
      ->check(CLI::Range(1'000U, 1'000'000'000U));
  prove->add_option("--junit", line.prove.junit, "also write JUnit XML into this file");
  prove->add_flag("--json", line.prove.json, "print JSON");
}

void declare_comparisons(Line& line) {
  CLI::App* explain = line.add(line.app, "explain", "one imagined request: every rule, condition and value",
                               [&line] { return cli::explain(line.folder, line.subject, line.json); });
  explain->add_option("REQUEST", line.subject, "a file of JSON as a test's `given`; - for standard input")->required();
  explain->add_option("--registry", line.folder, "folder of the registry")->required();
  explain->add_flag("--json", line.json, "print JSON");
  CLI::App* diff =
      line.add(line.app, "diff", "which decisions differ between two registries, with a request that shows it",
               [&line] { return cli::diff(line.folder, line.subject, line.json); });
  diff->add_option("OLD", line.folder, "folder of the registry as it is")->required();
  diff->add_option("NEW", line.subject, "folder of the registry as it would be")->required();
  diff->add_flag("--json", line.json, "print JSON");
  CLI::App* policy = line.app.add_subcommand("policy", "policy as it is hashed");
  policy->require_subcommand(1);
  CLI::App* lower = line.add(*policy, "lower", "print the policies with all sugar rewritten, as they are hashed",
                             [&line] { return cli::lower(line.folder); });
  lower->add_option("DIR", line.folder, "folder of the registry")->required();
  CLI::App* replay = line.add(line.app, "replay", "recorded actions judged again by another registry",
                              [&line] { return cli::replay(line.replay); });
  replay->add_option("--policy", line.replay.policy, "folder of the registry to judge by")->required();
  replay->add_option("--data", line.replay.data, "the data folder, of a stopped or running server (BAILIWICK_DATA)")
      ->default_val(environment("BAILIWICK_DATA", "data"));
  replay->add_option("--from", line.replay.from, "a time, or how long ago: 30d");
  replay->add_option("--to", line.replay.to, "up to this time");
  replay->add_option(
      "--fail-on", line.replay.fail_on,
      "end with 1 when this is met: 'deny->allow>0', 'any->hold>100', 'not-replayed>0' (may be repeated)");
  replay->add_option("--threads", line.replay.threads, "how many; without it one per core, at most eight")
      ->check(CLI::Range(1U, 64U));
  replay->add_flag("--json", line.replay.json, "print JSON");
}

void declare_shadow(Line& line) {
  CLI::App* shadow = line.app.add_subcommand("shadow", "a candidate registry beside the one that decides");
  shadow->require_subcommand(1);
  CLI::App* start =
      line.add_remote(*shadow, "start", "from now on, decide again by a candidate what the server decides",
                      [&line] { return start_shadow(line); });
  start->add_option("--policy", line.folder, "folder of the candidate registry")->required();
  start->add_option("--by", line.by, "who starts it (BAILIWICK_USER)")->capture_default_str();
  line.add_remote(*shadow, "report", "what the candidate would have said so far",
                  [&line] { return line.ask_for(Query("/v1/shadow")); });
  CLI::App* stop =
      line.add_remote(*shadow, "stop", "end it, and print its report", [&line] { return stop_shadow(line); });
  stop->add_option("--by", line.by, "who ends it (BAILIWICK_USER)")->capture_default_str();
}

}  // namespace bw::cli
