// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>

#include "async/loop.h"

namespace bw::async {

// `co_await next_turn()` lets everything else that is ready on this loop run first: for work that is long but never waits.
struct next_turn {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const { Loop::current().resume_soon(waiting); }
  void await_resume() const noexcept {}
};

}  // namespace bw::async
