// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "admission/change.h"
#include "admission/records.h"
#include "async/pool.h"
#include "async/task.h"
#include "gateway/passage.h"
#include "gateway/run_memory.h"

namespace bw::gateway {

admission::TicketStanding standing_of(const admission::TicketRow& row);

// Where a ticket stands, and what a call that meets it there is answered. Nothing is executed or recorded here.
//
// Lives on the agents' loop; what it is given outlives it.
class TicketAnswers {
 public:
  TicketAnswers(async::Pool& pool, admission::Records& records, RunMemory& memory)
      : pool_(pool), records_(records), memory_(memory) {}

  // With the outcome of the action that used it. Errors: not_found.
  async::Task<Result<admission::TicketStanding>> read(std::string ticket);

  static Answer held(const Passage& passage, const admission::TicketStanding& standing);

  // Of a ticket that ended without an execution.
  async::Task<Answer> ended(Passage passage, admission::TicketStanding standing);

  // The answer of the action that used this ticket before: an identical call is not executed twice.
  async::Task<Answer> replay(Passage passage, admission::TicketStanding standing);

  // Of a ticket that let an agent carry the action out itself: whoever asks again may have lost the answer, and may not do it twice.
  static Answer used(Passage passage, const admission::TicketStanding& standing);

 private:
  async::Pool& pool_;
  admission::Records& records_;
  RunMemory& memory_;
};

}  // namespace bw::gateway
