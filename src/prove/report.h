// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "prove/prove.h"

namespace bw::prove {

// For people. `folder` goes before file names.
std::string to_text(const ProofReport& report, const std::string& folder);
std::string to_json(const ProofReport& report);

// One suite per policy; an invariant that is not verified is a failure.
std::string to_junit(const ProofReport& report, const std::string& folder);

}  // namespace bw::prove
