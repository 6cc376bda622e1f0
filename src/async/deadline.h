// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "async/loop.h"
#include "async/timer.h"

namespace bw::async {

// One allowance of time for several waits in a row.
class Deadline {
 public:
  Deadline(const Loop& loop, std::int64_t ms_from_now)
      : loop_(loop), at_ms_(ms_from_now >= kNever / 2 ? kNever : loop.now_ms() + ms_from_now) {}

  std::int64_t left_ms() const {
    return at_ms_ == kNever ? kNever : std::max<std::int64_t>(0, at_ms_ - loop_.now_ms());
  }

 private:
  const Loop& loop_;
  std::int64_t at_ms_;
};

}  // namespace bw::async
