// SPDX-License-Identifier: Apache-2.0
#include "store/simulation/model.h"

#include <fmt/core.h>

#include <algorithm>

#include "admission/subjects.h"
#include "base/text.h"

namespace bw::store::simulation {

using domain::Outcome;
using ledger::Entry;
using ledger::Field;
using ledger::Kind;

std::int64_t Model::Meter::exact(std::int64_t now_ms) const {
  std::int64_t sum = 0;
  for (const auto& one : spent) sum += one.at_ms > now_ms - window_ms ? one.amount : 0;
  return sum;
}

// A 64th of the window counts as long as the youngest moment in it does.
std::int64_t Model::Meter::counted(std::int64_t now_ms) const {
  auto width = (window_ms + 63) / 64;
  std::int64_t sum = 0;
  for (const auto& one : spent) sum += one.at_ms / width * width + width - 1 + window_ms > now_ms ? one.amount : 0;
  return sum;
}

std::string Model::add(const admission::StoredEntry& stored) {
  const auto& entry = stored.entry;
  auto hash = ledger::leaf_hash(stored.leaf);
  if (entry.seq != size()) return fmt::format("entry {} stands where {} is due", entry.seq, size());
  if (to_hex(crypto::view(hash)) != stored.leaf_hash) return fmt::format("entry {} has another leaf hash", entry.seq);
  if (entry.at_ms < at_ms_) return fmt::format("time goes back at entry {}", entry.seq);
  at_ms_ = entry.at_ms;
  hashes_.push_back(stored.leaf_hash);
  tree_.append(hash);
  remember(entry);
  std::string wrong;
  switch (entry.kind) {
    case Kind::start: wrong = start(); break;
    case Kind::intent: wrong = intent(entry); break;
    case Kind::outcome:
    case Kind::ambiguous: wrong = settle(entry); break;
    case Kind::reconcile: wrong = reconcile(entry); break;
    case Kind::hold:
    case Kind::decision:
    case Kind::expiry: wrong = ticket_moves(entry); break;
    case Kind::kill_switch:
    case Kind::legal_hold: {
      auto& on = entry.kind == Kind::kill_switch ? switches_ : legal_holds_;
      if (entry.state == "set") {
        on.insert(entry.scope);
      } else {
        on.erase(entry.scope);
      }
      break;
    }
    case Kind::erase: wrong = erase(entry); break;
    default: break;
  }
  return wrong.empty() ? wrong : fmt::format("entry {} ({}): {}", entry.seq, name(entry.kind), wrong);
}

std::string Model::start() {
  for (const auto& [id, action] : actions_) {
    if (!action.outcome) return fmt::format("action {} of an earlier process is still open", id);
  }
  for (const auto& [name, meter] : meters_) {
    if (meter.in_flight != 0) return fmt::format("meter {} has {} in flight at a start", name.first, meter.in_flight);
  }
  return {};
}

void Model::remember(const Entry& entry) {
  kept_.push_back({entry.action, entry.at_ms, entry.retention, entry.commitments, {}});
  bool asks = entry.kind == Kind::intent || entry.kind == Kind::hold || entry.kind == Kind::refusal;
  if (asks) asked_.try_emplace(entry.action, entry);
}

// Why contents of an action must stay, or nothing.
std::string Model::may_erase(const std::string& action) const {
  auto asked = asked_.find(action);
  if (asked == asked_.end()) return "it erases contents of what is no action";
  if (covers(legal_holds_, asked->second)) return fmt::format("it erases contents of {}, under a legal hold", action);
  auto admitted = actions_.find(action);
  if (admitted != actions_.end() && (!admitted->second.outcome || admitted->second.outcome == Outcome::ambiguous))
    return fmt::format("it erases contents of {}, which is not settled", action);
  for (const auto& [id, ticket] : tickets_) {
    if (ticket.action == action && ticket.open())
      return fmt::format("it erases contents of {}, which waits on {}", action, id);
  }
  return {};
}

// Whether the time of a content was over, which was said when it was recorded. By its subjects the others are found: they go last.
bool Model::was_due(const Entry& entry, const Kept& kept, Field field) {
  if (field == Field::subject) return true;
  for (const auto& said : kept.retention) {
    if (said.name == entry.retention.front().name && said.ms == entry.retention.front().ms && said.fields.has(field))
      return kept.at_ms + said.ms <= entry.at_ms;
  }
  return false;
}

std::string Model::erase(const Entry& entry) {
  for (const auto& gone : entry.gone) {
    for (auto seq = gone.first; seq <= gone.last; ++seq) {
      if (seq >= entry.seq) return "it erases what is not there yet";
      auto& kept = kept_[seq];
      if (auto wrong = may_erase(kept.action); !wrong.empty()) return wrong;
      for (auto field : ledger::all_fields) {
        if (!gone.fields.has(field) || commitment(kept.commitments, field).empty()) continue;
        if (entry.cause == admission::Prune::cause && !was_due(entry, kept, field))
          return fmt::format("it lets `{}` of entry {} expire before its time", name(field), seq);
        kept.erased_by.try_emplace(field, entry.seq);
      }
      newly_erased_.push_back(seq);
    }
  }
  return entry.gone.empty() ? "it erases nothing" : "";
}

std::string Model::compare_contents(admission::Records& records, std::uint64_t seq) const {
  const auto& kept = kept_[seq];
  auto stored = records.salted_contents(seq);
  auto values = records.contents(seq);
  if (!stored || !values) return fmt::format("contents of entry {} cannot be read", seq);
  for (auto field : ledger::all_fields) {
    const auto& content = *stored.*member_of(field);
    const auto& wanted = commitment(kept.commitments, field);
    auto erased = kept.erased_by.find(field);
    bool gone = erased != kept.erased_by.end();
    if (gone && !content.empty())
      return fmt::format("`{}` of entry {} was erased by entry {}, and is there", name(field), seq, erased->second);
    auto said = values->erased_by[static_cast<std::size_t>(field)];
    if (said != (gone ? std::optional(erased->second) : std::nullopt))
      return fmt::format("`{}` of entry {} is said to be erased by another entry than it was", name(field), seq);
    if (gone) continue;
    if (content.empty() && !wanted.empty()) return fmt::format("`{}` of entry {} is gone", name(field), seq);
    if (!content.empty() && ledger::commit(name(field), content) != wanted)
      return fmt::format("`{}` of entry {} is not what it commits to", name(field), seq);
  }
  return compare_subjects(records, seq, values->subject);
}

// Whom the entry speaks of finds its action.
std::string Model::compare_subjects(admission::Records& records, std::uint64_t seq, std::string_view subjects) const {
  if (subjects.empty()) return {};
  auto names = admission::parse_subjects(subjects);
  if (!names) return fmt::format("subjects of entry {} cannot be read", seq);
  for (const auto& subject : *names) {
    auto found = records.actions_of_subject(subject, 0, 1000);
    if (!found || std::ranges::find(found->actions, kept_[seq].action) == found->actions.end())
      return fmt::format("entry {} speaks of {}, who does not find it", seq, subject);
  }
  return {};
}

bool Model::covers(const std::set<std::string>& scopes, const Entry& entry) {
  auto on = [&](const std::string& scope) { return scopes.contains(scope); };
  return on("everything") || on("upstream:" + entry.upstream) || on("tool:" + entry.tool) ||
         on("workflow:" + entry.workflow) || on("agent:" + entry.agent) || on("run:" + entry.run);
}

std::string Model::intent(const Entry& entry) {
  if (covers(switches_, entry)) return "a switch is on for it";
  if (actions_.contains(entry.action)) return "the action was admitted before";
  auto blocked = ambiguous_.find(entry.digest);
  if (blocked != ambiguous_.end() && !blocked->second.empty())
    return fmt::format("it repeats {}, of which nobody knows the outcome", *blocked->second.begin());
  if (!entry.ticket.empty()) {
    auto ticket = tickets_.find(entry.ticket);
    if (ticket == tickets_.end()) return "its ticket does not exist";
    if (ticket->second.state != "approved") return fmt::format("its ticket is {}", ticket->second.state);
    if (ticket->second.digest != entry.digest) return "its ticket is for another request";
    ticket->second.state = "consumed";
  }
  actions_[entry.action] = {entry, {}};
  return reserve(entry);
}

std::string Model::reserve(const Entry& entry) {
  for (const auto& charge : entry.charges) {
    auto& meter = this->meter(charge);
    if (charge.window_ms == 0) {
      meter.in_flight += charge.amount;
      if (meter.in_flight > charge.limit)
        return fmt::format("meter {} has {} of {} in flight", charge.meter, meter.in_flight, charge.limit);
      continue;
    }
    meter.window_ms = charge.window_ms;
    meter.spent.push_back({at_ms_, charge.amount, entry.action});
    if (meter.exact(at_ms_) > charge.limit)
      return fmt::format("meter {} holds {} of {}", charge.meter, meter.exact(at_ms_), charge.limit);
  }
  return {};
}

void Model::give_back(const Action& action, bool windows) {
  for (const auto& charge : action.intent.charges) {
    auto& meter = this->meter(charge);
    if (charge.window_ms == 0) meter.in_flight -= windows ? 0 : charge.amount;
    if (windows) std::erase_if(meter.spent, [&](const Spent& one) { return one.action == action.intent.action; });
  }
}

std::string Model::settle(const Entry& entry) {
  auto found = actions_.find(entry.action);
  if (found == actions_.end()) return "its action was never admitted";
  auto& action = found->second;
  if (action.outcome) return "its action was settled before";
  action.outcome = entry.outcome;
  if (entry.kind == Kind::ambiguous && action.intent.tier == domain::Tier::read) return "a read is never ambiguous";
  give_back(action, false);
  if (entry.outcome == Outcome::not_executed || entry.outcome == Outcome::input_required) give_back(action, true);
  if (entry.outcome == Outcome::ambiguous) ambiguous_[action.intent.digest].insert(entry.action);
  for (const auto& actual : entry.actuals) {
    auto& spent = meters_[{actual.meter, actual.key}].spent;
    auto own = std::find_if(spent.begin(), spent.end(), [&](const Spent& one) { return one.action == entry.action; });
    if (own == spent.end()) return "it corrects what was not reserved";
    auto more = actual.amount - own->amount;
    own->amount = std::min(own->amount, actual.amount);
    if (more > 0) spent.push_back({at_ms_, more, {}});
  }
  return {};
}

std::string Model::reconcile(const Entry& entry) {
  auto found = actions_.find(entry.action);
  if (found == actions_.end() || found->second.outcome != Outcome::ambiguous) return "its action is not ambiguous";
  found->second.outcome = entry.outcome;
  ambiguous_[found->second.intent.digest].erase(entry.action);
  if (entry.outcome == Outcome::not_executed) give_back(found->second, true);
  return {};
}

std::string Model::ticket_moves(const Entry& entry) {
  auto& ticket = tickets_[entry.ticket];
  if (entry.kind == Kind::hold) {
    if (covers(switches_, entry)) return "a switch is on for it";
    if (!ticket.state.empty()) return "its ticket exists";
    ticket = {entry.action, entry.digest, "held"};
    return {};
  }
  if (!ticket.open()) return fmt::format("its ticket is {}", ticket.state.empty() ? "unknown" : ticket.state);
  if (entry.state == "approved" && ticket.state != "held") return "its ticket was decided before";
  ticket.state = entry.state;
  return {};
}

std::string Model::compare(admission::Records& records) const {
  auto head = records.head();
  if (!head) return "the head cannot be read: " + head.error().message;
  if (head->size != size()) return fmt::format("the head has {} entries, and there are {}", head->size, size());
  if (head->root != crypto::view(root())) return "the head has another root than its entries";
  auto readings = records.meters(at_ms_);
  if (!readings) return "the meters cannot be read: " + readings.error().message;
  std::map<std::pair<std::string, std::string>, std::int64_t> used;
  for (const auto& reading : *readings) used[{reading.meter, reading.key}] = reading.used;
  for (const auto& [name, meter] : meters_) {
    auto want = meter.window_ms > 0 ? meter.counted(at_ms_) : meter.in_flight;
    if (used[name] != want)
      return fmt::format("meter {}/{} says {}, and its entries make {}", name.first, name.second, used[name], want);
  }
  auto blocked = records.ambiguous();
  if (!blocked) return "the ambiguous actions cannot be read: " + blocked.error().message;
  std::size_t wanted = 0;
  for (const auto& [digest, actions] : ambiguous_) wanted += actions.size();
  if (blocked->size() != wanted)
    return fmt::format("{} actions are ambiguous, and the entries leave {}", blocked->size(), wanted);
  return {};
}

}  // namespace bw::store::simulation
