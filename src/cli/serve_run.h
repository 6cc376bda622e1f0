// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/run_replay.h"

namespace bw::cli {

// Serves a recorded run to an agent under test: at an address until the agent leaves the record, or on standard input and output
// until the agent closes them; in both cases until a signal comes. `done` when every step was played, `bad` when the agent left the
// record or ended before it did.
int serve_run(const RunReplayOptions& options);

}  // namespace bw::cli
