// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admission/meters.h"
#include "admission/rows.h"
#include "base/result.h"
#include "domain/scope.h"
#include "ledger/content.h"
#include "ledger/entry.h"
#include "ledger/merkle.h"

// The port through which the committer reads and changes what is kept. One transaction is one commit: everything that
// decides is read through it, so that an implementation may cache (when it is the only writer) or lock the row of the head
// (when many nodes share a database). Contract: admission/store_contract.h.
namespace bw::admission {

// The end of the ledger.
struct Head {
  ledger::Frontier frontier;  // its size is the seq of the next entry
  std::int64_t at_ms = 0;     // of the last commit
};

// An action with what its next entry needs.
struct ActionState {
  ActionRow row;
  std::string digest;
  std::vector<domain::Charge> charges;       // reserved by its intent
  std::int64_t admitted_at_ms = 0;           // when they were reserved
  std::string last_leaf_hash;                // hex, of its newest entry
  std::vector<ledger::Retention> retention;  // of the contents of its next entry
};

// All or nothing. Its errors are `unavailable` and `data_loss` only, they mean that the store is broken, and no error of a
// change has these codes; the one exception is already_exists of insert_action(). Destroying it without
// commit() undoes it. Pointers it returns are valid until its next put of the same kind. Used by one thread.
class Transaction {
 public:
  virtual ~Transaction() = default;

  virtual Result<Head> head() = 0;
  virtual Status append(std::uint64_t seq, std::string_view leaf, const crypto::Digest& leaf_hash,
                        const ledger::Contents& contents) = 0;
  virtual Status set_head(const Head& head) = 0;

  virtual Status insert_action(const ActionState& action) = 0;  // already_exists when the id is taken
  virtual Status update_action(const ActionState& action) = 0;
  virtual Result<std::optional<ActionState>> action(const std::string& id) = 0;
  virtual Result<std::vector<ActionState>> unsettled() = 0;  // admitted, without outcome

  // The earlier action of this digest that blocks a retry, or empty.
  virtual Result<std::string> ambiguous(const std::string& digest) = 0;
  virtual Status put_ambiguous(const std::string& digest, const std::string& action) = 0;
  virtual Status drop_ambiguous(const std::string& digest, const std::string& action) = 0;

  virtual Result<MeterState> meter(const std::string& meter, const std::string& key) = 0;  // a fresh one when unknown
  virtual Status put_meter(const std::string& meter, const std::string& key, const MeterState& state) = 0;

  virtual Result<const std::set<domain::Scope>*> switches_on() = 0;
  virtual Status put_switch(const SwitchRow& row) = 0;

  virtual Result<const TokenRow*> token(const std::string& id) = 0;  // null when it was never issued here
  virtual Status put_token(const TokenRow& row) = 0;
  virtual Result<std::vector<TokenRow>> tokens_of(const std::string& agent) = 0;
  // Seq of the entry that revoked all tokens of the agent last, if any did.
  virtual Result<std::optional<std::uint64_t>> agent_revoked(const std::string& agent) = 0;
  virtual Status put_agent_revoked(const std::string& agent, std::uint64_t entry) = 0;

  virtual Result<std::optional<TicketRow>> ticket(const std::string& id) = 0;
  // The newest ticket of this agent, workflow and environment for this digest.
  virtual Result<std::optional<TicketRow>> ticket_for(const domain::Principal& principal,
                                                      const std::string& digest) = 0;
  virtual Result<std::vector<TicketRow>> open_tickets() = 0;  // oldest first
  virtual Status put_ticket(const TicketRow& row) = 0;

  virtual Result<ledger::Entry> entry(std::uint64_t seq) = 0;  // data_loss when it is not there

  // By which expiry finds entries: those that have contents of a class, with its period when they were recorded.
  virtual Status put_retention(const std::string& name, std::int64_t ms, std::uint64_t seq) = 0;
  virtual Status drop_retention(const std::string& name, std::int64_t ms, std::uint64_t seq) = 0;

  // Which contents of an entry are there; erase_contents() takes some of them out for good. put_erasure() keeps which entry said so,
  // for those of `fields` that no earlier one erased.
  virtual Result<ledger::Fields> contents_of(std::uint64_t seq) = 0;
  virtual Status erase_contents(std::uint64_t seq, ledger::Fields fields) = 0;
  virtual Status put_erasure(std::uint64_t seq, ledger::Fields fields, std::uint64_t by_entry) = 0;

  virtual Result<const std::set<domain::Scope>*> legal_holds_on() = 0;
  virtual Status put_legal_hold(const LegalHoldRow& row) = 0;

  virtual Status put_snapshot(const SnapshotRow& row) = 0;
  virtual Status put_pin(const PinRow& row) = 0;  // replaces the one of the same tool and state
  virtual Status drop_quarantine(const std::string& upstream, const std::string& tool, const std::string& digest) = 0;

  // Adds to the counters of a run, making its row when needed; and to the counters of words.
  virtual Status add_to_run(const RunRow& more) = 0;
  virtual Status add_to_count(const std::string& word, std::uint64_t more) = 0;

  // Durable when it returns. After an error nobody knows; the store must be opened anew.
  virtual Status commit() = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // One at a time.
  virtual Result<std::unique_ptr<Transaction>> begin() = 0;

  // Housekeeping between commits, a short step at a time: called after each commit, and with `idle` when nothing waits.
  // True when another idle step is wanted.
  virtual Result<bool> tend(bool idle, std::int64_t now_ms) = 0;
};

}  // namespace bw::admission
