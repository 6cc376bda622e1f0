// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "domain/action.h"
#include "ledger/entry.h"
#include "registry/snapshot.h"

// Declared retention as the ledger records it. Pure.
namespace bw::gateway {

using Periods = std::array<std::int64_t, ledger::all_fields.size()>;  // by field, in ms; 0: nothing is said

constexpr std::int64_t for_good = std::numeric_limits<std::int64_t>::max();

// How long the class keeps each field. Whom arguments speak of is kept as long as anything of them; who might decide stays, unless the
// class names a period for that. Null keeps nothing.
Periods periods_of(const registry::Retention* declared);

// How long the contents of an action are kept, for its record; empty: they stay.
std::vector<ledger::Retention> retention_of(const registry::Snapshot& snapshot, const domain::Action& action);

}  // namespace bw::gateway
