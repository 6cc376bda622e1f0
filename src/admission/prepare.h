// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admission/admission.h"
#include "ledger/content.h"

namespace bw::admission {

// A change on its way to the committer: checked for what does not depend on state, its contents taken out of it, salted
// and committed to. Done on the caller's thread, so that hashing large contents runs in parallel.
struct Prepared {
  Change change;
  ledger::Contents contents;
  ledger::Commitments commitments;
};

// Errors: invalid_argument.
Result<Prepared> prepare(Change change, const AdmissionOptions& options);

}  // namespace bw::admission
