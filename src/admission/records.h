// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admission/rows.h"
#include "base/result.h"
#include "ledger/content.h"
#include "ledger/entry.h"

namespace bw::admission {

// An entry with its leaf as stored.
struct StoredEntry {
  ledger::Entry entry;
  std::string leaf;
  std::string leaf_hash;  // hex
};

// The values of one entry's contents, without salts; empty = none, or no more. state_of() tells which.
struct ContentValues {
  std::string args, out, why, checks, text, subject, reviewers;
  std::array<std::optional<std::uint64_t>, ledger::all_fields.size()>
      erased_by;  // by field: seq of the entry that says so

  const std::string& value(ledger::Field field) const;
};

enum class ContentState : std::uint8_t {
  absent,  // the entry commits to none
  present,
  erased,   // with authorisation: ContentValues::erased_by says by which entry
  missing,  // it is not there, and nobody recorded its erasure
};
ContentState state_of(const ledger::Entry& entry, const ContentValues& values, ledger::Field field);

// Everything known of one action.
struct ActionRecord {
  ActionRow row;
  std::vector<StoredEntry> entries;     // oldest first
  std::vector<ContentValues> contents;  // of each entry
};

// Which actions to list; empty members filter nothing. Newest first.
struct ActionFilter {
  std::string agent, workflow, run, tool;
  std::optional<domain::Verdict> verdict;
  std::optional<domain::Outcome> outcome;
  bool unsettled = false;     // only admitted actions without an outcome
  std::int64_t since_ms = 0;  // at or after
  std::size_t limit = 100;    // at most 1000
  std::string cursor;         // `next` of the page before
};

struct ActionPage {
  std::vector<ActionRow> actions;
  std::string next;  // empty = there is no more
};

// Actions that speak of a subject and have contents, oldest first; one may be named twice.
struct SubjectPage {
  std::vector<std::string> actions;
  std::optional<std::uint64_t> next;  // none = there is no more
};

// Entries whose contents are kept for the same time.
struct RetainedGroup {
  std::string name;  // the class
  std::int64_t ms = 0;
  std::uint64_t oldest = 0;  // the first of them
  std::int64_t oldest_at_ms = 0;
};
struct RetainedEntry {
  std::uint64_t seq = 0;
  std::int64_t at_ms = 0;
};

struct RunFilter {
  std::string agent, workflow;
  std::int64_t since_ms = 0;
  std::size_t limit = 100;
  std::string cursor;
};

struct RunPage {
  std::vector<RunRow> runs;  // newest first
  std::string next;
};

// A ticket with what was asked for.
struct TicketRecord {
  TicketRow row;
  domain::Action request;  // exactly what would be executed
  std::string terms;       // JSON of the approve obligation
  std::string checks;      // JSON: why it was held
  std::string reason;      // of the one who decided
};

struct TicketFilter {
  bool open = true;  // only held and approved
  std::string agent;
  std::size_t limit = 100;
  std::string cursor;
};

struct TicketPage {
  std::vector<TicketRecord> tickets;  // newest first
  std::string next;
};

struct SwitchRecord {
  SwitchRow row;
  std::string reason;
};

struct LegalHoldRecord {
  LegalHoldRow row;
  std::string reason;
};

struct SnapshotRecord {
  SnapshotRow row;
  std::string message;
  std::string text;  // empty in lists
};

struct PinRecord {
  PinRow row;
  std::string definition;
};

// One meter's count for one key.
struct MeterReading {
  std::string meter, key;
  std::int64_t used = 0;  // in the window that ends now, or in flight
  std::int64_t limit = 0;
  std::int64_t window_ms = 0;
};

struct Counts {
  std::uint64_t entries = 0;
  std::uint64_t open_tickets = 0;
  std::uint64_t ambiguous = 0;
  std::vector<std::pair<std::string, std::uint64_t>> by_word;  // by entry kind, and "outcome:succeeded", …
};

struct LedgerHead {
  std::uint64_t size = 0;
  std::string root;  // 32 raw bytes
  std::int64_t at_ms = 0;
};

// What the ledger and its projections hold, for reading only. Answers reflect commits that were acknowledged before the
// call. Blocking; safe from any thread, and never in the committer's way.
class Records {
 public:
  virtual ~Records() = default;

  virtual Result<ActionRecord> action(const std::string& id) = 0;  // not_found
  virtual Result<ActionPage> actions(const ActionFilter& filter) = 0;
  virtual Result<RunPage> runs(const RunFilter& filter) = 0;
  virtual Result<RunRow> run(const std::string& id) = 0;  // not_found; its actions: filter by run
  virtual Result<TicketRecord> ticket(const std::string& id) = 0;
  virtual Result<TicketPage> tickets(const TicketFilter& filter) = 0;
  virtual Result<std::vector<SwitchRecord>> switches() = 0;  // every one that was ever set; row.on says whether it is
  virtual Result<std::vector<LegalHoldRecord>> legal_holds() = 0;              // every one that was ever set
  virtual Result<std::vector<TokenRow>> tokens(const std::string& agent) = 0;  // empty = of all agents
  virtual Result<SnapshotRecord> current_snapshot() = 0;                       // not_found before the first
  virtual Result<SnapshotRecord> snapshot(const std::string& digest) = 0;
  virtual Result<std::vector<SnapshotRecord>> snapshots(std::size_t limit) = 0;  // newest first
  virtual Result<std::vector<PinRecord>> pins(const std::string& upstream) = 0;  // empty = of all upstreams
  virtual Result<std::vector<ActionRow>> ambiguous() = 0;
  // From the entry `from` on, that is 0 or `next` of the page before.
  virtual Result<SubjectPage> actions_of_subject(const std::string& subject, std::uint64_t from, std::size_t limit) = 0;
  virtual Result<std::vector<StoredEntry>> entries(std::uint64_t from, std::size_t limit) = 0;
  virtual Result<std::vector<RetainedGroup>> retained() = 0;
  virtual Result<std::vector<RetainedEntry>> retained(const std::string& name, std::int64_t ms, std::uint64_t from,
                                                      std::size_t limit) = 0;  // oldest first
  virtual Result<ContentValues> contents(std::uint64_t seq) = 0;               // all empty when the entry has none
  virtual Result<ledger::Contents> salted_contents(std::uint64_t seq) = 0;  // the same as committed to, with their salts
  virtual Result<std::vector<MeterReading>> meters(std::int64_t now_ms) = 0;
  virtual Result<Counts> counts() = 0;
  virtual Result<LedgerHead> head() = 0;

  // Proofs of RFC 6962 against the tree of `size` entries, as raw hashes.
  virtual Result<std::vector<std::string>> prove_inclusion(std::uint64_t seq, std::uint64_t size) = 0;
  virtual Result<std::vector<std::string>> prove_consistency(std::uint64_t old_size, std::uint64_t size) = 0;

  // The first `width` hashes of a tile of C2SP tlog-tiles, joined. Errors: invalid_argument when the ledger has not so many.
  virtual Result<std::string> tile(unsigned level, std::uint64_t n, unsigned width) = 0;
};

}  // namespace bw::admission
