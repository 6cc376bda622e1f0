// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/ledger.h"

// Commands about evidence for people who have not the ledger. Each prints its answer and returns the exit code.
namespace bw::cli {

struct AuditOptions {
  std::string data;
  std::string out = "evidence";  // a new or empty folder
  std::string from, to;          // a time, or how long ago; empty: everything
  std::string workflow;
  bool conceal = false;
  bool json = false;
};

int audit_export(const AuditOptions& options);
int verify_export(const VerifyOptions& options);

}  // namespace bw::cli
