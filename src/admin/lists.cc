// SPDX-License-Identifier: Apache-2.0
//
// The views that are lists of rows.
#include <fmt/format.h>

#include <charconv>

#include "admin/table.h"
#include "admin/view.h"
#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"

namespace bw::admin {
namespace {

std::string when(std::int64_t ms) { return ms == 0 ? "-" : format_time(ms); }

std::string left(std::int64_t until_ms, std::int64_t now_ms) {
  std::int64_t s = (until_ms - now_ms) / 1000;
  if (s <= 0) return "due";
  if (s < 120) return fmt::format("{}s", s);
  if (s < 7200) return fmt::format("{}m", s / 60);
  return fmt::format("{}h", s / 3600);
}

std::string_view ended(const admission::ActionRow& row) {
  if (row.outcome) return name(*row.outcome);
  if (!row.refused.empty()) return row.refused;
  return row.intent ? "running" : "waiting";
}

void write(json::Writer& w, const admission::ActionRow& row) {
  w.begin_object().member("action", row.action).member("at", format_time(row.at_ms)).member("run", row.run);
  w.member("agent", row.agent).member("workflow", row.workflow).member("environment", row.environment);
  w.member("upstream", row.upstream)
      .member("tool", row.tool)
      .member("tier", name(row.tier))
      .member("verdict", name(row.verdict));
  w.optional("refused", row.refused);
  if (row.outcome) w.member("outcome", name(*row.outcome));
  w.optional("ticket", row.ticket);
  if (row.settled_at_ms > 0) w.member("settled_at", format_time(row.settled_at_ms));
  w.key("entries").begin_array();
  for (auto seq : row.entries) w.integer(static_cast<std::int64_t>(seq));
  w.end_array().end_object();
}

Result<std::size_t> limit_of(const Parameter& parameter) {
  std::string text = parameter("limit");
  if (text.empty()) return 100;
  std::size_t limit = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc{} || end != text.data() + text.size() || limit == 0 || limit > 1000) {
    return fail(Code::invalid_argument,
                fmt::format("limit `{}`: expected a number from 1 to 1000", printable(text, 40)));
  }
  return limit;
}

// "2h" (that long ago) or a time.
Result<std::int64_t> since_of(const Parameter& parameter, std::int64_t now_ms) {
  std::string text = parameter("since");
  if (text.empty()) return 0;
  if (auto ago = parse_duration_ms(text)) return now_ms - *ago;
  return parse_time(text);
}

template <class Word, class Parse>
Result<std::optional<Word>> word_of(const Parameter& parameter, std::string_view what, Parse parse) {
  std::string text = parameter(what);
  if (text.empty()) return std::optional<Word>();
  auto word = parse(text);
  if (!word) return fail(Code::invalid_argument, fmt::format("{} `{}` is none", what, printable(text, 40)));
  return word;
}

std::string page_end(const std::string& next) { return next.empty() ? "" : fmt::format("more: --cursor {}\n", next); }

}  // namespace

Result<View> actions(const Sight& sight, const Parameter& parameter) {
  admission::ActionFilter filter{.agent = parameter("agent"),
                                 .workflow = parameter("workflow"),
                                 .run = parameter("run"),
                                 .tool = parameter("tool"),
                                 .cursor = parameter("cursor")};
  BW_TRY(filter.verdict, word_of<domain::Verdict>(parameter, "verdict", domain::parse_verdict));
  BW_TRY(filter.outcome, word_of<domain::Outcome>(parameter, "outcome", domain::parse_outcome));
  BW_TRY(filter.since_ms, since_of(parameter, sight.now_ms));
  BW_TRY(filter.limit, limit_of(parameter));
  BW_TRY(admission::ActionPage page, sight.records.actions(filter));
  Table table({"ACTION", "AT", "AGENT", "TOOL", "TIER", "VERDICT", "ENDED"});
  json::Writer w;
  w.begin_object().key("actions").begin_array();
  for (const auto& row : page.actions) {
    table.add({row.action, when(row.at_ms), row.agent, row.tool, std::string(name(row.tier)),
               std::string(name(row.verdict)), std::string(ended(row))});
    write(w, row);
  }
  w.end_array().optional("next", page.next).end_object();
  return View{std::move(w).text(), (table.empty() ? "no actions\n" : table.text()) + page_end(page.next)};
}

