// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admission/change.h"
#include "domain/scope.h"
#include "domain/words.h"

// The projections of the ledger, row by row: what the entries so far add up to. They change in the same commit as the
// entry that says so, and can be made again from the entries.
namespace bw::admission {

struct ActionRow {
  std::string action;
  std::string run, agent, workflow, environment, upstream, tool;
  domain::Tier tier = domain::Tier::execute;
  domain::Verdict verdict = domain::Verdict::deny;  // deny also when admission refused it
  std::string refused;                              // why: a name of Refusal::Kind; or empty
  std::optional<domain::Outcome> outcome;           // none: not admitted, or not settled yet
  std::optional<std::uint64_t> intent;              // seq of its intent, when admitted
  std::int64_t at_ms = 0;                           // of its first entry
  std::int64_t settled_at_ms = 0;
  std::string ticket;                  // the one it opened or used
  std::vector<std::uint64_t> entries;  // seqs of all its entries, oldest first

  bool operator==(const ActionRow&) const = default;
};

struct RunRow {
  std::string run, agent, workflow, environment;
  std::int64_t first_at_ms = 0, last_at_ms = 0;
  std::int64_t admitted = 0, refused = 0, held = 0, settled = 0, failed = 0, ambiguous = 0;

  bool operator==(const RunRow&) const = default;
};

// A held request; what it asks for is in the contents of its hold entry.
struct TicketRow {
  std::string ticket;
  std::string action, digest, run, agent, workflow, environment, upstream, tool;
  domain::Tier tier = domain::Tier::execute;
  domain::TicketState state = domain::TicketState::held;
  std::int64_t opened_at_ms = 0, expires_at_ms = 0, decided_at_ms = 0;
  std::string by;  // who decided or withdrew last; also when it ended otherwise since
  std::vector<std::string> reviewers;
  std::string consumed_by;                      // action
  std::uint64_t entry = 0;                      // its hold entry
  std::optional<std::uint64_t> decision_entry;  // of that decision

  bool open() const { return state == domain::TicketState::held || state == domain::TicketState::approved; }

  bool operator==(const TicketRow&) const = default;
};

struct SwitchRow {
  domain::Scope scope;
  bool on = false;
  std::string by;
  std::int64_t at_ms = 0;
  std::uint64_t entry = 0;

  bool operator==(const SwitchRow&) const = default;
};

// What may not be erased.
struct LegalHoldRow {
  domain::Scope scope;
  bool on = false;
  std::string by;
  std::int64_t at_ms = 0;
  std::uint64_t entry = 0;

  bool operator==(const LegalHoldRow&) const = default;
};

struct TokenRow {
  std::string token, agent, workflow, environment, by;
  std::int64_t issued_at_ms = 0, expires_at_ms = 0;
  std::int64_t revoked_at_ms = 0;  // 0 = it is good
  std::uint64_t entry = 0;         // that issued it

  bool operator==(const TokenRow&) const = default;
};

struct SnapshotRow {
  std::string digest, author;
  std::int64_t at_ms = 0;
  std::uint64_t entry = 0;

  bool operator==(const SnapshotRow&) const = default;
};

struct PinRow {
  std::string upstream, tool, digest, by;
  Pin::State state = Pin::State::accepted;
  std::int64_t at_ms = 0;
  std::uint64_t entry = 0;

  bool operator==(const PinRow&) const = default;
};

}  // namespace bw::admission
