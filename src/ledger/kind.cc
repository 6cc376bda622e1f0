// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "ledger/entry.h"

namespace bw::ledger {
namespace {
constexpr std::array<std::string_view, 17> kinds{"start",     "stop",      "intent", "outcome",    "refusal", "hold",
                                                 "decision",  "expiry",    "switch", "apply",      "token",   "pin",
                                                 "ambiguous", "reconcile", "erase",  "legal_hold", "shadow"};
}

std::string_view name(Kind kind) { return kinds[static_cast<std::size_t>(kind)]; }

std::optional<Kind> parse_kind(std::string_view word) {
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i] == word) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

}  // namespace bw::ledger