Result<View> runs(const Sight& sight, const Parameter& parameter) {
  admission::RunFilter filter{
      .agent = parameter("agent"), .workflow = parameter("workflow"), .cursor = parameter("cursor")};
  BW_TRY(filter.since_ms, since_of(parameter, sight.now_ms));
  BW_TRY(filter.limit, limit_of(parameter));
  BW_TRY(admission::RunPage page, sight.records.runs(filter));
  Table table({"RUN", "LAST", "AGENT", "WORKFLOW", "ADMITTED", "HELD", "REFUSED", "FAILED", "AMBIGUOUS"});
  json::Writer w;
  w.begin_object().key("runs").begin_array();
  for (const auto& row : page.runs) {
    auto n = [](std::int64_t count) { return std::to_string(count); };
    table.add({row.run, when(row.last_at_ms), row.agent, row.workflow, n(row.admitted), n(row.held), n(row.refused),
               n(row.failed), n(row.ambiguous)});
    w.begin_object()
        .member("run", row.run)
        .member("agent", row.agent)
        .member("workflow", row.workflow)
        .member("environment", row.environment);
    w.member("first_at", format_time(row.first_at_ms))
        .member("last_at", format_time(row.last_at_ms))
        .member("admitted", row.admitted);
    w.member("held", row.held)
        .member("refused", row.refused)
        .member("settled", row.settled)
        .member("failed", row.failed)
        .member("ambiguous", row.ambiguous)
        .end_object();
  }
  w.end_array().optional("next", page.next).end_object();
  return View{std::move(w).text(), (table.empty() ? "no runs\n" : table.text()) + page_end(page.next)};
}

Result<View> reviews(const Sight& sight, const Parameter& parameter) {
  admission::TicketFilter filter{
      .open = parameter("all").empty(), .agent = parameter("agent"), .cursor = parameter("cursor")};
  BW_TRY(filter.limit, limit_of(parameter));
  BW_TRY(admission::TicketPage page, sight.records.tickets(filter));
  std::string text;
  json::Writer w;
  w.begin_object().key("reviews").begin_array();
  for (const auto& ticket : page.tickets) {
    const auto& row = ticket.row;
    auto checks = json::Document::parse(ticket.checks);
    std::string why = checks ? std::string(checks->root()["reason"].string().value_or("")) : "";
    text += fmt::format("{}  {}  {}  by {} in {}  {}\n    {}\n", row.ticket, name(row.state), row.tool, row.agent,
                        row.workflow, row.open() ? "expires in " + left(row.expires_at_ms, sight.now_ms) : "",
                        printable(why));
    text +=
        fmt::format("    {}\n    reviewers: {}\n", printable(ticket.request.arguments, 600), join(row.reviewers, ", "));
    if (!row.by.empty()) text += fmt::format("    {} by {}: {}\n", name(row.state), row.by, printable(ticket.reason));
    w.begin_object()
        .member("ticket", row.ticket)
        .member("state", name(row.state))
        .member("action", row.action)
        .member("digest", row.digest);
    w.member("run", row.run)
        .member("agent", row.agent)
        .member("workflow", row.workflow)
        .member("environment", row.environment);
    w.member("tool", row.tool)
        .member("tier", name(row.tier))
        .member("opened_at", format_time(row.opened_at_ms))
        .member("expires_at", format_time(row.expires_at_ms));
    w.member_raw("arguments", ticket.request.arguments.empty() ? "{}" : ticket.request.arguments)
        .member("reason_held", why)
        .key("reviewers")
        .begin_array();
    for (const auto& reviewer : row.reviewers) w.string(reviewer);
    w.end_array().optional("by", row.by).optional("reason", ticket.reason).optional("consumed_by", row.consumed_by);
    if (row.decided_at_ms > 0) w.member("decided_at", format_time(row.decided_at_ms));
    if (checks) w.member_raw("checks", ticket.checks);
    w.end_object();
  }
  w.end_array().optional("next", page.next).end_object();
  if (text.empty()) text = "nothing to review\n";
  return View{std::move(w).text(), text + page_end(page.next)};
}

namespace {

// How scopes are called in a list of what is on or off for them.
struct ScopeWords {
  const char* list;
  const char* on;
  const char* off;
  const char* none;
};

template <class Record>
View by_scope(const std::vector<Record>& records, const ScopeWords& words) {
  Table table({"SCOPE", "STATE", "SINCE", "BY", "REASON"});
  json::Writer w;
  w.begin_object().key(words.list).begin_array();
  for (const auto& [row, reason] : records) {
    table.add({to_string(row.scope), row.on ? words.on : words.off, when(row.at_ms), row.by, reason});
    w.begin_object().member("scope", to_string(row.scope)).member("on", row.on).member("at", format_time(row.at_ms));
    w.member("by", row.by).member("reason", reason).member("entry", static_cast<std::int64_t>(row.entry)).end_object();
  }
  return {std::move(w.end_array().end_object()).text(), table.empty() ? words.none : table.text()};
}

}  // namespace

