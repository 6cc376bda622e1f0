// SPDX-License-Identifier: Apache-2.0
//
// A recorded run as people and programs read it: replay::to_text and to_json.
#include <fmt/format.h>

#include <algorithm>

#include "admission/absences.h"
#include "base/clock.h"
#include "base/text.h"
#include "json/document.h"
#include "json/embed.h"
#include "json/writer.h"
#include "replay/recorded_run.h"
#include "replay/rejudge.h"

namespace bw::replay {
namespace {

constexpr std::size_t shown_max = 2'000;    // bytes of a content, in text
constexpr std::size_t timeline_width = 30;  // characters

std::string rules_text(const std::vector<std::string>& rules) { return rules.empty() ? "no rule" : join(rules, ", "); }

// A content of any of an action's entries: the newest that there is.
std::string content(const Step& step, ledger::Field field) {
  for (auto contents = step.record.contents.rbegin(); contents != step.record.contents.rend(); ++contents) {
    if (!contents->value(field).empty()) return contents->value(field);
  }
  return {};
}

std::int64_t ended_ms(const Step& step) { return step.record.entries.back().entry.at_ms; }

// When the run was at work: a step is drawn where it stands in the time of the run, dotted while it waited for its admission.
class Timeline {
 public:
  explicit Timeline(const RecordedRun& run) {
    if (run.steps.empty()) return;
    begin_ = arrived_ms(run.steps.front().first());
    end_ = begin_ + 1;
    for (const Step& step : run.steps) {
      begin_ = std::min(begin_, arrived_ms(step.first()));
      end_ = std::max(end_, ended_ms(step));
    }
  }

  std::int64_t begin_ms() const { return begin_; }
  std::int64_t ms() const { return end_ - begin_; }

  std::string bar(const Step& step) const {
    std::string out(timeline_width, ' ');
    std::size_t from = place(arrived_ms(step.first())), to = place(ended_ms(step));
    std::size_t sent = to + 1;
    for (const auto& stored : step.record.entries) {
      if (stored.entry.kind == ledger::Kind::intent) sent = place(stored.entry.at_ms);
    }
    for (std::size_t i = from; i <= to; ++i) out[i] = i < sent ? '.' : '=';
    return out;
  }

 private:
  std::size_t place(std::int64_t at_ms) const {
    auto at = static_cast<std::size_t>(std::clamp<std::int64_t>(at_ms - begin_, 0, end_ - begin_));
    return std::min(timeline_width - 1, at * timeline_width / static_cast<std::size_t>(end_ - begin_));
  }

