// SPDX-License-Identifier: Apache-2.0
#include "evidence/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/markup.h"
#include "base/text.h"

namespace bw::evidence {
namespace {

constexpr std::size_t cell_bytes_max = 400;
constexpr std::size_t bars_max = 120;

constexpr std::string_view style = R"(
:root{--ink:#1d2430;--dim:#5b6472;--line:#dfe3e8;--soft:#f6f7f9;--ok:#2f6f5e;--hold:#b07d1a;--no:#a33a3a}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:2.5rem 1.5rem 4rem;color:var(--ink);background:#fff;font:15px/1.55 system-ui,sans-serif}
h1{font-size:1.7rem;margin:0 0 .3rem}
h2{font-size:1.15rem;margin:2.6rem 0 .6rem;padding-top:.9rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
p{margin:.4rem 0;max-width:48rem}
.dim{color:var(--dim)}
code,pre,.mono{font:12.5px/1.5 ui-monospace,monospace}
code{overflow-wrap:anywhere}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:.6rem 0;font-size:13.5px}
th{text-align:left;font-weight:600;color:var(--dim);border-bottom:1px solid var(--line);padding:.3rem .6rem .3rem 0}
td{border-bottom:1px solid var(--line);padding:.35rem .6rem .35rem 0;vertical-align:top;overflow-wrap:anywhere}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.cards{display:flex;flex-wrap:wrap;gap:.8rem;margin:1rem 0}
.card{border:1px solid var(--line);border-radius:8px;padding:.6rem 1rem;min-width:8.5rem}
.card b{display:block;font-size:1.45rem;font-weight:600;font-variant-numeric:tabular-nums}
.card span{color:var(--dim);font-size:.85rem}
.bars{display:flex;align-items:flex-end;gap:2px;height:110px;border-bottom:1px solid var(--line);margin-top:.8rem}
.bar{flex:1;display:flex;flex-direction:column;justify-content:flex-end;height:100%;min-width:2px}
.bar i{display:block}
.a{background:var(--ok)}.h{background:var(--hold)}.r{background:var(--no)}
.axis{display:flex;justify-content:space-between;color:var(--dim);font-size:.8rem}
.key span{margin-right:1.2rem}.key i{display:inline-block;width:.7rem;height:.7rem;margin-right:.35rem;border-radius:2px}
li{margin:.25rem 0;max-width:52rem}
.warn{color:var(--no);font-weight:600}
@media print{body{max-width:none;padding:0;font-size:10.5pt}h2{break-after:avoid}
tr,.card,pre{break-inside:avoid}thead{display:table-header-group}*{print-color-adjust:exact}}
)";

// Text from outside: what a terminal would obey, and what turns writing around, is shown.
std::string shown(std::string_view text, std::size_t bytes_max = cell_bytes_max) {
  return escape_markup(printable(text, bytes_max));
}

std::string code(std::string_view text) { return fmt::format("<code>{}</code>", shown(text)); }

// The same for several lines.
std::string lines_shown(std::string_view text) {
  constexpr std::size_t lines_max = 200;
  std::string out;
  auto lines = split(text, '\n');
  for (std::size_t i = 0; i < std::min(lines.size(), lines_max); ++i) out += shown(lines[i]) + "\n";
  return lines.size() > lines_max ? out + "…\n" : out;
}

class Table {
 public:
  // A heading that begins with # is of numbers.
  explicit Table(const std::vector<std::string_view>& heading) {
    out_ = "<table><thead><tr>";
    for (auto one : heading) {
      numbers_.push_back(one.starts_with('#'));
      out_ += fmt::format("<th{}>{}</th>", numbers_.back() ? " class=\"n\"" : "", one.substr(numbers_.back() ? 1 : 0));
    }
    out_ += "</tr></thead><tbody>\n";
  }
  // Cells are HTML.
  void add(const std::vector<std::string>& cells) {
    out_ += "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i)
      out_ += fmt::format("<td{}>{}</td>", numbers_[i] ? " class=\"n\"" : "", cells[i]);
    out_ += "</tr>\n";
  }
  std::string text() && { return std::move(out_) + "</tbody></table>\n"; }

