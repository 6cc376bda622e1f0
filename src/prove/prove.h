// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/rules.h"
#include "policy/plan.h"

namespace bw::prove {

struct Limits {
  // Of one question to the solver, in its own units of work: the same everywhere, unlike time. A million are about half a
  // second, though seldom needed: most questions take a few thousand.
  std::uint32_t work_max = 2'000'000;
  std::uint32_t memory_mib_max = 2048;
};

enum class Answer : std::uint8_t {
  verified,      // no request breaks it
  violated,      // this one does: the judge was asked
  inconclusive,  // neither could be shown
};
std::string_view name(Answer answer);  // "verified", "violated", "inconclusive"

// One invariant, over everything that it speaks of.
struct Proof {
  std::string policy;
  const domain::Invariant* invariant = nullptr;  // owned by the plan
  Answer answer = Answer::verified;
  std::vector<std::string> subjects;  // what it speaks of: tools, and "resources" and "prompts"; up to a violation
  std::string subject;                // the one that answers otherwise than verified
  // Of a violation: the request, in the form of a test's `given`, and what the judge says of it.
  std::string request;
  domain::Verdict verdict = domain::Verdict::deny;
  std::vector<std::string> rules;  // that determined it
  std::string reason;
  // Of an inconclusive answer: what stood in the way.
  std::vector<std::string> why;
};

struct ProofReport {
  std::vector<Proof> proofs;  // by policy and invariant
  bool verified() const;
};

// Proves every invariant of a plan, or finds a request that breaks it. Verified means: no request about any tool, resource
// or prompt whatever, by any agent in any workflow of the registry, with facts of any value or unavailable, at any time, after
// any history, is decided against the invariant, as long as its conditions keep within the cost ceiling (what does not is
// denied). Deterministic. `progress` hears how many invariants are done. Errors: unavailable, without Z3 (prove/solver_library.h).
Result<ProofReport> prove(const policy::Plan& plan, const Limits& limits = {},
                          const std::function<void(std::size_t done, std::size_t all)>& progress = {});

}  // namespace bw::prove
