// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/decision.h"
#include "registry/snapshot.h"

namespace bw::review {

// On what terms a held action waits: who may decide, and for how long.
struct Terms {
  std::vector<std::string> reviewers;  // active humans, sorted
  std::int64_t expires_in_ms = 0;
  std::string json;  // for the record, without the reviewers: {"expires_in_ms":…,"asked":[…]}
};

// Joins the approve obligations of the rules that held the action: whoever any of them names may decide, the shortest expiry
// counts. Where none names anybody it is the workflow's reviewers, and without those its accountable human.
// Errors: failed_precondition when nobody is left who could decide.
Result<Terms> terms(const registry::Snapshot& snapshot, const domain::Decision& decision, const std::string& workflow);

// Whether `person` may decide a ticket that these reviewers were named for: an active human of the registry, and one of them.
Status may_decide(const registry::Snapshot& snapshot, const std::vector<std::string>& reviewers,
                  const std::string& person);

}  // namespace bw::review
