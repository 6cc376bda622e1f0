// SPDX-License-Identifier: Apache-2.0
#include "gateway/retention.h"

#include <algorithm>
#include <string_view>

namespace bw::gateway {

Periods periods_of(const registry::Retention* declared) {
  Periods out{};
  if (!declared) return out;
  std::int64_t longest = 0;
  for (auto field : ledger::all_fields) {
    auto own = declared->fields.find(name(field));
    bool named = own != declared->fields.end();
    bool about_arguments = ledger::Fields::by_default().has(field);
    auto ms = named ? own->second : about_arguments ? declared->keep_ms : for_good;
    out[static_cast<std::size_t>(field)] = ms;
    if (about_arguments) longest = std::max(longest, ms);
  }
  out[static_cast<std::size_t>(ledger::Field::subject)] = longest;
  return out;
}

std::vector<ledger::Retention> retention_of(const registry::Snapshot& snapshot, const domain::Action& action) {
  std::string_view tool;
  if (action.kind == domain::ActionKind::tool)
    tool = std::string_view(action.name).substr(std::min(action.name.size(), action.upstream.size() + 1));
  const auto* declared = snapshot.retention_of(action.upstream, tool, action.principal.workflow);
  std::vector<ledger::Retention> out;
  if (!declared) return out;
  auto periods = periods_of(declared);
  for (auto field : ledger::all_fields) {
    auto ms = periods[static_cast<std::size_t>(field)];
    if (ms == for_good) continue;
    auto same = std::ranges::find(out, ms, &ledger::Retention::ms);
    if (same == out.end()) same = out.insert(out.end(), {.name = declared->name, .ms = ms, .fields = {}});
    same->fields.add(field);
  }
  return out;
}

}  // namespace bw::gateway
