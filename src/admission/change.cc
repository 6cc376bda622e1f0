// SPDX-License-Identifier: Apache-2.0
#include "admission/change.h"

#include <array>

namespace bw::admission {

std::string_view name(Refusal::Kind kind) {
  constexpr std::array<std::string_view, 11> words{"killed",      "revoked",     "ambiguous",   "ticket",
                                                   "meter",       "policy",      "no_reviewer", "not_granted",
                                                   "quarantined", "unavailable", "misfit"};
  return words[static_cast<std::size_t>(kind)];
}

std::string_view name(Erase::Cause cause) {
  constexpr std::array<std::string_view, 2> words{"redacted", "forgotten"};
  return words[static_cast<std::size_t>(cause)];
}

}  // namespace bw::admission
