// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "admission/records.h"
#include "ledger/content.h"
#include "ledger/merkle.h"

namespace bw::store::simulation {

// What may be said of a ledger by reading its entries, kept as simple as it can be: one list of what was spent for each
// meter, one state for each ticket and action. It knows nothing of how the committer decides. Not for two threads.
class Model {
 public:
  // Takes the next entry. What is wrong with it, or nothing.
  std::string add(const admission::StoredEntry& stored);

  // What is wrong with the contents of an entry: each that it commits to is there, and is that one, unless an entry erased it.
  std::string compare_contents(admission::Records& records, std::uint64_t seq) const;

  // Entries that the entries since the last call erased something of.
  std::vector<std::uint64_t> newly_erased() { return std::exchange(newly_erased_, {}); }

  // What is wrong with what the store says beside its entries: its head, its meters, what blocks a retry.
  std::string compare(admission::Records& records) const;

  std::uint64_t size() const { return hashes_.size(); }
  const std::string& hash(std::uint64_t seq) const { return hashes_[seq]; }  // hex, of the leaf
  ledger::Digest root() const { return tree_.root(); }
  std::int64_t at_ms() const { return at_ms_; }
  bool admitted(const std::string& action) const { return actions_.contains(action); }

 private:
  struct Action {
    ledger::Entry intent;
    std::optional<domain::Outcome> outcome;
  };
  // A part of a window that was taken.
  struct Spent {
    std::int64_t at_ms = 0, amount = 0;
    std::string action;
  };
  struct Meter {
    std::int64_t window_ms = 0, in_flight = 0;
    std::vector<Spent> spent;
    std::int64_t exact(std::int64_t now_ms) const;    // in the window that ends now
    std::int64_t counted(std::int64_t now_ms) const;  // with a 64th of it rounded up
  };

  // What an entry commits to, and which entry erased what of it.
  struct Kept {
    std::string action;
    std::int64_t at_ms = 0;
    std::vector<ledger::Retention> retention;
    ledger::Commitments commitments;
    std::map<ledger::Field, std::uint64_t> erased_by;
  };

  std::string intent(const ledger::Entry& entry);
  std::string settle(const ledger::Entry& entry);
  std::string reconcile(const ledger::Entry& entry);
  std::string ticket_moves(const ledger::Entry& entry);
  std::string start();
  void remember(const ledger::Entry& entry);
  std::string erase(const ledger::Entry& entry);
  std::string may_erase(const std::string& action) const;
  static bool was_due(const ledger::Entry& entry, const Kept& kept, ledger::Field field);
  std::string compare_subjects(admission::Records& records, std::uint64_t seq, std::string_view subjects) const;
  static bool covers(const std::set<std::string>& scopes, const ledger::Entry& entry);
  std::string reserve(const ledger::Entry& entry);
  void give_back(const Action& action, bool windows);
  Meter& meter(const domain::Charge& charge) { return meters_[{charge.meter, charge.key}]; }

  std::vector<std::string> hashes_;
  ledger::Frontier tree_;
  std::int64_t at_ms_ = 0;
  std::map<std::string, Action> actions_;
  struct Ticket {
    std::string action, digest, state;
    bool open() const { return state == "held" || state == "approved"; }
  };
  std::map<std::string, Ticket> tickets_;
  std::set<std::string> switches_, legal_holds_;
  std::vector<Kept> kept_;                      // by entry
  std::map<std::string, ledger::Entry> asked_;  // the first entry of each action
  std::vector<std::uint64_t> newly_erased_;
  std::map<std::pair<std::string, std::string>, Meter> meters_;
  std::map<std::string, std::set<std::string>> ambiguous_;  // digest, actions
};

}  // namespace bw::store::simulation
