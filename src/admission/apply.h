// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admission/batch.h"
#include "admission/prepare.h"

// The changes themselves: each is checked against the state of the batch, writes its entries, and moves the projections.
// An error that is not the store's means that nothing was written.
namespace bw::admission {

struct Contribution {
  const ledger::Contents& contents;
  const ledger::Commitments& commitments;
};

// apply_action.cc
Result<Committed> apply(Batch& batch, const Admit& change, Contribution with);
Result<Committed> apply(Batch& batch, const Settle& change, Contribution with);
Result<Committed> apply(Batch& batch, const Refuse& change, Contribution with);
Result<Committed> apply(Batch& batch, const Reconcile& change, Contribution with);
Status settle_unfinished(Batch& batch, ActionState action);  // found at start without outcome

// apply_ticket.cc
Result<Committed> apply(Batch& batch, const Hold& change, Contribution with);
Result<Committed> apply(Batch& batch, const Decide& change, Contribution with);
Result<Committed> apply(Batch& batch, const Withdraw& change, Contribution with);
Result<Committed> apply(Batch& batch, const Expire& change, Contribution with);

// apply_control.cc
Result<Committed> apply(Batch& batch, const SetSwitch& change, Contribution with);
Result<Committed> apply(Batch& batch, const Apply& change, Contribution with);
Result<Committed> apply(Batch& batch, const IssueToken& change, Contribution with);
Result<Committed> apply(Batch& batch, const RevokeToken& change, Contribution with);
Result<Committed> apply(Batch& batch, const Pin& change, Contribution with);
Result<Committed> apply(Batch& batch, const SetShadow& change, Contribution with);

// apply_erase.cc
Result<Committed> apply(Batch& batch, const Erase& change, Contribution with);
Result<Committed> apply(Batch& batch, const Prune& change, Contribution with);
Result<Committed> apply(Batch& batch, const SetLegalHold& change, Contribution with);

}  // namespace bw::admission