 private:
  std::string out_;
  std::vector<bool> numbers_;
};

std::string when(std::int64_t ms) { return format_time(ms).substr(0, 19).replace(10, 1, " "); }
std::string number(std::uint64_t n) { return std::to_string(n); }

std::string more(std::uint64_t all, std::size_t listed, std::string_view file) {
  if (all <= listed) return {};
  return fmt::format("<p class=\"dim\">The first {} of {}; all of them are in <code>{}</code>.</p>\n", listed, all,
                     file);
}

std::string list(const std::vector<std::string>& sentences) {
  std::string out = "<ul>\n";
  for (const auto& sentence : sentences) out += fmt::format("<li>{}</li>\n", shown(sentence, 4000));
  return out + "</ul>\n";
}

std::string subject_of(const Basis& basis) {
  auto from = basis.subject.from_ms > 0 ? when(basis.subject.from_ms) : std::string("the beginning");
  bool open = basis.subject.to_ms == std::numeric_limits<std::int64_t>::max();
  auto to = open ? std::string("when it was made") : when(basis.subject.to_ms);
  auto what =
      basis.subject.workflow.empty() ? std::string("all workflows") : "workflow " + shown(basis.subject.workflow);
  return fmt::format("{}, from {} to {} (UTC)", what, from, to);
}

std::string cards(const Survey& survey) {
  ToolCounts sum;
  for (const auto& [tool, counts] : survey.tools) {
    sum.admitted += counts.admitted;
    sum.held += counts.held;
    sum.refused += counts.refused;
    sum.failed += counts.failed;
    sum.ambiguous += counts.ambiguous;
  }
  std::string out = "<div class=\"cards\">\n";
  auto card = [&out](std::uint64_t n, std::string_view what) {
    out += fmt::format("<div class=\"card\"><b>{}</b><span>{}</span></div>\n", n, what);
  };
  card(survey.actions_all, "actions");
  card(sum.admitted, "were admitted");
  card(sum.held, "waited for a person");
  card(sum.refused, "were refused");
  card(sum.failed, "failed");
  card(sum.ambiguous, "with unknown outcome");
  card(survey.approvals_all, "decisions on held actions");
  card(survey.exceptions_all, "exceptions");
  return out + "</div>\n";
}

struct Bar {
  std::int64_t at_ms = 0;
  Bucket counts{};
};

// As many hours to a bar as let all of them fit beside each other.
std::vector<Bar> bars_of(const Survey& survey, std::int64_t& hours_each) {
  std::vector<Bar> out;
  if (survey.hours.empty()) return out;
  auto first = survey.hours.begin()->first, last = survey.hours.rbegin()->first;
  hours_each = 1;
  for (std::int64_t more : {2, 4, 8, 24, 48, 168, 336, 672, 2016, 8760})
    if ((last - first) / hours_each >= static_cast<std::int64_t>(bars_max)) hours_each = more;
  first -= first % hours_each;
  auto count = std::min<std::int64_t>((last - first) / hours_each + 1, 10'000);
  for (std::int64_t i = 0; i < count; ++i) out.push_back({(first + i * hours_each) * 3'600'000, {}});
  for (const auto& [hour, counts] : survey.hours) {
    auto at = std::min<std::int64_t>((hour - first) / hours_each, count - 1);
    for (std::size_t i = 0; i < counts.size(); ++i) out[static_cast<std::size_t>(at)].counts.at(i) += counts.at(i);
  }
  return out;
}

std::string timeline(const Survey& survey) {
  std::int64_t hours_each = 1;
  auto bars = bars_of(survey, hours_each);
  if (bars.empty()) return "<p>No action in this period.</p>\n";
  std::uint64_t highest = 1;
  for (const auto& bar : bars) highest = std::max(highest, bar.counts[0] + bar.counts[1] + bar.counts[2]);
  std::string out = "<div class=\"bars\">\n";
  for (const auto& [at_ms, counts] : bars) {
    out += fmt::format("<div class=\"bar\" title=\"{}: {} admitted, {} held, {} refused\">", when(at_ms), counts[0],
                       counts[1], counts[2]);
    for (std::size_t i : {2, 1, 0}) {
      if (counts.at(i) > 0)
        out += fmt::format("<i class=\"{}\" style=\"height:{:.2f}%\"></i>", "ahr"[i],
                           100.0 * static_cast<double>(counts.at(i)) / static_cast<double>(highest));
    }
    out += "</div>\n";
  }
  out += fmt::format(
      "</div>\n<div class=\"axis\"><span>{}</span><span>{} to a bar, the highest {}</span><span>{}</span></div>\n",
      when(bars.front().at_ms), format_duration_ms(hours_each * 3'600'000), highest, when(bars.back().at_ms));
  return out +
         "<p class=\"key dim\"><span><i class=\"a\"></i>admitted</span><span><i class=\"h\"></i>held for a "
         "person</span><span><i class=\"r\"></i>refused</span></p>\n";
}

std::string tools(const Survey& survey) {
  Table table({"Tool", "#Admitted", "#Held", "#Refused", "#Failed", "#Unknown outcome"});
  std::size_t listed = 0;
  for (const auto& [tool, c] : survey.tools) {
    if (++listed > rows_max) break;
    table.add(
        {code(tool), number(c.admitted), number(c.held), number(c.refused), number(c.failed), number(c.ambiguous)});
  }
  return std::move(table).text() + more(survey.tools.size(), rows_max, file::entries);
}

std::string approvals(const Survey& survey) {
  if (survey.approvals.empty()) return "<p>No held action was decided about in this period.</p>\n";
  Table table({"Decided (UTC)", "Decision", "By", "Because", "Asked for", "Asked (UTC)", "#Entry"});
  for (const auto& one : survey.approvals) {
    table.add({when(one.at_ms), shown(one.decision), one.by.empty() ? "nobody" : shown(one.by), shown(one.reason),
               fmt::format("{} {}<br><span class=\"dim\">agent {}, {}</span>", code(one.tool), code(one.asked),
                           shown(one.agent), shown(one.ticket)),
               when(one.asked_at_ms), number(one.entry)});
  }
  return std::move(table).text() + more(survey.approvals_all, survey.approvals.size(), file::approvals);
}

std::string exceptions(const Survey& survey) {
  if (survey.exceptions.empty()) return "<p>None.</p>\n";
  Table table({"When (UTC)", "Kind", "Of", "Who", "What", "#Entry"});
  for (const auto& one : survey.exceptions)
    table.add(
        {when(one.at_ms), shown(one.kind), code(one.subject), shown(one.who), shown(one.what), number(one.entry)});
  return std::move(table).text() + more(survey.exceptions_all, survey.exceptions.size(), file::exceptions);
}

std::string actions(const Survey& survey) {
  Table table({"Begun (UTC)", "Tool and arguments", "Agent, workflow", "Policy", "Ended", "#Entry"});
  for (const auto& one : survey.actions) {
    table.add({when(one.at_ms), code(one.tool) + " " + code(one.args),
               fmt::format("{}<br><span class=\"dim\">{}</span>", shown(one.agent), shown(one.workflow)),
               fmt::format("{}<br><span class=\"dim\">{}</span>", shown(one.verdict), shown(join(one.rules, ", "))),
               one.ended.empty() ? "not in this period" : shown(one.ended), number(one.entry)});
  }
  return std::move(table).text() + more(survey.actions_all, survey.actions.size(), file::entries);
}

std::string registries(const Survey& survey) {
  std::string out;
  for (const auto& line : survey.registries) {
    auto name = registry_name(line.digest);
    out += fmt::format(
        "<h3>{} {}</h3>\n<p>Applied by {}: {} (entry {}). Full text: <a href=\"{}\"><code>{}</code></a>.</p>\n",
        when(line.at_ms), line.in_period ? "" : "(before the period)", shown(line.by), shown(line.why), line.entry,
        escape_markup(name), escape_markup(line.digest));
    if (!line.changes.empty()) out += fmt::format("<pre>{}</pre>\n", lines_shown(trim(line.changes)));
  }
  return out.empty() ? "<p>No registry was live.</p>\n" : out;
}

std::string or_nobody(const std::string& person) { return person.empty() ? "nobody" : shown(person); }

std::string people(const registry::Snapshot& registry) {
  Table people({"Person", "Name", "Mail", "Teams", "State"});
  for (const auto& [name, person] : registry.people()) {
    std::vector<std::string> in;
    for (const auto& [team, t] : registry.teams())
      if (std::ranges::find(t.members, name) != t.members.end()) in.push_back(team);
    auto state = !person.human ? "no human" : person.left.empty() ? "active" : "left " + person.left;
    people.add({code(name), shown(person.full_name), shown(person.email), shown(join(in, ", ")), shown(state)});
  }
  Table workflows({"Workflow", "Accountable", "System owner", "Risk owner", "Reviewers", "Autonomy", "Agents"});
  for (const auto& [name, w] : registry.workflows())
    workflows.add({code(name), or_nobody(w.accountable), or_nobody(w.system_owner), or_nobody(w.risk_owner),
                   w.reviewers.empty() ? or_nobody(w.accountable) : shown(join(w.reviewers, ", ")),
                   std::string(domain::name(w.autonomy)), shown(join(w.agents, ", "))});
  Table agents({"Agent", "Owner", "Model steward", "May use"});
  for (const auto& [name, a] : registry.agents())
    agents.add({code(name), or_nobody(a.owner), or_nobody(a.steward), shown(join(a.may.tools, ", "), 2000)});
  return std::move(people).text() + std::move(workflows).text() + std::move(agents).text();
}

std::string rules(const registry::Snapshot& registry) {
  Table table({"Rule", "Says", "Of", "When", "Why"});
  for (const auto& policy : registry.policies()) {
    for (const auto& rule : policy.rules) {
      std::vector<std::string> terms;
      for (const auto& term : rule.all) terms.push_back(term.text);
      for (const auto& term : rule.any) terms.push_back("or " + term.text);
      for (const auto& term : rule.unless) terms.push_back("unless " + term.text);
      const auto& of = rule.match.tool.empty() ? rule.match.tier : rule.match.tool;
      table.add({code(rule.id), std::string(domain::name(rule.effect)), code(join(of, ", ")), code(join(terms, " ; ")),
                 shown(rule.reason.empty() ? rule.unattended : rule.reason)});
    }
  }
  return std::move(table).text();
}

std::string how_to_check(const Basis& basis) {
  return fmt::format(
      "<p>Nobody has to believe this page. With the ledger's public key from a place that you trust (<code>keys</code> in this "
      "folder is what its maker says it is):</p>\n"
      "<pre>bailiwick verify --export . --key KEY        # everything, this page too\n"
      "python3 verify.py . KEY                      # the same ledger by 160 lines to read, with Python and openssl alone</pre>\n"
      "<p class=\"dim\">Ledger <code>{}</code>; its checkpoint stands for {} entries with root <code>{}</code>. The format is "
      "described in docs/formats/export.md of Bailiwick.</p>\n",
      shown(basis.origin), basis.extent.size, escape_markup(basis.root));
}

}  // namespace

std::string page(const Basis& basis, const Survey& survey) {
  auto claims = claims_of(basis, survey);
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      "<title>Evidence: {0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>Evidence of what agents did</h1>\n"
      "<p class=\"dim\">{2}. Made {3} by {4} from the ledger <code>{0}</code>.</p>\n",
      shown(basis.origin), style, subject_of(basis), when(basis.made_at_ms), shown(basis.made_by));
  auto section = [&out](std::string_view heading, const std::string& body) {
    out += fmt::format("<h2>{}</h2>\n{}", heading, body);
  };
  out += cards(survey);
  if (survey.missing > 0)
    out += fmt::format("<p class=\"warn\">{} contents are missing, and no entry says why.</p>\n", survey.missing);
  section("Over time", timeline(survey));
  section("What is here",
          "<h3>Proven</h3>\n" + list(claims.proven) + "<h3>Not proven</h3>\n" + list(claims.not_proven) +
              fmt::format("<p class=\"dim\">Contents: {} shown, {} erased with authorisation, {} missing. "
                          "Entries of others: {} shown without contents, {} as hashes.</p>\n",
                          survey.present, survey.erased, survey.missing, survey.others, survey.concealed));
  section("How to check it", how_to_check(basis));
  section("Tools", tools(survey));
  section("Decisions of people", approvals(survey));
  section("Exceptions", exceptions(survey));
  section("Actions", actions(survey));
  section("Registries", registries(survey));
  if (survey.registry) {
    section("People, workflows and agents at the end", people(*survey.registry));
    section("Rules at the end", rules(*survey.registry));
  }
  return out + "</body>\n</html>\n";
}

}  // namespace bw::evidence
