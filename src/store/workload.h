// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "store/testing.h"

namespace bw::store {

// Changes that a seed decides: few names, small meters and short tickets, so that they collide all the time.
class Workload {
 public:
  explicit Workload(unsigned seed) : random_(seed) {}

  admission::Change next() {
    using namespace admission;
    auto dice = below(100);
    if (dice < 40) return admit();
    if (dice < 65) return settle();
    if (dice < 70)
      return Refuse{
          action(), {.verdict = domain::Verdict::deny, .rules = {"no"}, .checks = "{}", .reason = "no"}, "snap"};
    if (dice < 78) return hold();
    if (dice < 83) return Decide{pick(tickets_), below(3) > 0, "maya", "because"};
    if (dice < 84) return Withdraw{pick(tickets_), agent()};
    if (dice < 86) return Expire{};
    if (dice < 90) return SetSwitch{scope(), below(5) == 0, "maya", "drill"};
    if (dice < 91) return Apply{name("snap", 3), "agents: []", "maya", "change"};
    if (dice < 94)
      return IssueToken{
          .token = name("tok", 40), .agent = agent(), .expires_at_ms = noon + below(100'000), .by = "maya"};
    if (dice < 95) return RevokeToken{.token = name("tok", 40), .agent = "", .by = "maya", .reason = "lost"};
    if (dice < 96 && below(20) == 0) return RevokeToken{.token = "", .agent = agent(), .by = "maya", .reason = ""};
    if (dice < 97)
      return Pin{
          "desk", name("desk/t", 2), name("p", 3), "{}", below(2) == 0 ? Pin::State::accepted : Pin::State::quarantined,
          ""};
    if (dice < 98) return erase();
    if (dice < 99 && below(3) == 0) return prune();
    if (dice < 99 && below(2) == 0) return SetLegalHold{scope(), below(3) == 0, "maya", "a claim"};
    if (dice < 99 && below(2) == 0)
      return below(2) == 0
                 ? SetShadow{.digest = name("c", 3), .text = "agents: []", .on = true, .by = "maya", .reason = ""}
                 : SetShadow{.digest = name("c", 3), .text = "", .on = false, .by = "server", .reason = "it ended"};
    return Reconcile{pick(admitted_), below(2) == 0 ? domain::Outcome::succeeded : domain::Outcome::not_executed,
                     "maya", "looked"};
  }

  // What came of a change, so that later ones can speak of it.
  void learn(const admission::Change& change, const Result<admission::Committed>& result) {
    if (!result) return;
    if (const auto* admit = std::get_if<admission::Admit>(&change); admit != nullptr && !result->refusal)
      admitted_.push_back(admit->action.id);
    if (result->ticket && result->ticket->opened) tickets_.push_back(result->ticket->id);
    if (const auto* admit = std::get_if<admission::Admit>(&change); admit != nullptr && !admit->retention.empty())
      retained_.push_back(result->seq);
    if (const auto* hold = std::get_if<admission::Hold>(&change)) held_.push_back(hold->action);
  }

  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n)); }

 private:
  std::string name(const std::string& prefix, std::int64_t n) { return prefix + std::to_string(below(n)); }
  std::string agent() { return name("agent", 3); }

  // One of the newest, mostly.
  std::string pick(const std::vector<std::string>& from) {
    if (from.empty()) return "none";
    auto newest = static_cast<std::int64_t>(from.size());
    return from[static_cast<std::size_t>(newest - 1 - below(std::min<std::int64_t>(newest, 12)))];
  }

  domain::Scope scope() {
    switch (below(5)) {
      case 0: return {domain::Scope::Kind::agent, agent()};
      case 1: return {domain::Scope::Kind::run, name("run", 5)};
      case 2: return {domain::Scope::Kind::tool, "desk/refund"};
      case 3: return {domain::Scope::Kind::workflow, "refunds"};
      default: return {};
    }
  }

  domain::Action action() {
    auto made = make_action("act_" + std::to_string(1'000'000 + next_id_++), name("digest", 12), name("run", 5));
    made.principal.agent = agent();
    made.principal.token = name("tok", 40);
    for (auto n = below(3); n > 0; --n) made.subjects.push_back(name("subject", 4));
    return made;
  }

  std::vector<domain::Charge> charges() {
    std::vector<domain::Charge> out;
    for (auto n = below(4); n > 0; --n) {
      auto window = below(3) == 0 ? 0 : 6400 * (1 + below(2));
      out.push_back({name(window == 0 ? "in-flight" : "window", 2), name("key", 2), below(4), 12, window});
    }
    return out;
  }

  admission::Change admit() {
    admission::Admit change = make_admit("", charges());
    change.action = action();
    if (below(3) > 0) change.retention = {{"short", 20'000, ledger::Fields::by_default()}};
    if (!held_.empty() && below(4) == 0) {  // a held one comes back
      auto again = held_[static_cast<std::size_t>(below(static_cast<std::int64_t>(held_.size())))];
      if (below(2) == 0) again.id = change.action.id;
      again.arguments = "{}";
      change.action = again;
      change.decision.verdict = domain::Verdict::hold;
      change.ticket = pick(tickets_);
    }
    return change;
  }

  admission::Change settle() {
    auto outcome = static_cast<domain::Outcome>(below(below(6) == 0 ? 5 : 4));
    auto change = make_settle(pick(admitted_), outcome);
    if (below(4) == 0 && outcome <= domain::Outcome::failed)
      change.actuals = {{name("window", 2), name("key", 2), below(6)}};
    return change;
  }

  admission::Change erase() {
    admission::Erase change{.targets = {}, .by = "maya", .reason = "asked for"};
    for (auto n = 1 + below(3); n > 0; --n) {
      ledger::Fields fields;
      for (auto field : ledger::all_fields) {
        if (below(2) == 0) fields.add(field);
      }
      change.targets.push_back({pick(admitted_), fields.empty() ? ledger::Fields::by_default() : fields});
    }
    if (!held_.empty() && below(3) == 0) change.targets.back().action = held_.back().id;
    if (below(2) == 0) change.cause = admission::Erase::Cause::forgotten;
    return change;
  }

  // The time of some is over, of others not.
  admission::Change prune() {
    admission::Prune change{.name = "short", .ms = 20'000};
    for (auto n = 1 + below(20); n > 0 && !retained_.empty(); --n)
      change.entries.push_back(retained_[static_cast<std::size_t>(below(static_cast<std::int64_t>(retained_.size())))]);
    return change;
  }

  admission::Change hold() {
    auto change = make_hold("", "");
    change.action = action();
    change.expires_at_ms = noon + 1'000 + below(200'000);
    return change;
  }

  std::mt19937_64 random_;
  int next_id_ = 0;
  std::vector<std::string> admitted_, tickets_;
  std::vector<std::uint64_t> retained_;
  std::vector<domain::Action> held_;
};

}  // namespace bw::store
