// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace bw::cli {

struct ReplayOptions {
  std::string policy;         // a registry folder
  std::string data = "data";  // a data folder, of a stopped or running server
  std::string from, to;       // a time, or how long ago; empty: everything
  std::vector<std::string> fail_on;
  unsigned threads = 0;  // 0: one per core, at most eight
  bool json = false;
};

// Recorded actions judged again by another registry. `bad` when a bound of fail_on is met.
int replay(const ReplayOptions& options);

}  // namespace bw::cli
