// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "admin/view.h"
#include "notary/checkpoints.h"

namespace bw::admin {

// The receipt of an entry: its text is the file that `bailiwick verify --receipt` and other readers of C2SP tlog-proof take.
// `id` is an action, for its newest entry, or the number of an entry; `entry` picks another of the action's entries by its
// kind ("intent"). Makes a checkpoint when the newest does not stand for the entry yet. Blocking; any thread.
// Errors: not_found; those of Checkpoints::receipt().
Result<View> receipt(admission::Records& records, notary::Checkpoints& checkpoints, const std::string& id,
                     const std::string& entry);

}  // namespace bw::admin
