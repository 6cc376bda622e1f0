// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "admin/view.h"
#include "notary/outlet.h"

namespace bw::admin {

using Outlets = std::vector<std::unique_ptr<notary::Outlet>>;

// Where checkpoints are published, and whether they arrive. To be made on the agents' loop.
View outlets(const Outlets& all);

// The same for Prometheus: nothing when checkpoints are published nowhere.
std::string metrics(const Outlets& all);

}  // namespace bw::admin
