// SPDX-License-Identifier: Apache-2.0
#include "analysis/test_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/junit.h"
#include "base/text.h"
#include "json/writer.h"

namespace bw::analysis {
namespace {

// A change of an expression on one line, however it was wrapped.
std::string one_line(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c != '\n' && c != ' ') {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

std::string changed(const Survivor& survivor) {
  if (survivor.after.empty()) return fmt::format("`{}` {}", one_line(survivor.before), survivor.change);
  return fmt::format("{}: `{}` became `{}`", survivor.change, one_line(survivor.before), one_line(survivor.after));
}

void add_coverage(std::string& out, const Coverage& coverage, const std::string& folder) {
  for (const auto& rule : coverage.rules()) {
    if (!rule.decided) out += fmt::format("{}: rule {} never decided a test\n", at(rule.where, folder), rule.rule);
  }
  for (const auto& term : coverage.terms()) {
    if (term.full()) continue;
    out +=
        fmt::format("{}: {}: {} (rule {})\n", at(term.where, folder), term.missing(), one_line(term.text), term.rule);
  }
  out += fmt::format("coverage: {} of {} rules decided a test, {} of {} terms were seen true and false\n",
                     coverage.rules_decided(), coverage.rules().size(), coverage.terms_full(), coverage.terms().size());
}

void add_mutation(std::string& out, const MutationReport& report, const std::string& folder) {
  for (const auto& survivor : report.survivors) {
    out += fmt::format("{}: survived: {} (rule {})\n", at(survivor.where, folder), changed(survivor), survivor.rule);
    out += fmt::format("      a test that would notice: given {} expect {}, not {}\n", survivor.request,
                       name(survivor.right), name(survivor.wrong));
  }
  for (const auto& mutant : report.indifferent)
    out +=
        fmt::format("{}: makes no difference: {} (rule {})\n", at(mutant.where, folder), changed(mutant), mutant.rule);
  out += fmt::format(
      "mutants: {} made, {} killed by a test, {} refused by the compiler, {} make no difference, {} survived\n",
      report.made, report.killed, report.refused, report.indifferent.size(), report.survivors.size());
}

void write_place(json::Writer& w, const Span& where) {
  w.member("file", where.file).member("line", where.line).member("column", where.column);
}

void write_coverage(json::Writer& w, const Coverage& coverage) {
  w.key("coverage").begin_object();
  w.member("rules", coverage.rules().size()).member("rules_decided", coverage.rules_decided());
  w.member("terms", coverage.terms().size()).member("terms_full", coverage.terms_full()).key("missing").begin_array();
  for (const auto& term : coverage.terms()) {
    if (term.full()) continue;
    w.begin_object().member("rule", term.rule).member("term", term.text).member("missing", term.missing());
    write_place(w, term.where);
    w.end_object();
  }
  w.end_array().end_object();
}

void write(json::Writer& w, const Survivor& survivor) {
  w.begin_object().member("rule", survivor.rule).member("change", survivor.change);
  w.member("before", survivor.before).member("after", survivor.after);
  write_place(w, survivor.where);
  if (!survivor.request.empty()) {
    w.member_raw("request", survivor.request);
    w.member("right", name(survivor.right)).member("wrong", name(survivor.wrong));
  }
  w.end_object();
}

void write_mutation(json::Writer& w, const MutationReport& report) {
  w.key("mutants").begin_object().member("made", report.made).member("killed", report.killed);
  w.member("refused", report.refused).key("survived").begin_array();
  for (const auto& survivor : report.survivors) write(w, survivor);
  w.end_array().key("indifferent").begin_array();
  for (const auto& mutant : report.indifferent) write(w, mutant);
  w.end_array().end_object();
}

}  // namespace

TestRun run_covered(const policy::Plan& plan) {
  Coverage coverage(plan);
  auto report = policy::run_tests(
      plan, [&](const auto& decision, const auto& observation) { coverage.add(decision, observation); });
  return {std::move(report), std::move(coverage), std::nullopt};
}

std::string to_text(const TestRun& run, const std::string& folder) {
  std::string out;
  std::size_t failed = 0;
  for (const auto& result : run.tests.results) {
    failed += result.passed ? 0 : 1;
    out += fmt::format("{}  {}: {}\n", result.passed ? "ok  " : "FAIL", result.policy, result.name);
    if (!result.passed)
      out += fmt::format("      {}/{}:{}: {}\n", folder, result.where.file, result.where.line, result.message);
  }
  out += fmt::format("{} passed, {} failed\n", run.tests.results.size() - failed, failed);
  if (run.tests.results.empty()) return out;
  add_coverage(out, run.coverage, folder);
  if (run.mutation) add_mutation(out, *run.mutation, folder);
  return out;
}

std::string to_json(const TestRun& run) {
  json::Writer w;
  w.begin_object().member("passed", run.passed()).key("tests").begin_array();
  for (const auto& result : run.tests.results) {
    w.begin_object()
        .member("policy", result.policy)
        .member("name", result.name)
        .member("passed", result.passed)
        .optional("message", result.message);
    w.member("file", result.where.file).member("line", result.where.line).end_object();
  }
  w.end_array().key("rules_uncovered").begin_array();
  for (const auto& rule : run.tests.rules_uncovered) w.string(rule);
  w.end_array();
  write_coverage(w, run.coverage);
  if (run.mutation) write_mutation(w, *run.mutation);
  return std::move(w.end_object()).text() + "\n";
}

std::string to_junit(const TestRun& run, const std::string& folder) {
  Junit junit(folder);
  for (const auto& result : run.tests.results) junit.add(result.policy, result.name, result.where, result.message);
  if (run.mutation) {
    junit.count("mutants", run.mutation->made);
    for (const auto& survivor : run.mutation->survivors)
      junit.add_counted("mutants", survivor.rule, survivor.where, "survived: " + changed(survivor));
  }
  return junit.text();
}

}  // namespace bw::analysis
