// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"
#include "domain/decision.h"
#include "domain/words.h"
#include "ledger/field.h"

namespace bw::ledger {

// What an entry records. Spelled the same in the leaf, in SQL and on screen; `kill_switch` is spelled "switch".
enum class Kind : std::uint8_t {
  start,        // a server took the ledger over
  stop,         // and left it in good order
  intent,       // an action was admitted; it runs after this entry is durable
  outcome,      // how an admitted action ended
  refusal,      // an action was not admitted: policy denied it, or admission refused it
  hold,         // a ticket was opened for an action that waits for a person
  decision,     // a ticket was approved, denied or withdrawn
  expiry,       // a ticket ended by itself: expired, lapsed or killed
  kill_switch,  // a switch was set or cleared
  apply,        // a registry snapshot was made live
  token,        // an agent's token was issued or revoked
  pin,          // a tool's definition was accepted or quarantined
  ambiguous,    // an intent without outcome was found at start
  reconcile,    // somebody found out what an ambiguous action did
  erase,        // contents of finished actions were erased
  legal_hold,   // what may not be erased: set or cleared
  shadow,       // a candidate registry began to be judged by beside the live one, or ended
};
std::string_view name(Kind kind);
std::optional<Kind> parse_kind(std::string_view word);

// Amount really used of one charge, where it differs from what was reserved.
struct Actual {
  std::string meter;
  std::string key;
  std::int64_t amount = 0;
  bool operator==(const Actual&) const = default;
};

// Contents that are no more: of each entry from `first` to `last` those of `fields` that it commits to.
struct Gone {
  std::uint64_t first = 0, last = 0;
  Fields fields = Fields::by_default();
  bool operator==(const Gone&) const = default;
};

// How long contents of an entry are kept at least, counted from its time: those of `fields` that it commits to.
struct Retention {
  std::string name;  // of the class that the registry declares
  std::int64_t ms = 0;
  Fields fields = Fields::by_default();
  bool operator==(const Retention&) const = default;
};

// Commitments to contents: hex of salted hashes (ledger/content.h). Empty = the entry has no such content.
struct Commitments {
  std::string args;       // what was to be sent
  std::string out;        // what came back
  std::string why;        // the words of a person, of a refusal or of an error
  std::string checks;     // the explanation of the decision
  std::string text;       // a declared thing: snapshot, tool definition, held request
  std::string subject;    // whom the arguments speak of
  std::string reviewers;  // who might decide a held request
  bool operator==(const Commitments&) const = default;
};

// One entry of the ledger, before it is written and after it was read. Only what applies to its kind is set; empty
// members are not written. No content and no free text stands here, because leaf bytes are kept for ever: only ids, names
// of declared things, closed words, digests (lower-case hex) and amounts.
struct Entry {
  std::uint64_t seq = 0;  // index of the leaf, from 0
  Kind kind = Kind::start;
  std::int64_t at_ms = 0;  // time of the commit; never less than that of an earlier entry

  std::string action;    // act_…
  std::string previous;  // leaf hash of this action's previous entry
  std::string run;
  std::string agent;
  std::string workflow;
  std::string environment;
  std::string token;  // id of a token
  std::string upstream;
  std::optional<domain::ActionKind> what;
  std::string tool;  // "UPSTREAM/TOOL", a prompt's name or a resource's URI
  std::optional<domain::Tier> tier;
  std::string tool_digest;
  std::string digest;    // of the action
  std::string snapshot;  // digest of the registry that was live; of the candidate, where one is in shadow

  std::optional<domain::Verdict> verdict;
  std::vector<std::string> rules;  // ids of the determining rules, at most rules_max
  std::string refused;             // why it was not admitted: killed, revoked, …, policy, not_granted, …
  std::string ticket;              // tkt_…
  std::string state;               // of what the entry changes: a ticket, switch, token, pin, legal hold or candidate
  std::string by;                  // registry id of the person (or agent) who did it
  std::string scope;               // of a switch or legal hold, or the switch that stopped the action
  std::string credential;          // class of the credential that is injected
  std::string undo;                // "UPSTREAM/TOOL" that reverses the action
  std::int64_t expires_at_ms = 0;  // of a ticket or token

  std::optional<domain::Outcome> outcome;
  std::int64_t status = 0;  // what the upstream answered, for example an HTTP status
  std::vector<domain::Charge> charges;
  std::vector<Actual> actuals;
  std::vector<Retention> retention;  // of its contents, each field in one; of an erasure, the class that is over
  std::string cause;                 // of an erasure: redacted, expired, forgotten
  std::vector<Gone> gone;            // what it erased
  Commitments commitments;
};

constexpr std::size_t leaf_bytes_max = 8192;
constexpr std::size_t rules_max = 32;
constexpr std::size_t gone_max = 100;  // ranges of one erasure, so that a leaf has room for them

// The leaf: JSON with a fixed order of members and no floats (docs/formats/ledger.md). These bytes are stored, hashed and
// never made again. Errors: invalid_argument when larger than leaf_bytes_max.
Result<std::string> encode(const Entry& entry);

// Reads a leaf. Errors: data_loss for anything encode() does not write.
Result<Entry> parse_entry(std::string_view leaf);

// RFC 6962: SHA-256 of 0x00 and the leaf.
crypto::Digest leaf_hash(std::string_view leaf);

}  // namespace bw::ledger
