// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/view.h"
#include "execution/upstreams.h"
#include "gateway/pins.h"

namespace bw::admin {

// Views of what lives on the agents' loop: to be made there. They read memory only.
View upstreams(execution::Upstreams& all, const gateway::Live& live, const gateway::Pins& pins, std::int64_t now_ms);
View pins(const gateway::Pins& all);

// Prometheus text exposition (version 0.0.4).
std::string metrics(const admission::Counts& counts, execution::Upstreams& upstreams, const gateway::Pins& pins);

}  // namespace bw::admin
