// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bw::cli {

// Reads the command line, runs the command, returns the exit code.
int run(int argc, char** argv);

}  // namespace bw::cli
