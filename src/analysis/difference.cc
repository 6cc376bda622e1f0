// SPDX-License-Identifier: Apache-2.0
#include "analysis/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "analysis/terms.h"
#include "base/text.h"
#include "json/writer.h"

namespace bw::analysis {
namespace {

bool same(const domain::Match& a, const domain::Match& b) {
  auto parts = [](const domain::Match& m) {
    return std::tie(m.tool, m.resource, m.prompt, m.upstream, m.agent, m.workflow, m.environment, m.tier);
  };
  return parts(a) == parts(b);
}

bool same(const domain::Rule& a, const domain::Rule& b) {
  if (!same(a.match, b.match) || a.effect != b.effect || a.tightens != b.tightens || a.unattended.empty() != b.unattended.empty()) return false;
  for (const RuleList& list : rule_lists()) {
    if (!std::ranges::equal(a.*list.member, b.*list.member, {}, &domain::Expression::text, &domain::Expression::text))
      return false;
  }
  return std::ranges::equal(a.obligations, b.obligations, [](const auto& x, const auto& y) {
    return x.type == y.type && x.arguments == y.arguments;
  });
}

bool same(const domain::Meter& a, const domain::Meter& b) {
  return a.name == b.name && same(a.match, b.match) && a.per == b.per && a.window_ms == b.window_ms &&
         a.limit == b.limit && (a.sum ? a.sum->text : "") == (b.sum ? b.sum->text : "") &&
         (a.by ? a.by->text : "") == (b.by ? b.by->text : "");
}

bool same(const policy::ToolShape& a, const policy::ToolShape& b) {
  return a.profile.tier == b.profile.tier && a.profile.reversible == b.profile.reversible &&
         a.profile.touches == b.profile.touches && a.profile.environment == b.profile.environment &&
         a.input_schema == b.input_schema;
}

std::map<std::string, const domain::Rule*> rules_of(const policy::Sources& sources) {
  std::map<std::string, const domain::Rule*> out;
  for (const auto& policy : sources.policies)
    for (const auto& rule : policy.rules) out.emplace(rule.id, &rule);
  return out;
}

std::set<std::string> changed_rules(const policy::Sources& before, const policy::Sources& after) {
  auto old_rules = rules_of(before), new_rules = rules_of(after);
  std::set<std::string> out;
  for (const auto& [id, rule] : old_rules) {
    auto found = new_rules.find(id);
    if (found == new_rules.end() || !same(*rule, *found->second)) out.insert(id);
  }
  for (const auto& [id, rule] : new_rules)
    if (!old_rules.contains(id)) out.insert(id);
  return out;
}

std::string_view difference(const Outcome& before, const Outcome& after) {
  if (before.verdict != after.verdict) return "verdict";
  if (before.obligations != after.obligations) return "obligations";
  return before.charges != after.charges ? "meters" : "";
}

class Comparison {
 public:
  Comparison(const Version& before, const Version& after, const RequestLimits& limits)
      : before_(before), after_(after), limits_(limits), versions_{&before.sources, &after.sources} {}

  DifferenceReport run() {
    auto changed = changed_rules(before_.sources, after_.sources);
    report_.rules.assign(changed.begin(), changed.end());
    bool everything = changed_everywhere();
    for (const Subject& subject : subjects(versions_)) {
      std::set<std::string> focus;
      bool whole = everything || changed_tool(subject);
      for (const auto* sources : versions_) {
        for (const auto& [id, rule] : rules_of(*sources)) {
          if ((whole || changed.contains(id)) && speaks_of(rule->match, subject, *sources)) focus.insert(id);
        }
      }
      if (whole || !focus.empty()) compare(subject, focus);
    }
    return std::move(report_);
  }

 private:
  // What every rule can depend on.
  bool changed_everywhere() const {
    const auto &a = before_.sources, &b = after_.sources;
    return a.workflows != b.workflows ||
           !std::ranges::equal(a.meters, b.meters, [](const auto& x, const auto& y) { return same(x, y); }) ||
           !std::ranges::equal(a.facts, b.facts,
                               [](const auto& x, const auto& y) { return x.name == y.name && x.type == y.type; });
  }

