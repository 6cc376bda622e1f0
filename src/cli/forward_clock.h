// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>

#include "base/clock.h"

namespace bw::cli {

// The machine's clock, but one that does not go back: when the machine's does, it stands still until that has caught up, as time
// in the ledger does. What expired stays expired, also after a restart, because `least_ms` is the time of the newest entry. Any
// thread.
class ForwardClock final : public Clock {
 public:
  explicit ForwardClock(std::int64_t least_ms) : newest_ms_(least_ms) {}
  std::int64_t now_ms() const override {
    auto now_ms = system_clock().now_ms();
    auto newest_ms = newest_ms_.load();
    while (newest_ms < now_ms && !newest_ms_.compare_exchange_weak(newest_ms, now_ms)) continue;
    return std::max(newest_ms, now_ms);
  }
  std::int64_t monotonic_us() const override { return system_clock().monotonic_us(); }

 private:
  mutable std::atomic<std::int64_t> newest_ms_;
};

}  // namespace bw::cli
