// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "admission/records.h"

namespace bw::admission {

// Which contents of entries are not there, in words: those that an entry says were erased, "args of entry 3 (by entry 12)", and those of
// which nobody recorded that, "out of entry 4". A value.
struct Absences {
  std::vector<std::string> erased, missing;

  void add(const ledger::Entry& entry, const ContentValues& contents);
};

// Of all entries of an action.
Absences absences_of(const ActionRecord& record);

}  // namespace bw::admission
