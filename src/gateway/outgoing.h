// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "domain/action.h"
#include "execution/upstream.h"
#include "gateway/passage.h"

// The two ends of execution: what is sent upstream for an action, and what its end means for the ledger. Pure.
namespace bw::gateway {

// What a further round of the same call adds, as JSON; nothing for a first round.
std::string inputs_of(const std::string& params);

// What is sent upstream for an action that is executed from its ticket.
void rebuild_call(Passage& passage);

// A read changes nothing, so that its end is unknown is no reason to keep anybody from reading again.
domain::Outcome settled_outcome(const domain::Action& action, domain::Outcome outcome);
domain::Outcome outcome_of(const execution::Reply& reply);

}  // namespace bw::gateway
