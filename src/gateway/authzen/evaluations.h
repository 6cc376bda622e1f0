// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bw::gateway {

// One access evaluation of OpenID AuthZEN 1.0 in the registry's words: may `agent` call `tool` with these arguments?
//
// A subject is {type: agent, id: AGENT}; `workflow` and `environment` are properties of it, and may be left out where only one is
// possible. A resource is {type: upstream, id: UPSTREAM} with the tool as the action's name, or {type: tool, id: UPSTREAM/TOOL}
// with the action `call`. Arguments are all other properties of subject, resource and action, and `context.arguments`.
struct Evaluation {
  std::string agent, workflow, environment;
  std::string tool;
  std::string arguments;  // JSON object
  std::string unknown;    // why it is about nothing that the registry knows, or empty
};

// In the order of the request. An item of a batch that is malformed is an error of its own.
struct Evaluations {
  enum class Until : std::uint8_t { end, first_deny, first_permit };
  std::vector<Result<Evaluation>> items;
  Until until = Until::end;
  bool is_batch = false;
};

// A search of AuthZEN 1.0, section 8: an evaluation with one of its three entities left open. What is open has no name here, whatever
// the request said of it.
struct Search {
  enum class For : std::uint8_t { subject, resource, action };
  For what = For::subject;
  Evaluation evaluation;      // `agent` is empty where subjects are looked for, `tool` where resources or actions are
  std::string resource_type;  // upstream or tool, unless the evaluation is about nothing known
  std::string resource;       // empty where resources are looked for
  std::string action;         // empty where actions are looked for
  std::string token;          // of the page that is asked for; empty for the first
  std::int64_t limit = -1;    // of results on a page, as the request has it; negative: it has none
};

inline constexpr std::size_t kEvaluationsMax = 100;  // of one batch

// Keys that are not known are passed over, as the standard asks. Without a batch, or with an empty one, there is one evaluation.
// Errors: invalid_argument, resource_exhausted.
Result<Evaluations> read_evaluations(std::string body, bool may_batch);
Result<Search> read_search(std::string body, Search::For what);

// What the evaluation's `tool` is, of a resource and an action; empty when together they are nothing that can be called.
std::string tool_of(const std::string& resource_type, const std::string& resource, const std::string& action);

}  // namespace bw::gateway
