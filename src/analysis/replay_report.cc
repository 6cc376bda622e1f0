// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "analysis/replay.h"
#include "base/clock.h"
#include "base/text.h"
#include "json/writer.h"

namespace bw::analysis {
namespace {

using domain::Verdict;

constexpr std::array<Verdict, 3> verdicts{Verdict::allow, Verdict::hold, Verdict::deny};
constexpr std::size_t rules_shown = 5;  // of each change

std::string change(Verdict was, Verdict is) { return fmt::format("{}->{}", name(was), name(is)); }

std::string rules(const std::vector<std::string>& ids) { return ids.empty() ? "no rule" : join(ids, ", "); }

std::string table(const ReplayReport& report) {
  std::string out = fmt::format("{:<10}", "");
  for (Verdict is : verdicts) out += fmt::format("{:>14}", fmt::format("is {}", name(is)));
  for (Verdict was : verdicts) {
    out += fmt::format("\n{:<10}", fmt::format("was {}", name(was)));
    for (Verdict is : verdicts) out += fmt::format("{:>14}", report.count(was, is));
  }
  return out + "\n";
}

// The rules that decide the most actions of a change, most first.
std::vector<std::pair<std::string, std::uint64_t>> top_rules(const ReplayReport& report, Verdict was, Verdict is) {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  if (auto found = report.rules.find({was, is}); found != report.rules.end())
    out.assign(found->second.begin(), found->second.end());
  std::ranges::sort(
      out, [](const auto& a, const auto& b) { return std::tie(b.second, a.first) < std::tie(a.second, b.first); });
  if (out.size() > rules_shown) out.resize(rules_shown);
  return out;
}

std::string one_change(const ReplayReport& report, Verdict was, Verdict is) {
  if (was == is || report.count(was, is) == 0) return {};
  std::string out = fmt::format("\n{}: {}\n", change(was, is), report.count(was, is));
  for (const auto& [rule, n] : top_rules(report, was, is)) out += fmt::format("  {:>10}  {}\n", n, rule);
  for (const auto& e : report.examples) {
    if (e.was != was || e.is != is) continue;
    out += fmt::format("  e.g. {} {} by {} at {} (was: {})\n", e.action, e.tool, e.agent, format_time(e.at_ms),
                       rules(e.rules_was));
  }
  return out;
}

std::string reviews(const ReplayReport& report) {
  std::int64_t extra = report.extra_reviews();
  if (extra == 0) return "as many reviews as before\n";
  std::string out = fmt::format("{} {} reviews", std::abs(extra), extra > 0 ? "more" : "fewer");
  if (report.days() < 1) return out + fmt::format(" in {:.1f} hours\n", report.days() * 24);
  return out + fmt::format(", {:.1f} a day over {:.1f} days\n", static_cast<double>(std::abs(extra)) / report.days(),
                           report.days());
}

std::optional<Verdict> parse_side(std::string_view word, bool& good) {
  auto verdict = domain::parse_verdict(word);
  good = good && (verdict || word == "any");
  return verdict;
}

}  // namespace

bool FailOn::met(const ReplayReport& report) const {
  if (not_replayed) return report.missing() > more_than;
  std::uint64_t n = 0;
  for (Verdict from : verdicts) {
    for (Verdict to : verdicts) {
      bool counts = from != to && (!was || *was == from) && (!is || *is == to);
      n += counts ? report.count(from, to) : 0;
    }
  }
  return n > more_than;
}

Result<FailOn> parse_fail_on(std::string_view text) {
  auto wrong = [&] {
    return fail(Code::invalid_argument,
                fmt::format("`{}` is no bound; expected FROM->TO>N with allow, hold, deny or any, or not-replayed>N",
                            printable(text, 80)));
  };
  FailOn out{.was = {}, .is = {}, .text = std::string(text)};
  auto bound = text.rfind('>');
  if (bound == std::string_view::npos) return wrong();
  auto number = text.substr(bound + 1), what = text.substr(0, bound);
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), out.more_than);
  if (number.empty() || error != std::errc() || end != number.data() + number.size()) return wrong();
  if (what == "not-replayed") {
    out.not_replayed = true;
    return out;
  }
  auto arrow = what.find("->");
  if (arrow == std::string_view::npos) return wrong();
  bool good = true;
  out.was = parse_side(what.substr(0, arrow), good);
  out.is = parse_side(what.substr(arrow + 2), good);
  if (!good || (out.was && out.was == out.is)) return wrong();
  return out;
}

std::string to_text(const ReplayReport& report) {
  std::string out = fmt::format("{} recorded actions, {} decided again\n", report.actions, report.replayed());
  if (report.actions == 0) return out;
  out += fmt::format("from {} to {}\n\n{}", format_time(report.first_ms), format_time(report.last_ms), table(report));
  for (Verdict was : verdicts)
    for (Verdict is : verdicts) out += one_change(report, was, is);
  out += "\n" + reviews(report);
  for (const auto& [meter, amount] : report.newly_allowed)
    out += fmt::format("newly allowed money: {} by meter {}\n", amount, meter);
  if (report.money_unmetered > 0)
    out += fmt::format("newly allowed money: {} actions whose amount no meter sums\n", report.money_unmetered);
  for (const auto& [reason, skipped] : report.not_replayed)
    out += fmt::format("not decided again: {} actions: {} (e.g. {})\n", skipped.actions, reason, skipped.example);
  return out + "limits of meters, switches and approvals belong to the moment of admission and are not played again\n";
}

std::string to_json(const ReplayReport& report) {
  json::Writer w;
  auto number = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
  w.begin_object().member("actions", number(report.actions)).member("replayed", number(report.replayed()));
  if (report.actions > 0) w.member("first", format_time(report.first_ms)).member("last", format_time(report.last_ms));
  w.key("matrix").begin_object();
  for (Verdict was : verdicts) {
    w.key(name(was)).begin_object();
    for (Verdict is : verdicts) w.member(name(is), number(report.count(was, is)));
    w.end_object();
  }
  w.end_object().key("changes").begin_array();
  for (const auto& [sides, counts] : report.rules) {
    auto [was, is] = sides;
    w.begin_object().member("was", name(was)).member("is", name(is)).member("actions", number(report.count(was, is)));
    w.key("rules").begin_object();
    for (const auto& [rule, n] : counts) w.member(rule, number(n));
    w.end_object().key("examples").begin_array();
    for (const auto& e : report.examples) {
      if (e.was != was || e.is != is) continue;
      w.begin_object().member("action", e.action).member("tool", e.tool).member("agent", e.agent);
      w.member("at", format_time(e.at_ms)).end_object();
    }
    w.end_array().end_object();
  }
  w.end_array().member("extra_reviews", report.extra_reviews()).key("newly_allowed").begin_object();
  for (const auto& [meter, amount] : report.newly_allowed) w.member(meter, amount);
  w.end_object().member("money_unmetered", number(report.money_unmetered)).key("not_replayed").begin_array();
  for (const auto& [reason, skipped] : report.not_replayed) {
    w.begin_object().member("reason", reason).member("actions", number(skipped.actions));
    w.member("example", skipped.example).end_object();
  }
  return std::move(w.end_array().end_object()).text() + "\n";
}

}  // namespace bw::analysis
