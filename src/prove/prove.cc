// SPDX-License-Identifier: Apache-2.0
#include "prove/prove.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/outcome.h"
#include "policy/invariant.h"
#include "policy/judge.h"
#include "policy/request.h"
#include "prove/decision.h"
#include "prove/translate.h"

namespace bw::prove {
namespace {

// How often a guess that the judge does not confirm is excluded and another one sought.
constexpr int guesses_max = 12;

std::vector<Subject> subjects(const policy::Plan& plan) {
  std::vector<Subject> out;
  for (const auto& [tool, profile] : plan.profiles())
    out.push_back({plan.tool(tool), domain::ActionKind::tool, tool, tool.substr(0, tool.find('/')), profile});
  for (auto kind : {domain::ActionKind::resource, domain::ActionKind::prompt}) {
    domain::ToolProfile reads;
    reads.tier = domain::Tier::read;
    out.push_back({&plan.of_kind(kind), kind, "", "", std::move(reads)});
  }
  return out;
}

std::string name_of(const Subject& subject) {
  return subject.kind == domain::ActionKind::tool ? subject.tool : fmt::format("{}s", domain::name(subject.kind));
}

const policy::PlannedInvariant* planned(const Subject& subject, const domain::Invariant& invariant) {
  const auto& all = subject.plan->invariants;
  auto found = std::ranges::find(all, &invariant, &policy::PlannedInvariant::invariant);
  return found == all.end() ? nullptr : &*found;
}

// The search for a request that breaks one invariant of one subject.
class Search {
 public:
  Search(const policy::Plan& plan, const Subject& subject, const policy::PlannedInvariant& invariant,
         const Limits& limits)
      : plan_(plan),
        subject_(subject),
        invariant_(invariant),
        universe_(z3_, plan, subject),
        solver_(z3_, z3::solver::simple()),
        work_max_(limits.work_max) {
    z3::params params(z3_);
    params.set("rlimit", limits.work_max);
    params.set("random_seed", 0U);
    solver_.set(params);
  }

  // Whether there is anything that it speaks of.
  bool run(Proof& proof) {
    try {
      if (!speaks()) return false;
      ask();
      search(proof);
    } catch (const z3::exception& failed) {
      stop(proof, fmt::format("the solver failed: {}", failed.msg()));
    }
    return true;
  }

 private:
  // States that there is a request of which the invariant speaks.
  bool speaks() {
    state(concerns(universe_, invariant_.invariant->match));
    for (const auto& condition : invariant_.when) state(Translator(universe_, condition.program).truth().yes);
    return solver_.check() != z3::unsat;
  }

  // And that it is decided against it.
  void ask() {
    Decision decision = decide(universe_);
    const policy::Slots& slots = plan_.slots();
    universe_.bind(slots.verdict, decision.verdict);
    universe_.bind(slots.approvers, decision.approvers);
    universe_.bind(slots.obligations, decision.obligations);
    state(!Translator(universe_, invariant_.must->program).truth().yes);
  }

  // With what became known of the parts of the request that it reads.
  void state(const z3::expr& statement) {
    solver_.add(statement);
    for (; axioms_ < universe_.axioms().size(); ++axioms_) solver_.add(universe_.axioms()[axioms_]);
  }

  void search(Proof& proof) {
    for (int i = 0; i < guesses_max; ++i) {
      auto found = solver_.check();
      if (found == z3::unsat) {
        if (i > 0) stop(proof, "");
        return;
      }
      if (found == z3::unknown)
        return stop(proof, fmt::format("no answer within {} units of work: {}", work_max_, solver_.reason_unknown()));
      z3::model any = solver_.get_model();
      if (confirm(proof, ordinary(any)) || confirm(proof, any)) return;
      if (!exclude(any)) break;
    }
    stop(proof, "");
  }

  // The request that a person would write, as far as there is one: what is out of the ordinary is given up one by one.
  z3::model ordinary(const z3::model& any) {
    z3::model best = any;
    z3::expr_vector granted(z3_);
    for (const auto& wish : universe_.ordinary()) {
      granted.push_back(wish);
      if (best.eval(wish, true).is_true()) continue;
      if (solver_.check(granted) == z3::sat) best = solver_.get_model();
      else granted.pop_back();
    }
    return best;
  }

