// SPDX-License-Identifier: Apache-2.0
#include "prove/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/junit.h"
#include "base/text.h"
#include "json/writer.h"

namespace bw::prove {
namespace {

// What there is to say of a proof besides its answer, a fact a line.
std::vector<std::string> details(const Proof& proof) {
  std::vector<std::string> out;
  if (proof.answer == Answer::verified) return out;
  if (proof.answer == Answer::violated) {
    out.push_back(fmt::format("{}: {} by {}", proof.subject, domain::name(proof.verdict),
                              proof.rules.empty() ? "no rule" : join(proof.rules, ", ")));
    out.push_back(fmt::format("request: {}", proof.request));
    return out;
  }
  for (const auto& why : proof.why)
    out.push_back(proof.subject.empty() ? why : fmt::format("{}: {}", proof.subject, why));
  return out;
}

std::string failure(const Proof& proof) {
  if (proof.answer == Answer::verified) return {};
  return fmt::format("{}\n{}", name(proof.answer), join(details(proof), "\n"));
}

}  // namespace

std::string to_text(const ProofReport& report, const std::string& folder) {
  std::string out;
  auto count = [&](Answer answer) { return std::ranges::count(report.proofs, answer, &Proof::answer); };
  for (const Proof& proof : report.proofs) {
    out += fmt::format("{:<12}  {}: {}\n", name(proof.answer), proof.policy, proof.invariant->name);
    if (proof.answer == Answer::verified) continue;
    out += fmt::format("      {}\n", analysis::at(proof.invariant->where, folder));
    for (const auto& line : details(proof)) out += fmt::format("      {}\n", line);
  }
  return out + fmt::format("{} verified, {} violated, {} inconclusive\n", count(Answer::verified),
                           count(Answer::violated), count(Answer::inconclusive));
}

std::string to_json(const ProofReport& report) {
  json::Writer w;
  w.begin_object().member("verified", report.verified()).key("invariants").begin_array();
  for (const Proof& proof : report.proofs) {
    w.begin_object().member("policy", proof.policy).member("name", proof.invariant->name);
    w.member("answer", name(proof.answer)).key("subjects").begin_array();
    for (const auto& subject : proof.subjects) w.string(subject);
    w.end_array().optional("subject", proof.subject);
    if (proof.answer == Answer::violated) {
      w.member_raw("request", proof.request).member("verdict", domain::name(proof.verdict)).key("rules").begin_array();
      for (const auto& rule : proof.rules) w.string(rule);
      w.end_array().member("reason", proof.reason);
    }
    if (!proof.why.empty()) {
      w.key("why").begin_array();
      for (const auto& why : proof.why) w.string(why);
      w.end_array();
    }
    const Span& where = proof.invariant->where;
    w.member("file", where.file).member("line", where.line).member("column", where.column).end_object();
  }
  return std::move(w.end_array().end_object()).text() + "\n";
}

std::string to_junit(const ProofReport& report, const std::string& folder) {
  analysis::Junit junit(folder);
  for (const Proof& proof : report.proofs)
    junit.add(proof.policy, proof.invariant->name, proof.invariant->where, failure(proof));
  return junit.text();
}

}  // namespace bw::prove
