// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bw::admin {

// One access evaluation of OpenID AuthZEN 1.0 in the registry's words: may `agent` call `tool` with these arguments?
//
// A subject is {type: agent, id: AGENT}; `workflow` and `environment` are properties of it, and may be left out where only one is
// possible. A resource is {type: upstream, id: UPSTREAM} with the tool as the action's name, or {type: tool, id: UPSTREAM/TOOL}
// with the action `call`. Arguments are all other properties of subject, resource and action, and `context.arguments`.
struct Question {
  std::string agent, workflow, environment;
  std::string tool;
  std::string arguments;  // JSON object
  std::string unknown;    // why it is about nothing that the registry knows, or empty
};

// In the order of the request. An item of a batch that is malformed is an error of its own.
struct Questions {
  enum class Until : std::uint8_t { end, first_deny, first_permit };
  std::vector<Result<Question>> items;
  Until until = Until::end;
  bool is_batch = false;
};

inline constexpr std::size_t kQuestionsMax = 100;  // of one batch

// Keys that are not known are passed over, as the standard asks. Without a batch, or with an empty one, there is one question.
// Errors: invalid_argument, resource_exhausted.
Result<Questions> read_questions(std::string body, bool may_batch);

}  // namespace bw::admin
