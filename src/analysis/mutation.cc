// SPDX-License-Identifier: Apache-2.0
#include "analysis/mutation.h"

#include <algorithm>
#include <array>
#include <set>

#include "analysis/outcome.h"
#include "analysis/requests.h"
#include "json/document.h"
#include "policy/test_runner.h"

namespace bw::analysis {
namespace {

// The tool a test imagines; empty for resources and prompts.
std::string tool_of(const domain::PolicyTest& test) {
  auto given = json::Document::parse(test.given);
  return given ? std::string(given->root()["tool"].string().value_or("")) : std::string();
}

bool speaks_of_tool(const domain::Match& match, const policy::ToolShape& tool) {
  return policy::matches_tool(match, tool.name, tool.upstream, tool.profile);
}

// Puts the mutant in the place of its rule.
void replace(policy::Sources& sources, const domain::Rule& rule) {
  for (auto& policy : sources.policies) {
    for (auto& old : policy.rules) {
      if (old.id == rule.id) old = rule;
    }
  }
}

class Runner {
 public:
  Runner(const policy::Sources& sources, const Progress& progress) : sources_(sources), progress_(progress) {}

  MutationReport run() {
    for (const auto& policy : sources_.policies) {
      for (const auto& rule : policy.rules) total_ += mutants(rule).size();
    }
    for (const auto& policy : sources_.policies) {
      for (const auto& rule : policy.rules) run(rule);
    }
    return std::move(report_);
  }

 private:
  void run(const domain::Rule& rule) {
    policy::Sources concerned = concern(sources_, rule, true);
    for (Mutant& mutant : mutants(rule)) {
      replace(concerned, mutant.rule);
      judge(concerned, rule, mutant);
      ++report_.made;
      if (progress_) progress_(report_.made, total_);
    }
  }

  void judge(const policy::Sources& concerned, const domain::Rule& rule, const Mutant& mutant) {
    auto compiled = policy::compile(concerned);
    if (!compiled.plan) {
      ++report_.refused;
    } else if (!policy::run_tests(*compiled.plan).passed()) {
      ++report_.killed;
    } else {
      survive(rule, mutant);
    }
  }

  void survive(const domain::Rule& rule, const Mutant& mutant) {
    Survivor survivor{rule.id, mutant.where, mutant.change, mutant.before, mutant.after, {}};
    policy::Sources right = concern(sources_, rule, false), wrong = right;
    replace(wrong, mutant.rule);
    auto right_plan = policy::compile(right).plan, wrong_plan = policy::compile(wrong).plan;
    BW_ASSERT(right_plan);
    if (!wrong_plan) {  // it does not compile for a tool that no test speaks of
      ++report_.refused;
      return;
    }
    const std::array<const policy::Sources*, 2> versions{&right, &wrong};
    for (const Subject& subject : subjects(versions)) {
      if (!survivor.request.empty() || !speaks_of(rule.match, subject, right)) continue;
      each_request(versions, subject, {rule.id}, {.requests_max = 2000}, [&](const std::string& request) {
        Outcome a = outcome_of(*right_plan, request), b = outcome_of(*wrong_plan, request);
        if (!a_test_can_tell(a, b)) return true;
        survivor.request = request;
        survivor.right = a.verdict;
        survivor.wrong = b.verdict;
        return false;
      });
    }
    (survivor.request.empty() ? report_.indifferent : report_.survivors).push_back(std::move(survivor));
  }

  // A test expects a verdict, and that a rule is among those that decided.
  static bool a_test_can_tell(const Outcome& right, const Outcome& wrong) {
    return right.verdict != wrong.verdict || !std::ranges::includes(wrong.rules, right.rules);
  }

  const policy::Sources& sources_;
  const Progress& progress_;
  std::size_t total_ = 0;
  MutationReport report_;
};

}  // namespace

MutationReport run_mutation(const policy::Sources& sources, const Progress& progress) {
  return Runner(sources, progress).run();
}

policy::Sources concern(const policy::Sources& sources, const domain::Rule& rule, bool tested_only) {
  bool about_others = rule.match.tool.empty();  // it may speak of resources and prompts
  std::set<std::string> tested;
  for (const auto& policy : sources.policies) {
    for (const auto& test : policy.tests) tested.insert(tool_of(test));
  }
  policy::Sources out{.meters = sources.meters, .facts = sources.facts, .workflows = sources.workflows};
  for (const auto& tool : sources.tools) {
    if (speaks_of_tool(rule.match, tool)) out.tools.push_back(tool);
  }
  auto is_tested = [&](const policy::ToolShape& tool) { return tested.contains(tool.name); };
  if (tested_only && std::ranges::any_of(out.tools, is_tested)) std::erase_if(out.tools, std::not_fn(is_tested));
  auto known = [&](const std::string& name) {
    return std::ranges::any_of(out.tools, [&](const auto& tool) { return tool.name == name; });
  };
  for (const auto& policy : sources.policies) {
    domain::Policy kept{.name = policy.name, .where = policy.where};
    for (const auto& other : policy.rules) {
      bool speaks = std::ranges::any_of(out.tools, [&](const auto& tool) { return speaks_of_tool(other.match, tool); });
      if (speaks || (about_others && other.match.tool.empty()) || other.id == rule.id) kept.rules.push_back(other);
    }
    for (const auto& test : policy.tests) {
      std::string tool = tool_of(test);
      if (tool.empty() ? about_others : known(tool)) kept.tests.push_back(test);
    }
    out.policies.push_back(std::move(kept));
  }
  return out;
}

}  // namespace bw::analysis
