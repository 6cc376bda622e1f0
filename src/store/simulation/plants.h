// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/forwarding.h"

namespace bw::store::simulation {

// Mistakes that a store could make, so that a test can show that the simulation sees them.
enum class Plant {
  none,
  acknowledges_unsynced,  // a commit is answered before it is durable (the disk lies about syncs)
  forgets_release,        // what a dead process had in flight is not given back
  approves_twice,         // a ticket that was used stays approved
  forgets_switch,         // a switch that is on stops nothing
  frees_retry,            // an ambiguous action does not block its retry
  keeps_erased,           // an erasure is recorded and not done
  erases_more,            // with a content go the others of its entry
  forgets_legal_hold,     // a legal hold that is set keeps nothing
  forgets_retention,      // what was recorded to expire is found by nobody when its time comes
};

class PlantedTransaction final : public ForwardingTransaction {
 public:
  PlantedTransaction(std::unique_ptr<admission::Transaction> inner, Plant plant, bool first)
      : ForwardingTransaction(std::move(inner)), plant_(plant), first_(first) {}

  Status put_meter(const std::string& meter, const std::string& key, const admission::MeterState& state) override {
    if (plant_ == Plant::forgets_release && first_) return {};
    return ForwardingTransaction::put_meter(meter, key, state);
  }
  Status put_ticket(const admission::TicketRow& row) override {
    if (plant_ == Plant::approves_twice && row.state == domain::TicketState::consumed) return {};
    return ForwardingTransaction::put_ticket(row);
  }
  Result<const std::set<domain::Scope>*> switches_on() override {
    static const std::set<domain::Scope> none;
    if (plant_ == Plant::forgets_switch) return &none;
    return ForwardingTransaction::switches_on();
  }
  Result<std::string> ambiguous(const std::string& digest) override {
    if (plant_ == Plant::frees_retry) return std::string();
    return ForwardingTransaction::ambiguous(digest);
  }
  Status erase_contents(std::uint64_t seq, ledger::Fields fields) override {
    if (plant_ == Plant::keeps_erased) return {};
    return ForwardingTransaction::erase_contents(seq, plant_ == Plant::erases_more ? ledger::Fields::all() : fields);
  }
  Status put_retention(const std::string& name, std::int64_t ms, std::uint64_t seq) override {
    if (plant_ == Plant::forgets_retention) return {};
    return ForwardingTransaction::put_retention(name, ms, seq);
  }
  Result<const std::set<domain::Scope>*> legal_holds_on() override {
    static const std::set<domain::Scope> none;
    if (plant_ == Plant::forgets_legal_hold) return &none;
    return ForwardingTransaction::legal_holds_on();
  }

 private:
  Plant plant_;
  bool first_;
};

// The store of one process, with its mistake.
class PlantedStore final : public admission::Store {
 public:
  PlantedStore(admission::Store& inner, Plant plant) : inner_(inner), plant_(plant) {}

  Result<std::unique_ptr<admission::Transaction>> begin() override {
    BW_TRY(auto inner, inner_.begin());
    bool first = std::exchange(first_, false);
    return std::make_unique<PlantedTransaction>(std::move(inner), plant_, first);
  }
  Result<bool> tend(bool idle, std::int64_t now_ms) override { return inner_.tend(idle, now_ms); }

 private:
  admission::Store& inner_;
  Plant plant_;
  bool first_ = true;
};

}  // namespace bw::store::simulation
