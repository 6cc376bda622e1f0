// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "domain/words.h"

// Policies, meters and facts as their author wrote them: text with places. The registry reads them, the policy room
// compiles them; neither knows the other.
namespace bw::domain {

// A piece of CEL with the place it stands at.
struct Expression {
  std::string text;
  Span where;
};

// Which actions a rule or meter speaks of. Every given field must match one of its patterns (`*` matches any run); an
// empty Match speaks of everything.
struct Match {
  std::vector<std::string> tool;      // "UPSTREAM/TOOL"
  std::vector<std::string> resource;  // URI
  std::vector<std::string> prompt;    // "UPSTREAM/PROMPT"
  std::vector<std::string> upstream;
  std::vector<std::string> agent;
  std::vector<std::string> workflow;
  std::vector<std::string> environment;
  std::vector<std::string> tier;
  Span where;
};

// What must also happen when a rule counts. `arguments` is a JSON object whose form depends on `type`.
struct Obligation {
  std::string type;       // approve, notify, log, sample, stamp, …
  std::string arguments;  // JSON object
  Span where;
};

// A rule is satisfied when it matches and `when` and all of `all` are true, one of `any` is (if given), and none of
// `unless` is. An error makes an allow unsatisfied and a hold or deny satisfied.
struct Rule {
  std::string id;
  std::string policy;  // the document it stands in
  Match match;
  std::vector<Expression> all;  // `when` is all of one
  std::vector<Expression> any;
  std::vector<Expression> unless;
  Verdict effect = Verdict::deny;
  bool tightens = false;  // of a hold: it counts only where a rule allows or holds the action anyway
  std::vector<Obligation> obligations;
  std::string reason;      // shown to the agent and its developer
  std::string unattended;  // on an allow: why a one-way door may pass without a human; empty = it may not
  Span where;
};

// One table test beside a policy. `given` is a JSON object in the shape of the judge's input.
struct PolicyTest {
  std::string name;
  std::string given;  // JSON: {tool, args, agent, workflow, environment, facts, now …}
  Verdict expect = Verdict::deny;
  std::string expect_rule;   // id of a determining rule, or empty
  std::string expect_meter;  // name of a meter that has no room left, or empty
  Span where;
};

// What must hold of every decision, whatever the rules say: for an action that matches and makes all of `when` true, `must`
// is true. `when` and `must` read what rules read, `must` also what was decided.
struct Invariant {
  std::string name;
  Match match;
  std::vector<Expression> when;
  Expression must;
  Span where;
};

struct Policy {
  std::string name;
  std::vector<Rule> rules;
  std::vector<Invariant> invariants;
  std::vector<PolicyTest> tests;
  Span where;
};

// A declared counter over actions with a limit that admission enforces.
struct Meter {
  std::string name;
  Match match;
  std::optional<Expression> sum;  // integer amount of one action; without it each action counts 1
  std::vector<std::string> per;   // agent, workflow, run, tool, upstream, environment: one count for each combination
  std::optional<Expression> by;   // a text of the action that is counted apart too; at most 256 bytes
  std::int64_t window_ms = 0;     // never more than `limit` in any window this long; 0 = actions in flight
  std::int64_t limit = 0;
  Span where;
};

// When a source that keeps failing is no longer asked: it would be late again, and nobody waits for that.
struct Breaker {
  std::int64_t failures = 5;      // in a row
  std::int64_t open_ms = 10'000;  // then one question tries whether it is back
};

// A value that policy uses and that did not come from the agent: the result of a governed read. Exactly one of `tool`,
// `url`, `opa` and `file` is given.
struct Fact {
  std::string name;                             // used as facts.NAME
  std::string tool;                             // "UPSTREAM/TOOL", of tier read
  std::string url;                              // answers a GET with JSON
  std::string opa;                              // a document of OPA's Data API, asked by POST
  std::string file;                             // in the registry's folder: JSON, or YAML named *.data.yaml
  std::map<std::string, Expression> arguments;  // CEL over the action: the tool's, the query of the url, OPA's input
  Expression value;                             // CEL over `result` and the action
  std::string type;                             // bool, int, double, string
  std::int64_t timeout_ms = 2000;
  std::int64_t max_age_ms = 0;  // how long a looked-up value may be reused; 0 = never
  Breaker breaker;              // of an `opa`
  Span where;

  bool is_remote() const { return !url.empty() || !opa.empty(); }
  const std::string& source() const { return !tool.empty() ? tool : !url.empty() ? url : !opa.empty() ? opa : file; }
};

}  // namespace bw::domain
