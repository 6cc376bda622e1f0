// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/view.h"
#include "gateway/erasures.h"
#include "gateway/pruning.h"

namespace bw::admin {

// What was erased of somebody, or would be.
View forgotten_view(const gateway::Forgotten& forgotten, bool only_look);

// What expired, or would, class by class.
View pruned_view(const std::vector<gateway::Pruned>& pruned, bool only_look);

std::string metrics(const gateway::Pruning::Told& told);

}  // namespace bw::admin
