// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace bw::cli {

// Where the running server is, and what opens its admin API.
struct Remote {
  std::string url = "http://127.0.0.1:7071";  // --admin, BAILIWICK_ADMIN
  std::string data = "data";                  // --data, BAILIWICK_DATA: holds operator.token
  bool json = false;                          // print JSON instead of text
};

// One request to the admin API; waits for its answer. The body of a 200 is the result, everything else an Error with the
// server's own words.
Result<std::string> ask(const Remote& remote, const std::string& path_and_query);
Result<std::string> change(const Remote& remote, const std::string& path, std::string body);

// Prints the answer and returns the exit code.
int show(const Result<std::string>& answer);

}  // namespace bw::cli
