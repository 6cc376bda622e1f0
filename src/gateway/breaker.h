// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "domain/rules.h"

namespace bw::gateway {

// Keeps a source from being asked that failed too often in a row: open, it admits nothing for a while, and then one question at a
// time that tries it. Each question that is admitted ends with answered() or failed(). Times are monotonic ms.
// Belongs to one thread.
class Breaker {
 public:
  bool admits(const domain::Breaker& terms, std::int64_t now_ms) {
    if (failures_ < terms.failures) return true;
    if (trying_ || left_ms(terms, now_ms) > 0) return false;
    trying_ = true;
    return true;
  }
  void answered() { *this = Breaker(); }
  void failed(std::int64_t now_ms) {
    ++failures_;
    failed_at_ms_ = now_ms;
    trying_ = false;
  }

  std::int64_t failures() const { return failures_; }
  // Until it is tried again; 0 when that is now.
  std::int64_t left_ms(const domain::Breaker& terms, std::int64_t now_ms) const {
    return std::max<std::int64_t>(0, failed_at_ms_ + terms.open_ms - now_ms);
  }

 private:
  std::int64_t failures_ = 0;  // in a row
  std::int64_t failed_at_ms_ = 0;
  bool trying_ = false;
};

}  // namespace bw::gateway
