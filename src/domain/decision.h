// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/rules.h"
#include "domain/words.h"

namespace bw::domain {

// A term of a rule with the value that decided it, for people: "args.amount_usd <= 200" was "false (args.amount_usd = 940)".
struct Term {
  std::string text;
  std::string value;
};

// One rule's part in a decision. Built-in rules have ids that start with `builtin/`.
struct RuleResult {
  std::string rule;
  Verdict effect = Verdict::deny;
  bool satisfied = false;
  std::string error;  // why an expression of it could not be evaluated, or empty
  std::string reason;
  std::vector<Term> terms;
  std::string file;
  int line = 0;
};

// What one action adds to one meter, and the limit it must keep.
struct Charge {
  std::string meter;
  std::string key;  // values of the meter's `per`, and of its `by`, joined by U+001F
  std::int64_t amount = 1;
  std::int64_t limit = 0;
  std::int64_t window_ms = 0;  // 0 = in flight: released when the action settles
};

// What an obligation made of an argument before it was sent.
struct ArgumentChange {
  std::string argument;
  std::string from;  // JSON; empty when it was not given
  std::string to;    // JSON
};

// A fact as it was when an action was judged by it.
struct FactReading {
  enum class State : std::uint8_t {
    known,
    unavailable,  // its source did not answer, or not with what can be read
    timeout,      // its source did not answer in time
    wrong_type,   // what came is not of the declared type
  };
  std::string fact;
  State state = State::unavailable;
  std::string value;        // JSON; empty unless known
  std::string source;       // "UPSTREAM/TOOL", a URL, or a file of the registry
  std::string detail;       // why it is not known
  std::int64_t at_ms = 0;   // when the source answered; 0 unless it did
  std::int64_t age_ms = 0;  // how old the answer was when it was used
  // Of a source that decides: what its own log calls this decision (empty: it does not say), the hex SHA-256 of its answer, and
  // the smallest of 1, 5, 10, 50, 100, 500, 1000 … ms that the answer took at most.
  std::string decision_id, digest;
  std::int64_t within_ms = 0;
};
std::string_view name(FactReading::State state);  // "known", "unavailable", "timeout", "wrong_type"

// How much of its run was known when an action was judged: of the run's actions in the order of the ledger, what had been sent
// and what had succeeded.
struct RunSeen {
  std::int64_t sent = 0, succeeded = 0;
};

// What the judge says of an action: the verdict with everything that explains it. A normal value, never an error.
struct Decision {
  Verdict verdict = Verdict::deny;
  std::vector<RuleResult> determining;  // the satisfied rules of the winning effect; empty = no rule allowed it
  std::vector<RuleResult> unmet;        // rules that matched but were not satisfied, with the term that decided it
  std::size_t unmet_left_out = 0;       // how many more of those there are
  std::vector<Obligation> obligations;  // of every rule that counts: what an allow asks for stays when a hold outranks it
  std::vector<ArgumentChange> changes;  // what obligations changed before it was judged as it is sent
  std::vector<Charge> charges;
  std::vector<FactReading> facts;   // what was looked up for it, by whoever looked
  std::optional<RunSeen> run_seen;  // when its rules ask what the run did before, and that was known
  std::string reason;               // one sentence for the agent
};

}  // namespace bw::domain
