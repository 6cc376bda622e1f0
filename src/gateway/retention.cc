// SPDX-License-Identifier: Apache-2.0
#include "gateway/retention.h"

#include <algorithm>
#include <string_view>

namespace bw::gateway {

Periods periods_of(const registry::Retention* declared) {
  Periods out{};
  if (!declared) return out;
  for (auto field : ledger::all_fields) {
    auto own = declared->fields.find(name(field));
    out[static_cast<std::size_t>(field)] = own == declared->fields.end() ? declared->keep_ms : own->second;
  }
  out[static_cast<std::size_t>(ledger::Field::subject)] = std::ranges::max(out);
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
    auto same = std::ranges::find(out, ms, &ledger::Retention::ms);
    if (same == out.end()) same = out.insert(out.end(), {.name = declared->name, .ms = ms, .fields = {}});
    same->fields.add(field);
  }
  return out;
}

}  // namespace bw::gateway
