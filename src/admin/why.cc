// SPDX-License-Identifier: Apache-2.0
//
// The question everything here serves: who owned that outcome, what was the agent allowed to do, why did it pass, who
// approved it, how do we reverse it. Answered from what was recorded then, not from what is declared now.
#include <fmt/format.h>

#include <algorithm>

#include "admin/view.h"
#include "admission/absences.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "json/document.h"
#include "json/embed.h"
#include "json/writer.h"

namespace bw::admin {
namespace {

// Everything the answer is made of.
struct Facts {
  admission::ActionRecord record;
  std::shared_ptr<const registry::Snapshot> snapshot;  // the registry of that moment; null when it is not kept
  std::optional<admission::TicketRecord> ticket;
  domain::ToolProfile profile;
  std::string credential, undo, args, checks, result, failure, by_whom;
  std::string reconciled;
  admission::Absences absences;
};

std::string_view part(const std::string& tool, bool own) {
  auto slash = tool.find('/');
  return own ? std::string_view(tool).substr(slash == std::string::npos ? 0 : slash + 1)
             : std::string_view(tool).substr(0, slash);
}

void read_entry(Facts& facts, const ledger::Entry& entry, const admission::ContentValues& contents) {
  facts.absences.add(entry, contents);
  if (!entry.credential.empty()) facts.credential = entry.credential;
  if (!entry.undo.empty()) facts.undo = entry.undo;
  if (!contents.args.empty()) facts.args = contents.args;
  if (!contents.checks.empty()) facts.checks = contents.checks;
  if (!contents.out.empty()) facts.result = contents.out;
  bool says_what_failed = entry.kind == ledger::Kind::outcome || entry.kind == ledger::Kind::refusal ||
                          entry.kind == ledger::Kind::ambiguous;
  if (!contents.why.empty() && says_what_failed) facts.failure = contents.why;
  if (entry.kind == ledger::Kind::reconcile)
    facts.reconciled = fmt::format("{} by {}: {}", entry.outcome ? name(*entry.outcome) : "", entry.by, contents.why);
}

Result<Facts> gather(const Sight& sight, const std::string& id) {
  Facts facts;
  BW_TRY(facts.record, sight.records.action(id));
  const auto& row = facts.record.row;
  std::string digest;
  for (std::size_t i = 0; i < facts.record.entries.size(); ++i) {
    const auto& entry = facts.record.entries[i].entry;
    if (!entry.snapshot.empty()) digest = entry.snapshot;
    read_entry(facts, entry, i < facts.record.contents.size() ? facts.record.contents[i] : admission::ContentValues{});
  }
  if (!digest.empty()) {
    if (auto stored = sight.records.snapshot(digest)) {
      if (auto snapshot = registry::Snapshot::from_canonical(stored->text)) facts.snapshot = std::move(*snapshot);
    }
  }
  if (!row.ticket.empty()) {
    if (auto ticket = sight.records.ticket(row.ticket)) facts.ticket = std::move(*ticket);
  }
  if (facts.snapshot) {
    auto profile = facts.snapshot->profile(part(row.tool, false), part(row.tool, true), row.workflow);
    if (!profile)
      profile = facts.snapshot->read_profile(row.upstream, domain::ActionKind::resource, row.tool, row.workflow);
    if (profile) facts.profile = std::move(*profile);
  }
  return facts;
}

std::string rights(const Facts& facts) {
  const auto& row = facts.record.row;
  if (!facts.snapshot) return "the registry of that moment is not kept";
  const auto* workflow = facts.snapshot->workflow(row.workflow);
  registry::Snapshot::Asked asked{
      .agent = row.agent, .workflow = row.workflow, .upstream = row.upstream, .name = row.tool, .tier = row.tier};
  if (facts.record.entries.front().entry.what) asked.kind = *facts.record.entries.front().entry.what;
  auto granted = facts.snapshot->granted(asked);
  std::string out = granted ? "granted to agent and workflow" : "not granted: " + granted.error().message;
  std::vector<std::string> touches;
  for (auto touch : facts.profile.touches) touches.emplace_back(name(touch));
  out += fmt::format("; tier {}{}, {}", name(row.tier), touches.empty() ? "" : ", touches " + join(touches, " and "),
                     facts.profile.reversible          ? "reversible"
                     : row.tier >= domain::Tier::write ? "not reversible"
                                                       : "no effect to reverse");
  if (workflow) out += fmt::format("; workflow autonomy {}", name(workflow->autonomy));
  return out;
}

std::string owners(const Facts& facts) {
  auto or_nobody = [](const std::string& person) { return person.empty() ? std::string("nobody") : person; };
  return fmt::format("{} is accountable, {} owns the system, {} owns the risk", or_nobody(facts.profile.accountable),
                     or_nobody(facts.profile.system_owner), or_nobody(facts.profile.risk_owner));
}

std::string approver(const Facts& facts) {
  if (!facts.ticket) return facts.record.row.verdict == domain::Verdict::deny ? "nobody was asked" : "none was needed";
  const auto& row = facts.ticket->row;
  if (row.by.empty())
    return fmt::format("{}: {} since {}; {} may decide", row.ticket, name(row.state), format_time(row.opened_at_ms),
                       join(row.reviewers, ", "));
  std::string_view verb = row.state == domain::TicketState::denied      ? "denied"
                          : row.state == domain::TicketState::withdrawn ? "withdrew"
                                                                        : "approved";
  return fmt::format("{} {} it at {} ({}): {}", row.by, verb, format_time(row.decided_at_ms), row.ticket,
                     facts.ticket->reason);
}

// Where an action stands that was held and has no intent.
std::string standing(const Facts& facts) {
  using enum domain::TicketState;
  if (!facts.ticket) return "not executed";
  const auto& ticket = facts.ticket->row;
  if (ticket.state == held) return "not executed; it waits for a human";
  if (ticket.state == approved) return "not executed; it is approved, and its agent has not asked for it again";
  if (ticket.state == consumed) return fmt::format("carried out as {}", ticket.consumed_by);
  return fmt::format("not executed; its ticket is {}", name(ticket.state));
}

std::string outcome(const Facts& facts) {
  const auto& row = facts.record.row;
  if (!facts.reconciled.empty()) return fmt::format("was ambiguous; reconciled as {}", facts.reconciled);
  if (row.outcome == domain::Outcome::ambiguous)
    return fmt::format(
        "ambiguous: it may or may not have happened{}; a retry is refused until `bailiwick reconcile {}`",
        facts.failure.empty() ? "" : " (" + facts.failure + ")", row.action);
  if (row.outcome) {
    return fmt::format("{} after {} ms{}", name(*row.outcome), row.settled_at_ms - row.at_ms,
                       facts.failure.empty() ? "" : ": " + facts.failure);
  }
  if (!row.refused.empty())
    return fmt::format("not executed ({}){}", row.refused, facts.failure.empty() ? "" : ": " + facts.failure);
  return row.intent ? "running" : standing(facts);
}

std::string credential(const Facts& facts) {
  if (facts.credential.empty() || facts.credential == "none") return "none";
  if (facts.credential == admission::agents_own_credential)
    return "the agent's own: it carried this out itself, and the outcome is its word";
  return facts.credential + ", injected by Bailiwick; the agent never saw it";
}

std::string undo(const Facts& facts) {
  if (facts.record.row.tier < domain::Tier::write) return "nothing to undo";
  const std::string& tool = facts.undo.empty() ? facts.profile.undo : facts.undo;
  return tool.empty() ? "no undo is declared" : fmt::format("{} with what the result names", tool);
}

// What finds the answer of a source that decides in that source's own log.
std::string decision_text(json::Value fact) {
  auto digest = fact["digest"].string();
  if (!digest) return {};
  auto id = fact["decision_id"].string();
  return fmt::format("; decision {}, answer {}, within {}", id ? printable(*id) : "without an id",
                     printable(digest->substr(0, 16)), format_duration_ms(fact["within_ms"].integer().value_or(0)));
}

std::string fact_text(json::Value fact) {
  std::string name(fact["fact"].string().value_or("")), source(fact["source"].string().value_or(""));
  if (auto value = fact["value"]; value && fact["age_ms"]) {
    auto age = format_duration_ms(fact["age_ms"].integer().value_or(0));
    return fmt::format("               fact {} was {}, from {}, {} old{}\n", name, printable(value.raw(), 200),
                       printable(source), age, decision_text(fact));
  }
  return fmt::format("               fact {} was {}, from {}: {}\n", name, fact["state"].string().value_or(""),
                     printable(source), printable(fact["detail"].string().value_or("")));
}

std::string rules_text(std::string_view checks) {
  auto document = json::Document::parse(std::string(checks));
  if (!document) return {};
  std::string out;
  auto add = [&out](json::Value rules, std::string_view how) {
    for (json::Value rule : rules.elements()) {
      out += fmt::format("               {} {}", rule["rule"].string().value_or(""), how);
      if (auto file = rule["file"].string()) out += fmt::format(" ({}:{})", *file, rule["line"].integer().value_or(0));
      if (auto reason = rule["reason"].string()) out += fmt::format(": {}", printable(*reason));
      out += '\n';
      for (json::Value term : rule["terms"].elements()) {
        out += fmt::format("                 {} is {}\n", printable(term["text"].string().value_or("")),
                           printable(term["value"].string().value_or("")));
      }
      if (auto error = rule["error"].string())
        out += fmt::format("                 could not be evaluated: {}\n", printable(*error));
    }
  };
  add(document->root()["determining"], "counts");
  add(document->root()["unmet"], "does not count");
  if (auto more = document->root()["unmet_left_out"].integer())
    out += fmt::format("               and {} more rules that do not count\n", *more);
  for (json::Value fact : document->root()["facts"].elements()) out += fact_text(fact);
  for (json::Value change : document->root()["changes"].elements()) {
    auto from = change["from"].exists() ? change["from"].raw() : std::string_view("absent");
    out += fmt::format("               argument {} was {}, sent as {}\n", change["argument"].string().value_or(""),
                       printable(from, 200), printable(change["to"].raw(), 200));
  }
  for (json::Value obligation : document->root()["obligations"].elements()) {
    out += fmt::format("               obliges to {}: {}\n", obligation["type"].string().value_or(""),
                       printable(obligation["arguments"].raw(), 300));
  }
  return out;
}

std::string entries_text(const Facts& facts) {
  std::vector<std::string> parts;
  for (const auto& stored : facts.record.entries)
    parts.push_back(fmt::format("{} {}", stored.entry.seq, name(stored.entry.kind)));
  return fmt::format("entries {}; last leaf {}", join(parts, ", "), facts.record.entries.back().leaf_hash);
}

std::string to_text(const Facts& facts) {
  const auto& row = facts.record.row;
  std::string out = fmt::format("{}  {}\n", row.action, row.tool);
  auto line = [&out](std::string_view label, std::string_view text) {
    out += fmt::format("  {:<11}{}\n", label, printable(text, 2000));
  };
  line("who", fmt::format("agent {} in workflow {}, environment {}, at {}", row.agent, row.workflow, row.environment,
                          format_time(row.at_ms)));
  line("run", row.run);
  line("asked", facts.args.empty() ? "-" : facts.args);
  line("owners", owners(facts));
  line("rights", rights(facts));
  line("verdict", fmt::format("{}{}", name(row.verdict),
                              row.refused.empty() || row.refused == "policy" ? "" : " (" + row.refused + ")"));
  out += rules_text(facts.checks);
  line("approver", approver(facts));
  line("credential", credential(facts));
  line("outcome", outcome(facts));
  if (!facts.result.empty()) line("result", facts.result);
  const auto& [erased, missing] = facts.absences;
  if (!erased.empty()) line("erased", join(erased, ", "));
  if (!missing.empty())
    line("missing", join(missing, ", ") + "; nobody recorded that they were erased: run `bailiwick verify`");
  line("undo", undo(facts));
  line("ledger", entries_text(facts));
  return out;
}

void write_owners(json::Writer& w, const Facts& facts) {
  w.key("owners")
      .begin_object()
      .member("accountable", facts.profile.accountable)
      .member("system_owner", facts.profile.system_owner);
  w.member("risk_owner", facts.profile.risk_owner);
  const auto* agent = facts.snapshot ? facts.snapshot->agent(facts.record.row.agent) : nullptr;
  if (agent) w.member("agent_owner", agent->owner).member("model_steward", agent->steward);
  w.end_object();
}

void write_entries(json::Writer& w, const Facts& facts) {
  w.key("entries").begin_array();
  for (const auto& stored : facts.record.entries) {
    w.begin_object()
        .member("seq", static_cast<std::int64_t>(stored.entry.seq))
        .member("kind", name(stored.entry.kind))
        .member("at", format_time(stored.entry.at_ms));
    w.member("leaf_hash", stored.leaf_hash).member_raw("leaf", stored.leaf).end_object();
  }
  w.end_array();
}

std::string to_json(const Facts& facts) {
  const auto& row = facts.record.row;
  json::Writer w;
  w.begin_object()
      .member("action", row.action)
      .member("tool", row.tool)
      .member("tier", name(row.tier))
      .member("agent", row.agent);
  w.member("workflow", row.workflow)
      .member("environment", row.environment)
      .member("run", row.run)
      .member("at", format_time(row.at_ms));
  json::embed(w, "arguments", facts.args);
  write_owners(w, facts);
  w.member("rights", rights(facts)).member("verdict", name(row.verdict)).optional("refused", row.refused);
  json::embed(w, "checks", facts.checks);
  w.key("approver").begin_object().member("summary", approver(facts));
  if (facts.ticket) {
    w.member("ticket", facts.ticket->row.ticket)
        .member("state", name(facts.ticket->row.state))
        .optional("by", facts.ticket->row.by)
        .optional("reason", facts.ticket->reason);
  }
  w.end_object().member("credential", facts.credential.empty() ? "none" : facts.credential);
  if (row.outcome) w.member("outcome", name(*row.outcome));
  w.member("outcome_summary", outcome(facts));
  json::embed(w, "result", facts.result);
  w.optional("erased", join(facts.absences.erased, ", ")).optional("missing", join(facts.absences.missing, ", "));
  w.optional("failure", facts.failure).member("undo", undo(facts));
  write_entries(w, facts);
  return std::move(w.end_object()).text();
}

Result<View> why_run(const Sight& sight, const std::string& id) {
  BW_TRY(admission::RunRow run, sight.records.run(id));
  auto parameter = [&id](std::string_view name) {
    return name == "run" ? id : name == "limit" ? std::string("1000") : std::string();
  };
  BW_TRY(View list, actions(sight, parameter));
  std::string text = fmt::format(
      "{}  agent {} in workflow {}, {} to {}\n  {} admitted, {} held, {} refused, {} failed, {} ambiguous\n", run.run,
      run.agent, run.workflow, format_time(run.first_at_ms), format_time(run.last_at_ms), run.admitted, run.held,
      run.refused, run.failed, run.ambiguous);
  return View{std::move(list.json), text + list.text + "why of one: bailiwick why ACTION\n"};
}

}  // namespace

Result<View> why(const Sight& sight, const std::string& id) {
  std::string action = id;
  if (id.starts_with("tkt_")) {
    BW_TRY(admission::TicketRecord ticket, sight.records.ticket(id));
    action = ticket.row.consumed_by.empty() ? ticket.row.action : ticket.row.consumed_by;
  }
  auto facts = gather(sight, action);
  if (facts) return View{to_json(*facts), to_text(*facts)};
  if (facts.error().code != Code::not_found) return fail(std::move(facts).error());
  if (auto run = why_run(sight, id)) return run;
  return fail(Code::not_found,
              fmt::format("no action, ticket or run `{}` in the ledger; `bailiwick actions` lists the latest",
                          printable(id, 80)));
}

}  // namespace bw::admin
