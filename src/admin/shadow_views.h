// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "admin/view.h"
#include "replay/shadow.h"

namespace bw::admin {

// Shadow mode as people ask for it. All may block.

// The report so far; not_found when there is no candidate.
Result<View> shadow(const replay::Shadow& shadow);

// Starts the candidate of a request {"files": {NAME: TEXT, …}, "by"}: the files of a registry. Errors: invalid_argument with what is
// wrong with the request or with the registry.
Result<View> start_shadow(const Sight& sight, replay::Shadow& shadow, const std::string& data_dir,
                          const std::string& request);

// Ends it, and answers with its report; not_found when there is no candidate.
Result<View> stop_shadow(replay::Shadow& shadow);

// For Prometheus; all 0 when there is no candidate.
std::string metrics(const replay::Shadow& shadow);

}  // namespace bw::admin