  // The judge has the last word.
  bool confirm(Proof& proof, const z3::model& model) {
    std::string text = universe_.request(model);
    auto request = policy::Request::parse(plan_, text);
    if (!request) return false;
    auto decision = policy::judge(plan_, request->input());
    if (policy::check(plan_, invariant_, request->input(), decision) != policy::Kept::broken) return false;
    auto outcome = analysis::outcome_of(decision);
    proof.answer = Answer::violated;
    proof.subject = name_of(subject_);
    proof.request = std::move(text);
    proof.verdict = outcome.verdict;
    proof.rules = std::move(outcome.rules);
    proof.reason = std::move(outcome.reason);
    return true;
  }

  // Rules out what was guessed this time; false when nothing was.
  bool exclude(const z3::model& model) {
    std::vector<z3::expr> otherwise;
    for (const auto& guess : universe_.guesses()) otherwise.push_back(guess != model.eval(guess, true));
    if (otherwise.empty()) return false;
    solver_.add(any(z3_, otherwise));
    return true;
  }

  // Neither proven nor refuted.
  void stop(Proof& proof, const std::string& why) {
    proof.answer = Answer::inconclusive;
    proof.subject = name_of(subject_);
    if (!why.empty()) proof.why.push_back(why);
    for (const auto& reason : universe_.reasons()) proof.why.push_back(fmt::format("not understood: {}", reason));
    if (proof.why.empty()) proof.why.emplace_back("what the solver found, the judge decides otherwise");
  }

  const policy::Plan& plan_;
  const Subject& subject_;
  const policy::PlannedInvariant& invariant_;
  z3::context z3_;
  Universe universe_;
  z3::solver solver_;
  std::uint32_t work_max_;
  std::size_t axioms_ = 0;  // how many were stated
};

Proof prove_one(const policy::Plan& plan, const domain::Policy& policy, const domain::Invariant& invariant,
                const Limits& limits) {
  Proof proof{.policy = policy.name, .invariant = &invariant};
  for (const Subject& subject : subjects(plan)) {
    const auto* about = planned(subject, invariant);
    if (!about) continue;
    if (proof.answer == Answer::violated) continue;
    // A violation says more than a question that is left open.
    Proof one;
    if (!Search(plan, subject, *about, limits).run(one)) continue;
    proof.subjects.push_back(name_of(subject));
    if (one.answer == Answer::verified || (proof.answer == Answer::inconclusive && one.answer == Answer::inconclusive))
      continue;
    one.policy = std::move(proof.policy);
    one.invariant = proof.invariant;
    one.subjects = std::move(proof.subjects);
    proof = std::move(one);
  }
  if (proof.subjects.empty()) {
    proof.answer = Answer::inconclusive;
    proof.why.emplace_back("no request makes `when` true: it says nothing");
  }
  return proof;
}

}  // namespace

std::string_view name(Answer answer) {
  return answer == Answer::verified ? "verified" : answer == Answer::violated ? "violated" : "inconclusive";
}

bool ProofReport::verified() const {
  return std::ranges::all_of(proofs, [](const Proof& proof) { return proof.answer == Answer::verified; });
}

Result<ProofReport> prove(const policy::Plan& plan, const Limits& limits,
                          const std::function<void(std::size_t, std::size_t)>& progress) {
  BW_OK(load_solver());
  z3::set_param("memory_max_size", static_cast<int>(limits.memory_mib_max));
  ProofReport report;
  std::size_t all = 0;
  for (const auto& policy : plan.policies()) all += policy.invariants.size();
  for (const auto& policy : plan.policies()) {
    for (const auto& invariant : policy.invariants) {
      if (progress) progress(report.proofs.size(), all);
      report.proofs.push_back(prove_one(plan, policy, invariant, limits));
    }
  }
  return report;
}

}  // namespace bw::prove
