// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "gateway/authzen/evaluations.h"

namespace bw::gateway {

inline constexpr std::int64_t kResultsMax = 100;  // on a page

// Where a search goes on, and how many results it gives at once.
struct Page {
  std::string after;             // the candidate that was looked at last; empty: from the beginning
  std::int64_t limit = -1;       // as the first request had it; negative: it had none
  std::int64_t results_max = 0;  // what that comes to
};

// A token holds where a search stands, and a digest of what is looked for; nothing is remembered between two pages, so a token is
// good for as long as the registry has what it names, and after. It is no secret and grants nothing: each candidate is judged for
// whoever asks. AuthZEN 1.0, section 8.2: entities and limit must be those of the first request, and a limit may be left out.
//
// Errors: invalid_argument.
Result<Page> page_of(const Search& search);
std::string next_token(const Search& search, const Page& page, const std::string& after);

}  // namespace bw::gateway
