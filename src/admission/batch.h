// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "admission/store.h"
#include "ledger/entry.h"

namespace bw::admission {

// An entry that was encoded and numbered, and is not appended yet.
struct Sealed {
  std::uint64_t seq = 0;
  std::string leaf;
  crypto::Digest hash;
  std::string hash_hex;
  std::string counted_as;  // its kind
};

// The working set of one commit: the end of the ledger, the meters that its changes touch, and what is added to counters.
// Meters and counters are written once, by finish(), however many changes touch them. Used by one thread; borrows the
// transaction.
class Batch {
 public:
  // The time of the commit is `now_ms`, or that of the commit before when the clock went back: time in the ledger, and so
  // in meters and expiries, never does.
  static Result<Batch> begin(Transaction& transaction, std::int64_t now_ms);

  Transaction& store() { return *transaction_; }
  std::int64_t at_ms() const { return head_.at_ms; }
  bool written() const { return written_; }  // whether there is an entry
  std::uint64_t next_seq() const { return head_.frontier.size(); }

  // First seal, which may find the entry too large and changes nothing; then append, once, before the next seal.
  Result<Sealed> seal(ledger::Entry& entry);
  Status append(const Sealed& sealed, const ledger::Contents& contents);

  // A meter's state in this commit; what is changed in it is written. Valid until the batch ends.
  Result<MeterState*> meter(const std::string& meter, const std::string& key);

  // The counters of a run, to add to.
  RunRow& run(const ActionRow& action);
  void count(const std::string& word) { ++counts_[word]; }

  Status finish();

 private:
  Batch(Transaction& transaction, Head head) : transaction_(&transaction), head_(std::move(head)) {}

  // Finds a meter by name and key without making a pair of strings.
  struct ByMeter {
    using is_transparent = void;
    using View = std::pair<std::string_view, std::string_view>;
    bool operator()(const View& a, const View& b) const { return a < b; }
  };

  Transaction* transaction_;
  Head head_;
  bool written_ = false;
  std::map<std::pair<std::string, std::string>, MeterState, ByMeter> meters_;
  std::map<std::string, RunRow> runs_;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace bw::admission