  bool changed_tool(const Subject& subject) const {
    if (subject.kind != domain::ActionKind::tool) return false;
    std::array<const policy::ToolShape*, 2> shapes{};
    for (std::size_t i = 0; i < 2; ++i) {
      auto found = std::ranges::find(versions_.at(i)->tools, subject.name, &policy::ToolShape::name);
      if (found != versions_.at(i)->tools.end()) shapes.at(i) = &*found;
    }
    return !shapes[0] || !shapes[1] || !same(*shapes[0], *shapes[1]);
  }

  void compare(const Subject& subject, const std::set<std::string>& focus) {
    using Way = std::tuple<std::string_view, domain::Verdict, domain::Verdict, std::vector<std::string>,
                           std::vector<std::string>>;
    std::set<Way> ways;
    ++report_.subjects;
    auto tried = each_request(versions_, subject, focus, limits_, [&](const std::string& request) {
      Outcome before = outcome_of(*before_.plan, request), after = outcome_of(*after_.plan, request);
      std::string_view what = difference(before, after);
      if (!what.empty() && ways.emplace(what, before.verdict, after.verdict, before.rules, after.rules).second)
        report_.differences.push_back(
            {subject, std::string(what), std::move(before), std::move(after), std::string(request)});
      return true;
    });
    report_.requests += tried.requests;
    if (!tried.complete) report_.cut.push_back(subject.name);
  }

  const Version& before_;
  const Version& after_;
  const RequestLimits& limits_;
  std::array<const policy::Sources*, 2> versions_;
  DifferenceReport report_;
};

std::string by(const Outcome& outcome) { return outcome.rules.empty() ? "no rule" : join(outcome.rules, ", "); }

std::string headline(const Difference& d) {
  if (d.what == "verdict")
    return fmt::format("{}: {} -> {}", d.subject.name, name(d.before.verdict), name(d.after.verdict));
  return fmt::format("{}: still {}, but other {}", d.subject.name, name(d.after.verdict), d.what);
}

void write(json::Writer& w, std::string_view key, const Outcome& outcome) {
  w.key(key).begin_object().member("verdict", name(outcome.verdict)).key("rules").begin_array();
  for (const auto& rule : outcome.rules) w.string(rule);
  w.end_array().member_raw("obligations", outcome.obligations).member_raw("charges", outcome.charges);
  w.member("reason", outcome.reason).end_object();
}

}  // namespace

DifferenceReport compare(const Version& before, const Version& after, const RequestLimits& limits) {
  return Comparison(before, after, limits).run();
}

std::string to_text(const DifferenceReport& report) {
  std::string out;
  for (const Difference& d : report.differences) {
    out += fmt::format("{}\n  was: {}\n  is:  {}\n", headline(d), by(d.before), by(d.after));
    if (d.what == "obligations") out += fmt::format("  {} -> {}\n", d.before.obligations, d.after.obligations);
    if (d.what == "meters") out += fmt::format("  {} -> {}\n", d.before.charges, d.after.charges);
    out += fmt::format("  request: {}\n", d.witness);
  }
  if (!report.rules.empty()) out += fmt::format("rules that changed: {}\n", join(report.rules, ", "));
  out += fmt::format("{} differences; {} requests tried on {} tools, resources and prompts\n",
                     report.differences.size(), report.requests, report.subjects);
  for (const auto& name : report.cut)
    out += fmt::format("not every combination of boundary values was tried for {}\n", name);
  return out;
}

std::string to_json(const DifferenceReport& report) {
  json::Writer w;
  w.begin_object().key("differences").begin_array();
  for (const Difference& d : report.differences) {
    w.begin_object().member("kind", domain::name(d.subject.kind)).member("name", d.subject.name).member("what", d.what);
    write(w, "before", d.before);
    write(w, "after", d.after);
    w.member_raw("request", d.witness).end_object();
  }
  w.end_array().key("rules_changed").begin_array();
  for (const auto& rule : report.rules) w.string(rule);
  w.end_array().member("requests", report.requests).member("subjects", report.subjects).key("cut").begin_array();
  for (const auto& name : report.cut) w.string(name);
  return std::move(w.end_array().end_object()).text() + "\n";
}

}  // namespace bw::analysis
