// SPDX-License-Identifier: Apache-2.0
#include "execution/slots.h"

#include "async/timer.h"

namespace bw::execution {

async::Task<Status> Slots::enter(async::Event& over) {
  if (running_ < running_max_ && waiting_.empty()) {
    ++running_;
    co_return Status{};
  }
  if (waiting_.size() >= waiting_max_)
    co_return fail(Code::resource_exhausted, "too many calls wait for this upstream");
  Waiter waiter;
  waiting_.push_back(&waiter);
  co_await async::wait_any(async::kNever, waiter.admitted, over);
  if (waiter.admitted.is_set()) co_return Status{};
  waiting_.remove(&waiter);
  co_return fail(Code::cancelled, "gave up while waiting for a free place at this upstream");
}

// The place goes straight to the first in line, so that nobody overtakes.
void Slots::leave() {
  if (waiting_.empty()) {
    --running_;
    return;
  }
  auto* first = waiting_.front();
  waiting_.pop_front();
  first->admitted.set();
}

}  // namespace bw::execution
