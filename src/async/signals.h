// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <memory>

#include "async/event.h"
#include "async/loop.h"

namespace bw::async {

// Turns process signals into an event of a loop: `Signals stop(loop, {SIGTERM, SIGINT}); co_await async::wait(stop.event());`
class Signals {
 public:
  Signals(Loop& loop, std::initializer_list<int> numbers);
  ~Signals();

  Event& event();    // set when a signal came; reset it to wait for the next
  int last() const;  // its number, or 0

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace bw::async