  std::int64_t begin_ = 0, end_ = 1;
};

std::string became(const Step& step) {
  const auto& row = step.record.row;
  if (row.outcome) return fmt::format("{}", name(*row.outcome));
  if (!row.refused.empty()) return fmt::format("not executed ({})", row.refused);
  if (row.intent) return "running";
  return row.ticket.empty() ? "not executed" : fmt::format("not executed; ticket {}", row.ticket);
}

std::string again_text(const Step& step) {
  const Again& again = *step.again;
  if (!again.verdict) return "not decided again: " + again.why_not;
  if (!step.differs()) return "the same";
  auto out = fmt::format("{} by {}: {}", name(*again.verdict), rules_text(again.rules), again.reason);
  return again.doubt.empty() ? out : out + " (" + again.doubt + ")";
}

std::string judged_by(const Step& step) {
  std::string out;
  auto checks = json::Document::parse(content(step, ledger::Field::checks));
  if (!checks) return out;
  for (json::Value fact : checks->root()["facts"].elements()) {
    auto value = fact["value"] ? printable(fact["value"].raw(), 200) : std::string(fact["state"].string().value_or(""));
    out += fmt::format("       fact     {} was {}\n", fact["fact"].string().value_or(""), value);
  }
  for (json::Value change : checks->root()["changes"].elements()) {
    auto from = change["from"] ? printable(change["from"].raw(), 200) : std::string("absent");
    out += fmt::format("       changed  {} was {}, sent as {}\n", change["argument"].string().value_or(""), from,
                       printable(change["to"].raw(), 200));
  }
  return out;
}

std::string meters_text(const Step& step) {
  std::string out;
  for (const auto& stored : step.record.entries) {
    for (const auto& charge : stored.entry.charges)
      out += fmt::format("       meter    {} + {}, of {}\n", charge.meter, charge.amount, charge.limit);
  }
  return out;
}

std::string step_text(const Step& step, std::size_t number, const Timeline& timeline, const std::string& by) {
  const auto& first = step.first();
  auto line = [](std::string_view label, const std::string& text) {
    return text.empty() ? std::string() : fmt::format("       {:<9}{}\n", label, printable(text, shown_max));
  };
  std::string out = fmt::format("{:>5}  |{}|  {:>+9} ms  {}  {}  {}\n", number, timeline.bar(step),
                                arrived_ms(first) - timeline.begin_ms(), printable(first.tool, 80),
                                name(verdict_then(first)), became(step));
  out += line("action", first.action);
  out += line("asked", content(step, ledger::Field::args));
  out += line("rules", rules_text(first.rules));
  out += judged_by(step) + meters_text(step);
  out += line("answered", content(step, ledger::Field::out));
  out += line("words", content(step, ledger::Field::why));
  auto [erased, missing] = admission::absences_of(step.record);
  out += line("erased", join(erased, "; "));
  if (!missing.empty()) out += line("missing", join(missing, "; ") + "; nobody recorded that they were erased");
  if (step.again) out += line(by == "then" || by == "now" ? by : "else", again_text(step));
  return out;
}

struct Sums {
  std::size_t same = 0, different = 0, not_decided = 0;
};

Sums sums(const RecordedRun& run) {
  Sums out;
  for (const Step& step : run.steps) {
    if (!step.again) continue;
    ++(!step.again->verdict ? out.not_decided : step.differs() ? out.different : out.same);
  }
  return out;
}

void write_names(json::Writer& w, std::string_view key, const std::vector<std::string>& names) {
  w.key(key).begin_array();
  for (const auto& one : names) w.string(one);
  w.end_array();
}

void write_again(json::Writer& w, const Step& step) {
  if (!step.again) return;
  const Again& again = *step.again;
  w.key("again").begin_object();
  if (again.verdict) {
    w.member("verdict", name(*again.verdict));
    write_names(w, "rules", again.rules);
    w.member("differs", step.differs()).member("reason", again.reason).optional("doubt", again.doubt);
  } else {
    w.member("not_decided", again.why_not);
  }
  w.end_object();
}

void write_step(json::Writer& w, const Step& step) {
  const auto& first = step.first();
  w.begin_object().member("action", first.action).member("tool", first.tool);
  w.member("at", format_time(arrived_ms(first))).member("ended", format_time(ended_ms(step)));
  w.member("verdict", name(verdict_then(first)));
  write_names(w, "rules", first.rules);
  w.optional("refused", step.record.row.refused).optional("ticket", step.record.row.ticket);
  if (step.record.row.outcome) w.member("outcome", name(*step.record.row.outcome));
  json::embed(w, "arguments", content(step, ledger::Field::args));
  json::embed(w, "checks", content(step, ledger::Field::checks));
  w.key("charges").begin_array();
  for (const auto& stored : step.record.entries) {
    for (const auto& charge : stored.entry.charges) {
      w.begin_object().member("meter", charge.meter).member("amount", charge.amount).member("limit", charge.limit);
      w.end_object();
    }
  }
  w.end_array();
  json::embed(w, "result", content(step, ledger::Field::out));
  w.optional("words", content(step, ledger::Field::why));
  auto [erased, missing] = admission::absences_of(step.record);
  write_names(w, "erased", erased);
  write_names(w, "missing", missing);
  w.key("entries").begin_array();
  for (const auto& stored : step.record.entries) w.number(static_cast<std::int64_t>(stored.entry.seq));
  w.end_array();
  write_again(w, step);
  w.end_object();
}

}  // namespace

std::string to_text(const RecordedRun& run, const std::string& by) {
  Timeline timeline(run);
  std::string out = fmt::format("{}  agent {} in workflow {}, environment {}\n{} actions from {}, in {} ms\n\n",
                                run.row.run, run.row.agent, run.row.workflow, run.row.environment, run.steps.size(),
                                format_time(timeline.begin_ms()), timeline.ms());
  std::size_t number = 0;
  for (const Step& step : run.steps) out += step_text(step, ++number, timeline, by);
  if (by.empty()) return out;
  auto [same, different, not_decided] = sums(run);
  return out + fmt::format("\ndecided again by {}: {} the same, {} otherwise, {} not decided\n",
                           by == "then"  ? "the registries of then"
                           : by == "now" ? std::string("the registry that is live")
                                         : "`" + by + "`",
                           same, different, not_decided);
}

std::string to_json(const RecordedRun& run, const std::string& by) {
  json::Writer w;
  w.begin_object().member("run", run.row.run).member("agent", run.row.agent).member("workflow", run.row.workflow);
  w.member("environment", run.row.environment).optional("decided_by", by).key("steps").begin_array();
  for (const Step& step : run.steps) write_step(w, step);
  w.end_array();
  auto number = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  if (!by.empty()) {
    auto [same, different, not_decided] = sums(run);
    w.member("same", number(same)).member("different", number(different)).member("not_decided", number(not_decided));
  }
  return std::move(w.end_object()).text() + "\n";
}

}  // namespace bw::replay
