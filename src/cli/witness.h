// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace bw::cli {

struct WitnessOptions {
  std::string folder;                     // its key and what it signed
  std::string name;                       // of a new witness
  std::string listen = "127.0.0.1:7072";  // something that encrypts stands before it when it is elsewhere
  std::vector<std::string> logs;          // keys of ledgers, or files of them
};

// A witness: answers until SIGTERM or SIGINT. Returns the exit code.
int witness(const WitnessOptions& options);

}  // namespace bw::cli
