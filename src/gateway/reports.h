// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>

#include "async/loop.h"
#include "async/timer.h"
#include "domain/action.h"

namespace bw::gateway {

// An admitted action that its agent carries out itself.
struct Expected {
  domain::Action action;
  std::string ticket;          // that admitted it, or empty
  std::int64_t within_ms = 0;  // how long the report may take
};

// Actions that agents carry out themselves, from their admission until they are reported or overdue. What is not here any
// more is in the ledger: a restart forgets all, and has made each of them ambiguous before it takes a first call.
//
// Lives on the agents' loop.
class Reports final : private async::Timer {
 public:
  static constexpr std::size_t expected_max = 16'384;

  // `overdue` is called once for each that is not settled in its time; it is forgotten then.
  Reports(async::Loop& loop, std::function<void(Expected)> overdue) : Timer(loop), overdue_(std::move(overdue)) {}

  bool has_room() const { return by_action_.size() < expected_max; }
  void expect(Expected expected);
  // Null when no report is expected (any more); good until the next call.
  const Expected* find(const std::string& action) const;
  void settled(const std::string& action);

 private:
  using Due = std::multimap<std::int64_t, Expected>;  // by monotonic ms

  void expired() override;
  void arm_next();

  std::function<void(Expected)> overdue_;
  Due due_;
  std::unordered_map<std::string, Due::iterator> by_action_;
};

}  // namespace bw::gateway
