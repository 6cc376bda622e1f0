// SPDX-License-Identifier: Apache-2.0
#include "admission/records.h"

namespace bw::admission {

const std::string& ContentValues::value(ledger::Field field) const {
  switch (field) {
    case ledger::Field::args: return args;
    case ledger::Field::out: return out;
    case ledger::Field::why: return why;
    case ledger::Field::checks: return checks;
    case ledger::Field::text: return text;
    case ledger::Field::subject: return subject;
    case ledger::Field::reviewers: break;
  }
  return reviewers;
}

ContentState state_of(const ledger::Entry& entry, const ContentValues& values, ledger::Field field) {
  if (commitment(entry.commitments, field).empty()) return ContentState::absent;
  if (!values.value(field).empty()) return ContentState::present;
  return values.erased_by[static_cast<std::size_t>(field)] ? ContentState::erased : ContentState::missing;
}

}  // namespace bw::admission
