// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>

#include "admission/store.h"

namespace bw::store {

// A transaction that passes every call on. For tests: derive from it to fail, to count, or to change one call.
class ForwardingTransaction : public admission::Transaction {
 public:
  explicit ForwardingTransaction(std::unique_ptr<admission::Transaction> inner) : inner_(std::move(inner)) {}

#define BW_PASS(call) \
  BW_OK(before());    \
  return inner_->call
  Result<admission::Head> head() override { BW_PASS(head()); }
  Status append(std::uint64_t seq, std::string_view leaf, const crypto::Digest& hash,
                const ledger::Contents& contents) override {
    BW_PASS(append(seq, leaf, hash, contents));
  }
  Status set_head(const admission::Head& head) override { BW_PASS(set_head(head)); }
  Status insert_action(const admission::ActionState& action) override { BW_PASS(insert_action(action)); }
  Status update_action(const admission::ActionState& action) override { BW_PASS(update_action(action)); }
  Result<std::optional<admission::ActionState>> action(const std::string& id) override { BW_PASS(action(id)); }
  Result<std::vector<admission::ActionState>> unsettled() override { BW_PASS(unsettled()); }
  Result<std::string> ambiguous(const std::string& digest) override { BW_PASS(ambiguous(digest)); }
  Status put_ambiguous(const std::string& d, const std::string& a) override { BW_PASS(put_ambiguous(d, a)); }
  Status drop_ambiguous(const std::string& d, const std::string& a) override { BW_PASS(drop_ambiguous(d, a)); }
  Result<admission::MeterState> meter(const std::string& m, const std::string& k) override { BW_PASS(meter(m, k)); }
  Status put_meter(const std::string& m, const std::string& k, const admission::MeterState& s) override {
    BW_PASS(put_meter(m, k, s));
  }
  Result<const std::set<domain::Scope>*> switches_on() override { BW_PASS(switches_on()); }
  Status put_switch(const admission::SwitchRow& row) override { BW_PASS(put_switch(row)); }
  Result<const admission::TokenRow*> token(const std::string& id) override { BW_PASS(token(id)); }
  Status put_token(const admission::TokenRow& row) override { BW_PASS(put_token(row)); }
  Result<std::vector<admission::TokenRow>> tokens_of(const std::string& agent) override { BW_PASS(tokens_of(agent)); }
  Result<std::optional<std::uint64_t>> agent_revoked(const std::string& agent) override {
    BW_PASS(agent_revoked(agent));
  }
  Status put_agent_revoked(const std::string& agent, std::uint64_t entry) override {
    BW_PASS(put_agent_revoked(agent, entry));
  }
  Result<std::optional<admission::TicketRow>> ticket(const std::string& id) override { BW_PASS(ticket(id)); }
  Result<std::optional<admission::TicketRow>> ticket_for(const domain::Principal& who,
                                                         const std::string& digest) override {
    BW_PASS(ticket_for(who, digest));
  }
  Result<std::vector<admission::TicketRow>> open_tickets() override { BW_PASS(open_tickets()); }
  Status put_ticket(const admission::TicketRow& row) override { BW_PASS(put_ticket(row)); }
  Result<ledger::Entry> entry(std::uint64_t seq) override { BW_PASS(entry(seq)); }
  Status put_retention(const std::string& name, std::int64_t ms, std::uint64_t seq) override {
    BW_PASS(put_retention(name, ms, seq));
  }
  Status drop_retention(const std::string& name, std::int64_t ms, std::uint64_t seq) override {
    BW_PASS(drop_retention(name, ms, seq));
  }
  Result<ledger::Fields> contents_of(std::uint64_t seq) override { BW_PASS(contents_of(seq)); }
  Status erase_contents(std::uint64_t seq, ledger::Fields f) override { BW_PASS(erase_contents(seq, f)); }
  Status put_erasure(std::uint64_t seq, ledger::Fields f, std::uint64_t by) override {
    BW_PASS(put_erasure(seq, f, by));
  }
  Result<const std::set<domain::Scope>*> legal_holds_on() override { BW_PASS(legal_holds_on()); }
  Status put_legal_hold(const admission::LegalHoldRow& row) override { BW_PASS(put_legal_hold(row)); }
  Status put_snapshot(const admission::SnapshotRow& row) override { BW_PASS(put_snapshot(row)); }
  Status put_pin(const admission::PinRow& row) override { BW_PASS(put_pin(row)); }
  Status drop_quarantine(const std::string& u, const std::string& t, const std::string& d) override {
    BW_PASS(drop_quarantine(u, t, d));
  }
  Status add_to_run(const admission::RunRow& more) override { BW_PASS(add_to_run(more)); }
  Status add_to_count(const std::string& word, std::uint64_t more) override { BW_PASS(add_to_count(word, more)); }
  Status commit() override { BW_PASS(commit()); }
#undef BW_PASS

 protected:
  virtual Status before() { return {}; }  // each call; its error is the call's

 private:
  std::unique_ptr<admission::Transaction> inner_;
};

}  // namespace bw::store