Result<View> switches(const Sight& sight) {
  BW_TRY(auto rows, sight.records.switches());
  return by_scope(rows, {"switches", "killed", "running", "no switch was ever set\n"});
}

Result<View> legal_holds(const Sight& sight) {
  BW_TRY(auto rows, sight.records.legal_holds());
  return by_scope(rows, {"legal_holds", "set", "cleared", "no legal hold was ever set\n"});
}

Result<View> tokens(const Sight& sight, const std::string& agent) {
  BW_TRY(auto rows, sight.records.tokens(agent));
  Table table({"TOKEN", "AGENT", "WORKFLOW", "ENVIRONMENT", "STATE", "ISSUED", "BY"});
  json::Writer w;
  w.begin_object().key("tokens").begin_array();
  for (const auto& row : rows) {
    std::string state = row.revoked_at_ms > 0               ? "revoked"
                        : row.expires_at_ms <= sight.now_ms ? "expired"
                                                            : "good for " + left(row.expires_at_ms, sight.now_ms);
    table.add({row.token, row.agent, row.workflow, row.environment, state, when(row.issued_at_ms), row.by});
    w.begin_object()
        .member("token", row.token)
        .member("agent", row.agent)
        .member("workflow", row.workflow)
        .member("environment", row.environment);
    w.member("issued_at", format_time(row.issued_at_ms))
        .member("expires_at", format_time(row.expires_at_ms))
        .member("by", row.by);
    if (row.revoked_at_ms > 0) w.member("revoked_at", format_time(row.revoked_at_ms));
    w.end_object();
  }
  return View{std::move(w.end_array().end_object()).text(), table.empty() ? "no tokens\n" : table.text()};
}

Result<View> snapshots(const Sight& sight) {
  BW_TRY(auto records, sight.records.snapshots(100));
  Table table({"DIGEST", "APPLIED", "AUTHOR", "MESSAGE"});
  json::Writer w;
  w.begin_object().key("snapshots").begin_array();
  for (const auto& record : records) {
    table.add({record.row.digest.substr(0, 16), when(record.row.at_ms), record.row.author, record.message});
    w.begin_object()
        .member("digest", record.row.digest)
        .member("at", format_time(record.row.at_ms))
        .member("author", record.row.author);
    w.member("message", record.message).member("entry", static_cast<std::int64_t>(record.row.entry)).end_object();
  }
  return View{std::move(w.end_array().end_object()).text(), table.text()};
}

Result<View> snapshot(const Sight& sight, const std::string& digest) {
  BW_TRY(auto records, sight.records.snapshots(1000));
  for (const auto& record : records) {
    if (digest.size() < 8 || !record.row.digest.starts_with(digest)) continue;
    BW_TRY(auto whole, sight.records.snapshot(record.row.digest));
    return View{whole.text, whole.text + "\n"};
  }
  return fail(Code::not_found,
              fmt::format("no applied registry has a digest that starts with `{}` (give at least 8 digits)",
                          printable(digest, 80)));
}

Result<View> meters(const Sight& sight) {
  BW_TRY(auto readings, sight.records.meters(sight.now_ms));
  Table table({"METER", "OF", "USED", "LIMIT", "WINDOW"});
  json::Writer w;
  w.begin_object().key("meters").begin_array();
  for (const auto& reading : readings) {
    std::string key = reading.key;
    for (char& c : key) c = c == '\x1f' ? ' ' : c;
    table.add({reading.meter, key, std::to_string(reading.used), std::to_string(reading.limit),
               reading.window_ms ? format_duration_ms(reading.window_ms) : "in flight"});
    w.begin_object()
        .member("meter", reading.meter)
        .member("key", key)
        .member("used", reading.used)
        .member("limit", reading.limit)
        .member("window_ms", reading.window_ms)
        .end_object();
  }
  return View{std::move(w.end_array().end_object()).text(),
              table.empty() ? "no meter counted anything yet\n" : table.text()};
}

Result<View> ambiguous(const Sight& sight) {
  BW_TRY(auto rows, sight.records.ambiguous());
  Table table({"ACTION", "AT", "AGENT", "TOOL", "RUN"});
  json::Writer w;
  w.begin_object().key("actions").begin_array();
  for (const auto& row : rows) {
    table.add({row.action, when(row.at_ms), row.agent, row.tool, row.run});
    write(w, row);
  }
  std::string text =
      table.empty()
          ? "nothing to reconcile\n"
          : table.text() +
                "find out what happened, then: bailiwick reconcile ACTION --outcome succeeded|not_executed --by YOU --reason …\n";
  return View{std::move(w.end_array().end_object()).text(), std::move(text)};
}

}  // namespace bw::admin
