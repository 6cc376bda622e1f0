// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/rules.h"

namespace bw::policy {

// What several rules oblige to, as one: the stricter of each, and what has no stricter side is a contradiction.
struct Obligations {
  enum class As : std::uint8_t { mask, drop };  // the later, the less is left
  struct Cap {
    double at = 0;
    bool lower = false;  // lower the argument to `at`; otherwise more than that denies
  };
  struct Notice {
    std::vector<std::string> who;  // people and teams
    std::string message;
    bool operator==(const Notice&) const = default;
  };
  struct Line {
    bool warn = false;
    std::string message;
    bool operator==(const Line&) const = default;
  };

  std::map<std::string, As> redact;        // by path, "customer.email"
  std::map<std::string, std::string> set;  // argument to JSON
  std::map<std::string, Cap> caps;         // by argument
  std::vector<std::string> stamp;          // words, sorted
  std::vector<Notice> notices;
  std::vector<Line> lines;
  std::int64_t sample_percent = 0;
  bool undo = false;

  bool changes_arguments() const { return !set.empty() || !caps.empty(); }
};

// Redaction takes the union of paths, each as little as any rule leaves; caps the least `at`, and deny before lower; sample
// the most; stamp and notices the union. Errors: failed_precondition when two rules set one argument to different values.
// What a caller does not understand is an error too, so that nothing that was asked for is left out. `approve` belongs to review.
Result<Obligations> join_obligations(const std::vector<domain::Obligation>& obligations);

// Whether an action with this digest is in the sample. The same action always is, or never.
bool is_sampled(const std::vector<domain::Obligation>& obligations, const std::string& digest);

}  // namespace bw::policy
