// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "admission/records.h"
#include "async/pool.h"
#include "async/task.h"

namespace bw::gateway {

// What became of the contents that speak of somebody.
struct Forgotten {
  std::size_t actions = 0, entries = 0;  // that lost contents, or would
  std::vector<std::string> kept;         // actions that keep theirs, and why
  std::vector<admission::Committed>
      by;  // the entries that say so; none when there was nothing to erase, or this was a look
};

// Erases contents that are found, not named: those of a data subject. In many small commits, between which others are taken; what a
// crash leaves undone, asking again does.
//
// Lives on the agents' loop. What it is given outlives it.
class Erasures {
 public:
  Erasures(async::Pool& pool, admission::Admission& admission, admission::Records& records)
      : pool_(pool), admission_(admission), records_(records) {}

  // Everything that is kept of actions whose arguments speak of `subject`, also where they speak of others too. What is needed or under
  // a legal hold stays. Errors: invalid_argument for a reason that names the subject, because the reason stays.
  async::Task<Result<Forgotten>> forget(std::string subject, std::string by, std::string reason, bool only_look);

 private:
  async::Pool& pool_;
  admission::Admission& admission_;
  admission::Records& records_;
};

}  // namespace bw::gateway
