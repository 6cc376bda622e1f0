// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "domain/action.h"
#include "domain/decision.h"
#include "policy/obligations.h"

namespace bw::gateway {

// What obligations do to a call and to its answer. Pure; an error means that it cannot be done, which denies.

// The arguments with what is set and lowered, every other byte as it was, and what was changed.
struct Changed {
  std::string arguments;
  std::vector<domain::ArgumentChange> changes;
};
Result<Changed> change_arguments(const policy::Obligations& obligations, const std::string& arguments);

// The result with its fields redacted, in structured content and in every text that is JSON. A path names members from the
// top of the content, `*` any of them; lists are walked through. Errors: failed_precondition when the result holds something
// that cannot be looked into (a plain text, an image), so that nobody can tell whether the field is in it.
Result<std::string> redact(const policy::Obligations& obligations, const std::string& result);

// What stands in the place of a result that could not be redacted.
std::string withheld_result(std::string_view why);

// The same for an error of the upstream, whose words nobody can look into.
std::string withheld_error();

// `params` with the stamp in `_meta`, under `dev.bailiwick/stamp`.
std::string stamp(const policy::Obligations& obligations, const domain::Action& action, const std::string& params);

// Tells the log what is to be told about this decision.
void tell(const policy::Obligations& obligations, const domain::Action& action, const domain::Decision& decision);

}  // namespace bw::gateway
