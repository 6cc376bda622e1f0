// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>

#include "async/event.h"
#include "async/task.h"
#include "base/result.h"

namespace bw::execution {

// A limit on how many do something at once; the others wait in line, and the line has an end too.
class Slots {
 public:
  Slots(std::size_t running_max, std::size_t waiting_max) : running_max_(running_max), waiting_max_(waiting_max) {}

  // Fails with `resource_exhausted` when the line is full, with `cancelled` when `over` is set first. Leave after success.
  async::Task<Status> enter(async::Event& over);
  void leave();

  std::size_t running() const { return running_; }

 private:
  struct Waiter {
    async::Event admitted;
  };
  std::size_t running_max_, waiting_max_;
  std::size_t running_ = 0;
  std::list<Waiter*> waiting_;
};

}  // namespace bw::execution
