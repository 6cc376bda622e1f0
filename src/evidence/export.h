// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "evidence/pack.h"
#include "evidence/statement.h"
#include "notary/tiles.h"

namespace bw::evidence {

struct ExportOptions {
  std::string data;    // the data folder, of a stopped or running server
  std::string folder;  // a new or empty one; it is there as a whole, or not at all
  Subject subject;
  std::string made_by;  // "bailiwick 0.1.0"
  std::int64_t now_ms = 0;
};

struct ExportReport {
  Basis basis;
  std::uint64_t actions = 0, approvals = 0, exceptions = 0, missing = 0;
  std::uint64_t newer = 0;  // entries of the period that the newest checkpoint does not stand for yet
};

// Writes everything that the ledger says of a period, with proofs, for somebody who has neither the ledger nor trust in its
// keeper (docs/formats/export.md). Reads beside a running server. Errors: not_found without a checkpoint or ledger;
// failed_precondition for a folder that is not empty; data_loss when the ledger does not add up; unavailable. `progress` gets
// entries; it may be empty. Blocking; any thread.
Result<ExportReport> export_evidence(const ExportOptions& options, const notary::Progress& progress);

}  // namespace bw::evidence
