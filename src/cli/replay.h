// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/live.h"

namespace bw::cli {

struct ReplayOptions {
  std::string policy;         // a registry folder
  std::string data = "data";  // a data folder, of a stopped or running server
  std::string from, to;       // a time, or how long ago; empty: everything
  std::vector<std::string> fail_on;
  unsigned threads = 0;  // 0: one per core, at most eight
  bool json = false;
};

// The registry in a folder, ready to judge by. Tools are typed by the definitions beside it, else by those that the server with
// this data folder has accepted. Prints what is wrong with it.
Result<gateway::Live> policy_of(const std::string& path, const std::string& data);

// Recorded actions judged again by another registry. `bad` when a bound of fail_on is met.
int replay(const ReplayOptions& options);

}  // namespace bw::cli
