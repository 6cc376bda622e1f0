// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "store/simulation/chance.h"
#include "store/testing.h"

namespace bw::store::simulation {

// An action that was let through, and what it did to the world outside, which no crash undoes.
struct Job {
  admission::Admit admit;
  std::int64_t at_ms = 0;                     // of the commit that admitted it
  bool done = false;                          // really, whatever anybody knows
  std::map<std::string, std::int64_t> spent;  // by meter and key; less than was reserved when it said so
};

// Agents, reviewers and operators: few names, small meters and short tickets, so that they collide all the time. What they
// say of the world outside is true.
class Clients {
 public:
  explicit Clients(std::uint64_t seed) : chance_(seed) {}

  admission::Change next(std::int64_t now_ms, admission::Records& records) {
    using namespace admission;
    auto dice = chance_.below(100);
    if (dice < 34) return admit();
    if (dice < 58 && !running_.empty()) return settle();
    if (dice < 66) return hold(now_ms);
    if (dice < 72 && !tickets_.empty()) return Decide{recent(tickets_), !chance_.once_in(4), "maya", "because"};
    if (dice < 80 && !approved_.empty()) return admit_approved();
    if (dice < 82 && !tickets_.empty()) return Withdraw{recent(tickets_), name("agent", 3)};
    if (dice < 85) return Expire{};
    if (dice < 90) return SetSwitch{scope(), chance_.once_in(3), "maya", "drill"};
    if (dice < 91) return IssueToken{.token = name("tok", 20), .agent = name("agent", 3), .by = "maya"};
    if (dice < 92) return RevokeToken{.token = name("tok", 20), .agent = "", .by = "maya", .reason = "lost"};
    if (dice < 95) return erase();
    if (dice < 96) return forget(records);
    if (dice < 98) return prune(records);
    if (dice < 99) return SetLegalHold{scope(), chance_.once_in(3), "maya", "a claim"};
    return reconcile(records);
  }

  // The answer to a change came.
  void learn(const admission::Change& change, const admission::Committed& answer) {
    if (const auto* admit = std::get_if<admission::Admit>(&change); admit != nullptr && !answer.refusal) {
      jobs_[admit->action.id] = run(*admit, answer.at_ms);
      running_.push_back(admit->action.id);
    }
    if (const auto* hold = std::get_if<admission::Hold>(&change); hold != nullptr && answer.ticket) {
      if (answer.ticket->opened) requests_[answer.ticket->id] = hold->action;
      if (answer.ticket->opened) tickets_.push_back(answer.ticket->id);
    }
    if (const auto* decide = std::get_if<admission::Decide>(&change); decide != nullptr && decide->approve)
      approved_.push_back(decide->ticket);
  }

  void forget_running() { running_.clear(); }  // the process that ran them ended
  const std::map<std::string, Job>& jobs() const { return jobs_; }

 private:
  std::string name(const std::string& prefix, std::int64_t n) { return prefix + std::to_string(chance_.below(n)); }
  const std::string& recent(std::vector<std::string>& from) {
    auto size = static_cast<std::int64_t>(from.size());
    return from[static_cast<std::size_t>(size - 1 - chance_.below(std::min<std::int64_t>(size, 6)))];
  }

  Job run(const admission::Admit& admit, std::int64_t at_ms) {
    Job job{.admit = admit, .at_ms = at_ms, .done = !chance_.once_in(6), .spent = {}};
    for (const auto& charge : admit.charges) job.spent[charge.meter + "/" + charge.key] = charge.amount;
    return job;
  }

