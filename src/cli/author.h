// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

// Commands for whoever writes policy. None needs a server. Each prints its answer and returns the exit code.
namespace bw::cli {

struct TestOptions {
  std::string folder;
  bool mutate = false;
  bool json = false;
  std::string junit;  // a file to write, or empty
};

int test(const TestOptions& options);  // the tests beside policies

}  // namespace bw::cli
