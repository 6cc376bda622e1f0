// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "async/event.h"
#include "execution/patience.h"
#include "execution/upstream.h"

namespace bw::execution {

// One call on its way: what was asked for, how long it is waited for, and how many questions of the upstream its caller is
// being asked right now. The call does not return before those have ended, so that they may use its peer.
struct Flight {
  Flight(async::Loop& loop, Call asked, std::int64_t ms) : call(std::move(asked)), patience(loop, ms, call.cancelled) {}

  Call call;
  Patience patience;
  int asks = 0;
  async::Event asks_ended;
};

inline async::Task<void> asks_over(Flight& flight) {
  while (flight.asks > 0) {
    flight.asks_ended.reset();
    co_await async::wait(flight.asks_ended);
  }
}

}  // namespace bw::execution
