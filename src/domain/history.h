// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bw::domain {

// What one run has done so far, as policy sees it.
struct RunHistory {
  struct Count {
    std::string upstream;
    std::int64_t sent = 0;       // admitted; they may have happened
    std::int64_t succeeded = 0;  // answered without an error
  };

  // What results held, without holding it: hashes of 16 bytes, sorted, joined. See policy/returned.h.
  struct Returned {
    std::string values;    // of whole strings and numbers
    std::string words;     // of the words of strings
    bool complete = true;  // false: there was more, or it is not kept any more
  };

  std::string unknown;                                // why nothing is known of the run; everything else is then empty
  std::map<std::string, Count, std::less<>> actions;  // by Action::name
  std::map<std::string, Returned, std::less<>> returned;  // by Action::name; only of those that policy asks about
  std::vector<std::string> labels;                        // of everything that was sent: sorted, each once
};

}  // namespace bw::domain
