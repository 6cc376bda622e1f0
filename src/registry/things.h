// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "domain/words.h"

// The declared things as values, after every check has passed: names resolve, owners are active humans, patterns and
// durations are well formed. docs/reference/registry.md describes each key as its author sees it.
namespace bw::registry {

template <class T>
using Named = std::map<std::string, T, std::less<>>;  // sorted by name, found by string_view

struct Person {
  std::string name;
  std::string full_name;
  std::string email;
  bool human = true;
  std::string left;  // the date they left, or empty
  Span where;

  bool active() const { return human && left.empty(); }  // may own, review and approve
};

struct Team {
  std::string name;
  std::vector<std::string> members;  // people
  Span where;
};

// What an agent or a workflow may touch. A pattern with `*` grants what only reads; anything above must be named.
struct Grants {
  std::vector<std::string> environments;
  std::vector<std::string> tools;      // "UPSTREAM/TOOL"
  std::vector<std::string> resources;  // URIs
  std::vector<std::string> prompts;    // "UPSTREAM/PROMPT"
};

struct Agent {
  std::string name;
  std::string description;
  std::string owner;    // Person
  std::string steward;  // Person: model steward
  Grants may;
  Span where;
};

// Somebody who is told when one of `on` happens (A3). `who` is a person or a team.
struct Subscription {
  std::string who;
  std::vector<std::string> on;
};

struct Workflow {
  std::string name;
  std::string description;
  std::string accountable;   // Person
  std::string system_owner;  // Person, or empty
  std::string risk_owner;    // Person, or empty
  std::vector<std::string> agents;
  domain::Autonomy autonomy = domain::Autonomy::propose_only;
  std::vector<Subscription> consulted;
  std::vector<Subscription> informed;
  std::vector<std::string> reviewers;  // people and teams; empty: the accountable human
  Grants may;
  std::int64_t hold_budget_ms = 45'000;       // how long a held call may stay open before it becomes a ticket
  std::int64_t hold_expires_ms = 14'400'000;  // how long a ticket waits for a human
  std::string retention;                      // class of contents, or empty
  Span where;
};

// A class of contents, and how long they are kept at least.
struct Retention {
  std::string name;
  std::int64_t keep_ms = 0;
  Named<std::int64_t> fields;  // of fields with another period: args, out, why, checks, text
  bool is_default = false;
  Span where;
};

// Where a secret is read at the moment it is needed. The secret itself is never part of a registry.
struct SecretSource {
  enum class Kind : std::uint8_t { file, env };
  Kind kind = Kind::file;
  std::string name;  // path, or name of a variable in Bailiwick's own environment
};

// How an upstream learns who Bailiwick is: a header for HTTP, an environment variable for a child process.
struct Credential {
  std::string header;  // for a url
  std::string prefix;  // put before the secret, e.g. "Bearer "
  std::string env;     // for a command
  SecretSource from;
};

enum class HoldShape : std::uint8_t {
  wait,    // a held call stays open for the workflow's hold budget, then becomes a ticket
  ticket,  // a held call is answered with a ticket at once
};

struct Tool {
  std::string name;
  std::string description;  // of an external tool, as are the schemas: JSON, or empty
  std::string input_schema;
  std::string output_schema;
  domain::Tier tier = domain::Tier::execute;
  bool reversible = false;
  std::vector<domain::Touch> touches;
  std::string undo;          // "UPSTREAM/TOOL", or empty
  std::string system_owner;  // each a Person, or empty: the upstream's or workflow's counts
  std::string risk_owner;
  std::string accountable;
  HoldShape hold_shape = HoldShape::wait;
  std::vector<std::string> labels;    // of what it answers: a run that asked it has them from then on
  std::string retention;              // class of contents, or empty: the workflow's
  std::vector<std::string> subjects;  // paths to whom its arguments speak of: "args.customer"
  Span where;
};

enum class Sessions : std::uint8_t { shared, per_agent };

struct Upstream {
  std::string name;
  std::string description;
  std::string url;        // or
  std::string command;    // a child process that speaks MCP on its standard input and output, or
  bool external = false;  // no server at all: agents carry its tools out themselves
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
  std::string cwd;
  std::string environment;  // production, staging, sandbox
  std::string prefix;       // before the names of its tools and prompts where agents see them
  std::vector<Credential> credentials;
  std::string system_owner;  // Person, or empty where nothing writes
  std::string risk_owner;    // Person, or empty
  std::int64_t timeout_ms = 30'000;
  Sessions sessions = Sessions::per_agent;
  int concurrency = 0;  // calls at once; 0 = no cap of its own
  Named<Tool> tools;
  std::vector<std::string> resources;  // patterns of URIs that may be read through it; none by default
  std::vector<std::string> prompts;    // patterns of its prompts that may be used; none by default
  std::vector<std::string> labels;     // of whatever it answers
  Span where;
};

}  // namespace bw::registry
