// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/audit.h"
#include "cli/author.h"
#include "cli/hook.h"
#include "cli/ledger.h"
#include "cli/remote.h"
#include "cli/replay.h"
#include "cli/run_replay.h"
#include "cli/serve.h"
#include "cli/witness.h"

namespace bw::cli {

// A variable of the environment; `otherwise` when it is not set, or empty.
std::string environment(const char* name, std::string otherwise);

// A query out of the options that were given.
class Query {
 public:
  explicit Query(std::string path) : text_(std::move(path)) {}
  Query& add(std::string_view name, const std::string& value);  // nothing for an empty value
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// The command line while it is declared, and everything that its options are read into. One object, alive while the command runs.
struct Line {
  Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  CLI::App* add(CLI::App& parent, const char* name, const char* what, std::function<int()> done_by);
  // A command that asks the running server.
  CLI::App* add_remote(CLI::App& parent, const char* name, const char* what, std::function<int()> done_by);
  void add_page(CLI::App* sub);

  int ask_for(const Query& query) const;  // prints the answer; the exit code

  CLI::App app;
  Remote remote;
  ServeOptions serve;
  TestOptions test;
  ProveOptions prove;
  ReplayOptions replay;
  RunReplayOptions run_replay;
  std::string by;
  std::string reason, subject, folder, agent, workflow, run, tool, verdict, outcome, since, limit, cursor;
  VerifyOptions verify;
  AuditOptions audit;
  WitnessOptions witness;
  HookOptions hook;
  std::string kind, out;
  std::vector<std::string> fields;
  std::string environment_name, ttl = "1h", token, author, message, name, url, mcp_run, scope;
  bool all = false, json = false, dry_run = false;
  std::function<int()> command;  // the one that was given
};

}  // namespace bw::cli
