// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/action.h"
#include "json/document.h"

namespace bw::gateway {

// Hex SHA-256 over everything that decides an action's effect, in canonical JSON: kind, upstream, name, tool definition,
// arguments, what a further round adds (`inputs`: JSON or empty), agent, workflow and environment. Approvals, retries and
// tickets are bound to it, so it is computed here from what will be sent and never taken from a caller.
// Errors: invalid_argument when the arguments have no canonical form.
Result<std::string> action_digest(const domain::Action& action, json::Value arguments, std::string_view inputs);

}  // namespace bw::gateway
