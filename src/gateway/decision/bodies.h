// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "gateway/path.h"

namespace bw::gateway {

// What agents send to the decision API, read strictly: a JSON object with the keys of its request and no others. Errors are
// invalid_argument or resource_exhausted, and name the key.
inline constexpr std::int64_t kHoldMsMax = 600'000;

// {"tool": "UPSTREAM/TOOL", "arguments": {…}, "run": "…", "hold_ms": 45000}; all but `tool` may be absent.
struct Proposal {
  std::string tool;
  std::string arguments = "{}";  // JSON object, the sender's bytes
  std::string run;               // well spelled, or empty
  std::int64_t hold_ms = -1;     // as Request::hold_ms
};
Result<Proposal> read_proposal(std::string body);

// {"hold_ms": 45000}; the same, and the body may be absent.
Result<std::int64_t> read_hold(std::string body);

// {"outcome": "succeeded", "result": …, "error": "…"}; all but `outcome` may be absent.
Result<Report> read_report(std::string body);

}  // namespace bw::gateway
