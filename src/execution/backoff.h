// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "execution/limits.h"

namespace bw::execution {

// How long to wait before trying again: doubled each time, up to a cap, and from the start again once all was well for a while.
class Backoff {
 public:
  std::int64_t next_ms(std::int64_t healthy_for_ms) {
    if (healthy_for_ms >= kHealthyMs) ms_ = kBackoffFirstMs;
    return std::exchange(ms_, std::min(ms_ * 2, kBackoffMaxMs));
  }

 private:
  std::int64_t ms_ = kBackoffFirstMs;
};

}  // namespace bw::execution
