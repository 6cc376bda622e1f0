// SPDX-License-Identifier: Apache-2.0
#include "admission/absences.h"

#include <fmt/core.h>

#include <algorithm>

namespace bw::admission {

void Absences::add(const ledger::Entry& entry, const ContentValues& contents) {
  for (auto field : ledger::all_fields) {
    auto state = state_of(entry, contents, field);
    if (state != ContentState::erased && state != ContentState::missing) continue;
    auto what = fmt::format("{} of entry {}", name(field), entry.seq);
    if (state == ContentState::missing) {
      missing.push_back(std::move(what));
    } else {
      erased.push_back(fmt::format("{} (by entry {})", what, *contents.erased_by[static_cast<std::size_t>(field)]));
    }
  }
}

Absences absences_of(const ActionRecord& record) {
  Absences out;
  auto count = std::min(record.entries.size(), record.contents.size());
  for (std::size_t i = 0; i < count; ++i) out.add(record.entries[i].entry, record.contents[i]);
  return out;
}

}  // namespace bw::admission
