// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "admission/meters.h"
#include "admission/rows.h"
#include "admission/store.h"
#include "ledger/entry.h"

namespace bw::admission {

// Reads a ledger from its first entry and says what it adds up to, by rules written a second time, apart from the
// committer's: an intent is right only if no switch, token, ambiguous action, ticket or meter forbade it at that place.
//
//   Replay replay([](const ActionState& action) { … compare with its row …; return Status(); });
//   for (each entry) BW_OK(replay.add(entry, leaf_hash));
//   … compare the rest with the tables …
//
// Memory grows with what is not finished, not with the ledger: an action that is settled for good is handed to `finished`
// and forgotten. Not for two threads at once.
class Replay {
 public:
  using Finished = std::function<Status(const ActionState&)>;
  explicit Replay(Finished finished) : finished_(std::move(finished)) {}

  // Errors: data_loss when the entry cannot follow from those before it. Of an erasure its own form is checked; what it erased is known
  // to who has the entries: may_erase() says whether an action's contents may go at this place.
  Status add(const ledger::Entry& entry, const std::string& leaf_hash);

  Status may_erase(const ActionRow& action) const;

  // The own form of an erasure. Errors: data_loss.
  static Status check_erase(const ledger::Entry& entry);

  // What an erasure of good form says to be expired was recorded with that class, and its time was over. Errors: data_loss.
  struct Recorded {
    std::uint64_t seq = 0;
    std::int64_t at_ms = 0;
    std::vector<ledger::Retention> retention;
  };
  static Status was_due(const ledger::Entry& erase, const Recorded& erased, ledger::Field field);

  std::uint64_t size() const { return size_; }
  std::int64_t at_ms() const { return at_ms_; }
  std::uint64_t actions() const { return actions_; }  // seen so far, finished ones too

  const std::map<std::string, ActionState>& unfinished() const { return unfinished_; }
  const std::map<std::string, TicketRow>& tickets() const { return tickets_; }  // without their reviewers
  const std::map<domain::Scope, SwitchRow>& switches() const { return switches_; }
  const std::map<domain::Scope, LegalHoldRow>& legal_holds() const { return legal_holds_; }
  const std::map<std::string, TokenRow>& tokens() const { return tokens_; }
  const std::map<std::string, std::uint64_t>& revoked_agents() const { return revoked_agents_; }
  const std::set<std::pair<std::string, std::string>>& ambiguous() const { return ambiguous_; }
  const std::map<std::pair<std::string, std::string>, MeterState>& meters() const { return meters_; }
  const std::vector<SnapshotRow>& snapshots() const { return snapshots_; }
  const std::map<std::tuple<std::string, std::string, Pin::State>, PinRow>& pins() const { return pins_; }
  const std::map<std::string, RunRow>& runs() const { return runs_; }
  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

 private:
  Status dispatch(const ledger::Entry& entry, const std::string& leaf_hash);
  Status add_first(const ledger::Entry& entry, const std::string& leaf_hash);
  Status add_intent(const ledger::Entry& entry, ActionState& action);
  Status add_refusal(const ledger::Entry& entry, ActionState& action);
  Status add_hold(const ledger::Entry& entry, ActionState& action);
  Status add_ticket_move(const ledger::Entry& entry, const std::string& leaf_hash);
  Status add_outcome(const ledger::Entry& entry, const std::string& leaf_hash);
  Status add_reconcile(const ledger::Entry& entry, const std::string& leaf_hash);
  Status add_switch(const ledger::Entry& entry);
  Status add_legal_hold(const ledger::Entry& entry);
  Status add_token(const ledger::Entry& entry);
  Status add_pin(const ledger::Entry& entry);
  static Status check_shadow(const ledger::Entry& entry);

  Result<ActionState*> next_of(const ledger::Entry& entry, const std::string& leaf_hash);
  Status settle(const ledger::Entry& entry, const ActionState& action);
  Status finish(const std::string& action);
  Status check_stopped(const ledger::Entry& entry) const;
  Status consume_ticket(const ledger::Entry& entry);
  std::optional<std::size_t> reserve_all(const std::vector<domain::Charge>& charges);
  MeterState& meter(const std::string& meter, const std::string& key) { return meters_[{meter, key}]; }
  RunRow& run_of(const ActionRow& action);

  Finished finished_;
  std::uint64_t size_ = 0;
  std::int64_t at_ms_ = 0;
  std::uint64_t actions_ = 0;
  std::map<std::string, ActionState> unfinished_;
  std::map<std::string, TicketRow> tickets_;
  std::map<domain::Scope, SwitchRow> switches_;
  std::map<domain::Scope, LegalHoldRow> legal_holds_;
  std::map<std::string, TokenRow> tokens_;
  std::map<std::string, std::uint64_t> revoked_agents_;
  std::set<std::pair<std::string, std::string>> ambiguous_;
  std::map<std::pair<std::string, std::string>, MeterState> meters_;
  std::vector<SnapshotRow> snapshots_;
  std::map<std::tuple<std::string, std::string, Pin::State>, PinRow> pins_;
  std::map<std::string, RunRow> runs_;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace bw::admission
