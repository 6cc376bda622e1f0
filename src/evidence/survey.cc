// SPDX-License-Identifier: Apache-2.0
#include "evidence/survey.h"

#include <fmt/core.h>

#include <algorithm>

#include "admission/change.h"
#include "admission/request.h"
#include "base/clock.h"
#include "base/text.h"
#include "json/writer.h"
#include "ledger/finding.h"
#include "registry/plan.h"

namespace bw::evidence {
namespace {

using domain::Outcome;
using domain::Verdict;
using ledger::Finding;
using ledger::found;
using ledger::Kind;

constexpr std::int64_t hour_ms = 3'600'000;

std::string value_of(const Sight& sight, std::string_view field) {
  auto value = sight.values.find(field);
  return value == sight.values.end() ? std::string() : value->second;
}

// The arguments, or who erased them.
std::string asked_of(const Sight& sight) {
  for (const auto& content : sight.contents) {
    if (content.field == "args" && content.state == Content::State::erased)
      return fmt::format("erased by entry {}", content.erased_by);
  }
  return value_of(sight, "args");
}

std::string erased_of(const ledger::Entry& entry) {
  std::vector<std::string> ranges;
  for (const auto& gone : entry.gone) {
    ranges.push_back(gone.first == gone.last ? fmt::format("entry {}", gone.first)
                                             : fmt::format("entries {} to {}", gone.first, gone.last));
  }
  return join(ranges, ", ");
}

bool names_break_glass(const ledger::Entry& entry) {
  constexpr std::string_view word = "break-glass";
  return entry.workflow.contains(word) ||
         std::ranges::any_of(entry.rules, [&](const auto& rule) { return rule.contains(word); });
}

}  // namespace

std::string to_json(const Approval& approval) {
  json::Writer w;
  w.begin_object().member("ticket", approval.ticket).member("action", approval.action).member("tool", approval.tool);
  w.member("agent", approval.agent).member("asked_at", format_time(approval.asked_at_ms));
  w.member("asked_entry", static_cast<std::int64_t>(approval.asked_entry)).member("decision", approval.decision);
  w.member("at", format_time(approval.at_ms)).member("entry", static_cast<std::int64_t>(approval.entry));
  w.optional("by", approval.by).optional("reason", approval.reason);
  return std::move(w.end_object()).text();
}

std::string to_json(const Exception& exception) {
  json::Writer w;
  w.begin_object().member("entry", static_cast<std::int64_t>(exception.entry)).member("kind", exception.kind);
  w.member("at", format_time(exception.at_ms)).optional("subject", exception.subject).optional("who", exception.who);
  return std::move(w.optional("what", exception.what).end_object()).text();
}

Status Survey::add(const Sight& sight) {
  const auto& entry = sight.entry;
  if (entry.at_ms < at_ms_)
    return found(Finding::backdated, fmt::format("entry {} is of a time before that of an earlier entry", entry.seq));
  at_ms_ = entry.at_ms;
  if (sight.taken) {
    BW_OK(check_chain(sight));
    BW_OK(check_registry(sight));
    count_contents(sight);
    if (entry.kind == Kind::hold) {
      BW_OK(see_hold(sight));
    }
    if (entry.kind == Kind::decision || entry.kind == Kind::expiry) {
      BW_OK(see_decision(sight));
    }
    if (entry.kind == Kind::intent) {
      BW_OK(see_intent(sight));
    }
  }
  if (sight.in_period) count(sight);
  return {};
}

// What belongs to the subject is here with all that came before it of the same action.
Status Survey::check_chain(const Sight& sight) {
  const auto& entry = sight.entry;
  if (entry.action.empty()) return {};
  auto& known = known_[entry.action];
  if (known.last_hash != entry.previous)
    return found(Finding::broken_chain,
                 fmt::format("entry {} does not follow the last entry of {} that is here", entry.seq, entry.action));
  known.last_hash = sight.leaf_hash;
  if (names_workflow(entry)) {
    known.tool = entry.tool;
    known.agent = entry.agent;
  }
  return {};
}

// An apply stands before what was decided under it.
Status Survey::check_registry(const Sight& sight) {
  const auto& entry = sight.entry;
  if (entry.kind == Kind::apply) return see_apply(sight);
  bool decided = entry.kind != Kind::shadow && !entry.snapshot.empty();
  if (!decided || snapshots_.contains(entry.snapshot)) return {};
  return found(Finding::incomplete,
               fmt::format("entry {} was decided under registry {}, which is not here", entry.seq, entry.snapshot));
}

Status Survey::see_apply(const Sight& sight) {
  const auto& entry = sight.entry;
  auto text = value_of(sight, "text");
  snapshots_[entry.snapshot] = true;
  RegistryLine line{.entry = entry.seq,
                    .at_ms = entry.at_ms,
                    .digest = entry.snapshot,
                    .by = entry.by,
                    .why = value_of(sight, "why"),
                    .changes = "",
                    .in_period = sight.in_period};
  auto parsed = registry::Snapshot::from_canonical(text);
  if (parsed && (*parsed)->digest() != entry.snapshot)
    return found(Finding::swapped_content, fmt::format("entry {}: the registry has another digest", entry.seq));
  if (parsed && registry) line.changes = format(registry::plan(registry.get(), **parsed));
  registry = parsed ? *std::move(parsed) : nullptr;
  if (registries.size() < rows_max) registries.push_back(std::move(line));
  return {};
}

Status Survey::see_hold(const Sight& sight) {
  const auto& entry = sight.entry;
  auto reviewers = admission::parse_reviewers(value_of(sight, "reviewers"), value_of(sight, "text"));
  if (!reviewers)
    return found(Finding::swapped_content, fmt::format("entry {}: {}", entry.seq, reviewers.error().message));
  Ticket ticket{.asked = {},
                .digest = entry.digest,
                .state = entry.state,
                .expires_at_ms = entry.expires_at_ms,
                .reviewers = *std::move(reviewers)};
  ticket.asked = {.ticket = entry.ticket,
                  .action = entry.action,
                  .tool = entry.tool,
                  .agent = entry.agent,
                  .decision = "",
                  .by = "",
                  .reason = "",
                  .asked = asked_of(sight),
                  .asked_at_ms = entry.at_ms,
                  .at_ms = 0,
                  .entry = 0,
                  .asked_entry = entry.seq};
  tickets_[entry.ticket] = std::move(ticket);
  return {};
}

Status Survey::see_decision(const Sight& sight) {
  const auto& entry = sight.entry;
  auto ticket = tickets_.find(entry.ticket);
  if (ticket == tickets_.end())
    return found(Finding::incomplete,
                 fmt::format("entry {} decides about {}, whose hold is not here", entry.seq, entry.ticket));
  bool by_person = entry.state == "approved" || entry.state == "denied";
  const auto& may = ticket->second.reviewers;
  if (by_person && may && std::ranges::find(*may, entry.by) == may->end())
    return found(Finding::forged_approval,
                 fmt::format("entry {}: {} may not decide about {}", entry.seq, printable(entry.by, 80), entry.ticket));
  ticket->second.state = entry.state;
  if (!sight.in_period) return {};
  auto approval = ticket->second.asked;
  approval.decision = entry.state;
  approval.by = entry.by;
  approval.reason = value_of(sight, "why");
  approval.at_ms = entry.at_ms;
  approval.entry = entry.seq;
  decided(std::move(approval));
  return {};
}

void Survey::decided(Approval approval) {
  ++approvals_all;
  sinks_.approval(to_json(approval) + "\n");
  if (approvals.size() < rows_max) approvals.push_back(std::move(approval));
}

// What was held runs with an approval of its own, once and in time.
Status Survey::see_intent(const Sight& sight) {
  const auto& entry = sight.entry;
  if (entry.ticket.empty()) {
    if (entry.verdict != Verdict::hold) return {};
    return found(Finding::forged_approval, fmt::format("entry {} ran without the approval that it needs", entry.seq));
  }
  auto ticket = tickets_.find(entry.ticket);
  if (ticket == tickets_.end())
    return found(Finding::incomplete,
                 fmt::format("entry {} ran by ticket {}, which is not here", entry.seq, entry.ticket));
  auto& known = ticket->second;
  if (known.state == "consumed" || known.digest != entry.digest || known.expires_at_ms <= entry.at_ms)
    return found(Finding::reused_approval,
                 fmt::format("entry {} used ticket {} again, late, or for another request", entry.seq, entry.ticket));
  if (known.state != "approved")
    return found(Finding::forged_approval,
                 fmt::format("entry {} ran by ticket {}, which was not approved", entry.seq, entry.ticket));
  known.state = "consumed";
  return {};
}

void Survey::count(const Sight& sight) {
  const auto& entry = sight.entry;
  if (!sight.taken) {
    ++others;
    return;
  }
  ++kinds[std::string(name(entry.kind))];
  list_action(sight);
  note_end(sight);
  note_exception(sight);
}

void Survey::count_contents(const Sight& sight) {
  for (const auto& content : sight.contents) {
    if (content.state == Content::State::present) ++present;
    if (content.state == Content::State::erased) ++erased;
    if (content.state != Content::State::missing) continue;
    ++missing;
    if (sight.in_period)
      except(sight, "missing", fmt::format("its {} is not there, and no entry says why", content.field));
  }
}

void Survey::list_action(const Sight& sight) {
  const auto& entry = sight.entry;
  if (!names_workflow(entry)) return;
  auto& known = known_[entry.action];
  bool again = known.line != rows_max;
  if (!again) ++actions_all;
  auto& counts = tools[entry.tool];
  auto& bucket = hours[entry.at_ms / hour_ms];
  std::string ended = "not executed";
  if (entry.kind == Kind::intent) ++counts.admitted, ++bucket[0], ended = "";
  if (entry.kind == Kind::hold) ++counts.held, ++bucket[1], ended = "waits for a person";
  if (entry.kind == Kind::refusal) ++counts.refused, ++bucket[2], ++refusals[entry.refused];
  if (again) {
    actions[known.line].ended = ended;
    return;
  }
  if (actions.size() == rows_max) return;
  known.line = actions.size();
  actions.push_back({.entry = entry.seq,
                     .at_ms = entry.at_ms,
                     .action = entry.action,
                     .agent = entry.agent,
                     .workflow = entry.workflow,
                     .tool = entry.tool,
                     .args = asked_of(sight),
                     .verdict = std::string(entry.verdict ? name(*entry.verdict) : ""),
                     .ended = std::move(ended),
                     .rules = entry.rules});
}

std::string Survey::tool_of(const ledger::Entry& entry) const {
  if (!entry.tool.empty()) return entry.tool;
  auto known = known_.find(entry.action);
  return known == known_.end() ? std::string() : known->second.tool;
}

void Survey::note_end(const Sight& sight) {
  const auto& entry = sight.entry;
  if (!entry.outcome) return;
  auto& counts = tools[tool_of(entry)];
  if (entry.outcome == Outcome::failed) ++counts.failed;
  if (entry.outcome == Outcome::ambiguous) ++counts.ambiguous;
  auto known = known_.find(entry.action);
  if (known != known_.end() && known->second.line < rows_max)
    actions[known->second.line].ended = std::string(name(*entry.outcome));
}

void Survey::note_exception(const Sight& sight) {
  const auto& entry = sight.entry;
  auto why = value_of(sight, "why");
  switch (entry.kind) {
    case Kind::refusal: except(sight, "refusal", fmt::format("{}: {}", entry.refused, why)); break;
    case Kind::ambiguous: except(sight, "ambiguous", "nobody knew what it did"); break;
    case Kind::reconcile:
      except(sight, "reconcile", fmt::format("{}: {}", entry.outcome ? name(*entry.outcome) : "", why));
      break;
    case Kind::kill_switch: except(sight, "switch", fmt::format("{}: {}", entry.state, why)); break;
    case Kind::erase:
      if (entry.cause != admission::Prune::cause)  // that is routine
        except(sight, "erasure", fmt::format("contents of {}: {}", erased_of(entry), why));
      break;
    case Kind::legal_hold: except(sight, "legal hold", fmt::format("{}: {}", entry.state, why)); break;
    case Kind::pin:
      if (entry.state == "quarantined") except(sight, "quarantine", "its definition changed");
      break;
    case Kind::token:
      if (entry.state == "revoked") except(sight, "revocation", why);
      break;
    case Kind::start:
      if (running_) except(sight, "start", "after a server that did not stop in good order");
      break;
    default: break;
  }
  if (entry.kind == Kind::start) running_ = true;
  if (entry.kind == Kind::stop) running_ = false;
  if (entry.kind == Kind::outcome && entry.outcome == Outcome::ambiguous)
    except(sight, "ambiguous", "nobody knows what it did");
  if (entry.kind == Kind::intent && names_break_glass(entry))
    except(sight, "break-glass", fmt::format("by {}", join(entry.rules, ", ")));
}

void Survey::except(const Sight& sight, std::string kind, std::string what) {
  const auto& entry = sight.entry;
  auto subject = tool_of(entry);
  if (subject.empty()) subject = !entry.scope.empty() ? entry.scope : entry.token.empty() ? entry.agent : entry.token;
  auto known = known_.find(entry.action);
  auto who = !entry.by.empty()       ? entry.by
             : !entry.agent.empty()  ? entry.agent
             : known == known_.end() ? ""
                                     : known->second.agent;
  Exception exception{entry.at_ms, entry.seq, std::move(kind), std::move(subject), std::move(who), std::move(what)};
  ++exceptions_all;
  sinks_.exception(to_json(exception) + "\n");
  if (exceptions.size() < rows_max) exceptions.push_back(std::move(exception));
}

}  // namespace bw::evidence
