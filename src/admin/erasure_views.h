// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/view.h"
#include "gateway/erasures.h"

namespace bw::admin {

// What was erased of somebody, or would be.
View forgotten_view(const gateway::Forgotten& forgotten, bool only_look);

}  // namespace bw::admin
