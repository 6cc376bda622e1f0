// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/action.h"
#include "policy/compile.h"

namespace bw::analysis {

// One thing that rules can speak of.
struct Subject {
  domain::ActionKind kind = domain::ActionKind::tool;
  std::string name;

  auto operator<=>(const Subject&) const = default;
};

// What rules of these versions of a registry speak of: every tool, and resources and prompts that their patterns name (with
// `x` for each `*`). In a fixed order.
std::vector<Subject> subjects(std::span<const policy::Sources* const> versions);

bool speaks_of(const domain::Match& match, const Subject& subject, const policy::Sources& sources);

// How far the search for a request went.
struct Tried {
  std::size_t requests = 0;
  bool complete = true;  // false: there were more combinations than `requests_max`
};

struct RequestLimits {
  std::size_t requests_max = 20'000;  // for one subject
};

// Imagined requests (in the form of a test's `given`) about one subject that are likely to tell versions of its rules apart,
// in a fixed order, until `visit` returns false. They start from the tests' own requests and from one of plain values;
// attributes that rules in `focus` read take all combinations of boundary values (see Values), and each of the other
// attributes that rules read changes one at a time.
Tried each_request(std::span<const policy::Sources* const> versions, const Subject& subject,
                   const std::set<std::string>& focus, const RequestLimits& limits,
                   const std::function<bool(const std::string&)>& visit);

}  // namespace bw::analysis
