// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

namespace bw::cli {

// What the program ends with, the same for every command.
enum ExitCode : int {
  done = 0,
  bad = 1,            // the thing checked is bad: a registry, a test, a ledger, an unknown id
  usage = 2,          // the command line is wrong
  could_not_run = 3,  // no server, no file, no permission: nothing was found out
};

ExitCode exit_code(const Error& error);

}  // namespace bw::cli
