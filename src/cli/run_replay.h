// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bw::cli {

struct RunReplayOptions {
  std::string run;
  std::string policy;  // "then", "now" or a registry folder to decide each step again by; empty: they are only shown
  std::string data = "data";  // a data folder, of a stopped or running server
  std::string serve;          // an address, or "stdio": the run is served to an agent under test (cli/serve_run.h)
  std::string report;         // a file for how that ended, as JSON
  bool json = false;
};

// A recorded run, step by step. `bad` when the registries of then decide a step otherwise today.
int replay_run(const RunReplayOptions& options);

}  // namespace bw::cli
