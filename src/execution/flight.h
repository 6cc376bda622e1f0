// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "async/event.h"
#include "execution/patience.h"
#include "execution/upstream.h"

namespace bw::execution {

// One call on its way: what was asked for, how long it is waited for, and how much its caller is
// being told and asked right now. The call does not return before that has ended, so that its peer may be used for it.
struct Flight {
  Flight(async::Loop& loop, Call asked, std::int64_t ms) : call(std::move(asked)), patience(loop, ms, call.cancelled) {}

  Call call;
  Patience patience;
  int asks = 0;
  async::Event asks_ended;
};

// Tells the flight's peer something; the call waits until it was taken.
inline async::Task<void> tell(Flight& flight, std::string method, std::string params) {
  ++flight.asks;
  co_await flight.call.peer->notify(std::move(method), std::move(params));
  --flight.asks;
  flight.asks_ended.set();
}

inline async::Task<void> asks_over(Flight& flight) {
  while (flight.asks > 0) {
    flight.asks_ended.reset();
    co_await async::wait(flight.asks_ended);
  }
}

}  // namespace bw::execution
