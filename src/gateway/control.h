// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "admission/records.h"
#include "async/pool.h"
#include "gateway/authenticator.h"
#include "gateway/in_flight.h"
#include "gateway/live.h"
#include "gateway/pins.h"
#include "gateway/ticket_board.h"
#include "gateway/tickets.h"
#include "identity/agents.h"
#include "registry/load.h"
#include "registry/plan.h"

namespace bw::gateway {

// What people change on a running gateway: the registry, tickets, switches, tokens, pins. Each change is a commit first; only
// when it is durable does its effect on this process follow (calls that wait are woken, the live snapshot is swapped). It
// also is what the doors ask for: who presents a token, whose tickets there are, where pins are kept.
//
// Lives on the agents' loop. Everything it is given outlives it.
class Control final : public Authenticator, public Tickets, public PinStore {
 public:
  struct Parts {
    async::Loop& loop;
    async::Pool& pool;
    admission::Admission& admission;
    admission::Records& records;
    TicketBoard& board;
    InFlight& in_flight;
    const Clock& clock;
    std::string registry_folder;
    crypto::SigningKey token_key;
  };
  explicit Control(Parts parts);

  // Called after the live state was replaced.
  void on_live(std::function<void(const Live&)> told) { told_live_ = std::move(told); }
  // Called after somebody may have lost what let them in: by a revocation, or by what went live.
  void on_access(std::function<void()> told) { told_access_ = std::move(told); }

  // Pins from the ledger and the registry from its folder; before anything is served.
  struct Started {
    std::vector<Pin> pins;
    registry::Loaded loaded;      // its diagnostics, when it cannot be loaded
    Diagnostics policy_problems;  // of policies that do not compile
  };
  async::Task<Result<Started>> start();

  const Live& live() const { return live_; }
  const Diagnostics& warnings() const { return warnings_; }

  struct Applied {
    admission::Committed committed;
    std::string digest;
    bool changed = false;
    std::string diagnostics;  // as text; when not empty and digest is empty, nothing was applied
    registry::Plan plan;
  };
  async::Task<Result<Applied>> apply(std::string author, std::string message);
  async::Task<Result<Applied>> plan();  // what apply would do now

  async::Task<Result<admission::Committed>> decide(std::string ticket, bool approve, std::string by,
                                                   std::string reason);
  async::Task<Result<admission::Committed>> set_switch(domain::Scope scope, bool on, std::string by,
                                                       std::string reason);
  struct Issued {
    std::string token;
    identity::Claims claims;
    admission::Committed committed;
  };
  async::Task<Result<Issued>> issue_token(identity::Claims wanted, std::int64_t ttl_ms, std::string by);
  async::Task<Result<admission::Committed>> revoke(std::string token, std::string agent, std::string by,
                                                   std::string reason);
  async::Task<Result<admission::Committed>> accept_pin(Pins& pins, std::string tool, std::string by);
  async::Task<Result<admission::Committed>> reconcile(std::string action, domain::Outcome outcome, std::string by,
                                                      std::string reason);

  // Erases contents of a finished action for good. failed_precondition when they are needed, or under a legal hold.
  async::Task<Result<admission::Committed>> redact(std::string action, ledger::Fields fields, std::string by,
                                                   std::string reason);
  async::Task<Result<admission::Committed>> set_legal_hold(domain::Scope scope, bool on, std::string by,
                                                           std::string reason);

  // Ends tickets that are due, every few seconds, until `stop` is set.
  async::Task<void> expire_tickets(async::Event& stop);

  // Authenticator, Tickets, PinStore
  Result<domain::Principal> authenticate(std::string_view bearer_token) override {
    return agents_.authenticate(bearer_token);
  }
  Status admits(const domain::Principal& principal) const override { return agents_.admits(principal); }
  async::Task<Result<std::vector<Ticket>>> open(domain::Principal principal) override;
  async::Task<Result<Ticket>> find(domain::Principal principal, std::string ticket) override;
  bool can_hold(const domain::Principal& principal) override;
  void record(Sighting sighting) override;

 private:
  async::Task<Result<Applied>> load_folder();
  async::Task<Status> go_live(std::shared_ptr<const registry::Snapshot> snapshot);
  async::Task<void> write_pin(Sighting sighting);
  async::Task<void> refit();
  void swap(Live live);

  Parts parts_;
  identity::Agents agents_;
  Live live_;
  Definitions definitions_;  // of accepted pins
  Diagnostics warnings_;
  std::shared_ptr<const registry::Snapshot> loaded_;  // what load_folder read last
  Live prepared_;                                     // and made ready
  bool refitting_ = false, refit_again_ = false;
  std::function<void(const Live&)> told_live_;
  std::function<void()> told_access_;
};

}  // namespace bw::gateway