  domain::Action action() {
    auto made = make_action("act_" + std::to_string(10'000 + next_id_++), name("digest", 16), name("run", 4));
    made.principal.agent = name("agent", 3);
    made.principal.token = name("tok", 20);
    made.name = name("desk/tool", 2);
    if (chance_.once_in(4)) made.profile.tier = domain::Tier::read;
    if (chance_.once_in(3)) made.subjects = {name("C-", 3)};
    return made;
  }

  // Most are kept for a time that a world lives through.
  std::vector<ledger::Retention> retention() {
    if (chance_.once_in(3)) return {};
    return {{"short", short_ms, chance_.once_in(4) ? ledger::Fields::all() : ledger::Fields::by_default()}};
  }

  std::vector<domain::Charge> charges() {
    std::vector<domain::Charge> out;
    if (!chance_.once_in(3)) out.push_back({"calls", name("k", 2), 1, 5, 6'400});
    if (!chance_.once_in(3)) out.push_back({"money", name("k", 2), 1 + chance_.below(9), 25, 600'000});
    if (!chance_.once_in(3)) out.push_back({"open", "", 1, 4, 0});
    return out;
  }

  admission::Change admit() {
    auto change = make_admit("", charges());
    change.action = action();
    change.retention = retention();
    return change;
  }

  // With a ticket that may have been used before, or wait beside another admission with the same one.
  admission::Change admit_approved() {
    auto change = make_admit("", charges());
    change.ticket = recent(approved_);
    change.action = requests_[change.ticket];
    if (chance_.once_in(2)) change.action.id = action().id;
    if (chance_.once_in(4)) change.action.run = name("run", 4);                  // the same request, from elsewhere
    if (chance_.once_in(4)) change.action.profile.tier = domain::Tier::execute;  // the registry says something else now
    change.decision.verdict = domain::Verdict::hold;
    return change;
  }

  admission::Change settle() {
    auto at = static_cast<std::size_t>(chance_.below(static_cast<std::int64_t>(running_.size())));
    auto id = running_[at];
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
    auto& job = jobs_[id];
    using domain::Outcome;
    if (chance_.once_in(6)) return make_settle(id, Outcome::ambiguous);
    if (!job.done) return make_settle(id, chance_.once_in(2) ? Outcome::not_executed : Outcome::input_required);
    auto change = make_settle(id, chance_.once_in(5) ? Outcome::failed : Outcome::succeeded);
    for (const auto& charge : job.admit.charges) {
      if (charge.meter != "money" || chance_.once_in(2)) continue;
      auto used = chance_.below(charge.amount + 3);
      change.actuals = {{charge.meter, charge.key, used}};
      job.spent[charge.meter + "/" + charge.key] = std::min(used, charge.amount);
    }
    return change;
  }

  admission::Change hold(std::int64_t now_ms) {
    auto change = make_hold("", "");
    change.action = action();
    change.expires_at_ms = now_ms + 1'000 + chance_.below(60'000);
    change.retention = retention();
    return change;
  }

  domain::Scope scope() {
    switch (chance_.below(5)) {
      case 0: return {domain::Scope::Kind::agent, name("agent", 3)};
      case 1: return {domain::Scope::Kind::run, name("run", 4)};
      case 2: return {domain::Scope::Kind::tool, name("desk/tool", 2)};
      case 3: return {domain::Scope::Kind::upstream, "desk"};
      default: return {};
    }
  }

  // Of actions in any state, some of which were never sent; what must stay refuses one half, and the other passes over it.
  admission::Change erase() {
    admission::Erase change{.targets = {}, .by = "maya", .reason = "asked for"};
    if (chance_.once_in(2)) change.cause = admission::Erase::Cause::forgotten;
    for (auto n = 1 + chance_.below(3); n > 0; --n) {
      auto& target = change.targets.emplace_back();
      target.action = "act_" + std::to_string(9'999 + next_id_ - chance_.below(std::min(next_id_, 12) + 1));
      for (auto field : ledger::all_fields) {
        if (chance_.once_in(2)) target.fields.add(field);
      }
      if (target.fields.empty()) target.fields = ledger::Fields::all();
    }
    return change;
  }

  // All that speaks of somebody, as `erase --subject` finds it.
  admission::Change forget(admission::Records& records) {
    admission::Erase change{.targets = {}, .by = "maya", .reason = "asked for"};
    change.cause = admission::Erase::Cause::forgotten;
    auto found = records.actions_of_subject(name("C-", 3), 0, 8);
    if (found) {
      for (const auto& action : found->actions) change.targets.push_back({action, ledger::Fields::by_default()});
    }
    return change.targets.empty() ? erase() : admission::Change(std::move(change));
  }

  // Of what is kept for a time some is due, and some is not.
  admission::Change prune(admission::Records& records) {
    admission::Prune change{.name = "short", .ms = short_ms};
    auto retained = records.retained(change.name, change.ms, 0, 8);
    if (retained) {
      for (const auto& entry : *retained) change.entries.push_back(entry.seq);
    }
    return change.entries.empty() ? erase() : admission::Change(std::move(change));
  }

  admission::Change reconcile(admission::Records& records) {
    auto open = records.ambiguous();
    if (!open || open->empty()) return admit();
    auto id = chance_.pick(*open).action;
    auto known = jobs_.find(id);
    bool done = known != jobs_.end() && known->second.done;
    return admission::Reconcile{id, done ? domain::Outcome::succeeded : domain::Outcome::not_executed, "maya",
                                "looked"};
  }

  static constexpr std::int64_t short_ms = 2'000;

  Chance chance_;
  int next_id_ = 0;
  std::map<std::string, Job> jobs_;
  std::vector<std::string> running_, tickets_, approved_;
  std::map<std::string, domain::Action> requests_;
};

}  // namespace bw::store::simulation
