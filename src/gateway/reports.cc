// SPDX-License-Identifier: Apache-2.0
#include "gateway/reports.h"

#include <utility>

namespace bw::gateway {

void Reports::expect(Expected expected) {
  std::string action = expected.action.id;
  std::int64_t at_ms = loop().now_ms() + expected.within_ms;
  by_action_[std::move(action)] = due_.emplace(at_ms, std::move(expected));
  arm_next();
}

const Expected* Reports::find(const std::string& action) const {
  auto found = by_action_.find(action);
  return found == by_action_.end() ? nullptr : &found->second->second;
}

void Reports::settled(const std::string& action) {
  auto found = by_action_.find(action);
  if (found == by_action_.end()) return;
  due_.erase(found->second);
  by_action_.erase(found);
}

void Reports::expired() {
  while (!due_.empty() && due_.begin()->first <= loop().now_ms()) {
    Expected late = std::move(due_.begin()->second);
    settled(late.action.id);
    overdue_(std::move(late));
  }
  arm_next();
}

void Reports::arm_next() {
  if (due_.empty()) return disarm();
  arm(due_.begin()->first - loop().now_ms());
}

}  // namespace bw::gateway
