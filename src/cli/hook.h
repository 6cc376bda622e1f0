// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace bw::cli {

struct HookOptions {
  std::string url;         // anything on the agents' listener
  std::string token_file;  // else BAILIWICK_TOKEN
  std::string upstream = "code";
  std::string wait = "45s";
  std::string folder;  // of what is under way; empty: one of this user's own
  bool grants = false;
};

// `bailiwick hook`: one event of a coding agent on standard input, the answer on standard output. Ends with 0 when the agent is
// to read the answer, with 2 (which agents take for no) when it was told nothing it could understand.
int hook(const HookOptions& options);

}  // namespace bw::cli
